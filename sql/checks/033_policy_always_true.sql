-- 033_policy_always_true: permissive policies with a condition that is the same for everybody.
-- Why: permissive policies are joined by OR, so one that is always true lets whoever it is for at
-- every row, whatever the others say. A condition that names no column and calls nothing is the
-- same for everybody. In other schemas of the API reading may be meant for all; in ours it is not.
with
-- Schemas that PostgREST is told to expose, without ours and the platform's own.
exposed as (
    select s.oid
    from pg_catalog.pg_db_role_setting as cfg
    left join pg_catalog.pg_roles as r on cfg.setrole = r.oid
    left join pg_catalog.pg_database as b on cfg.setdatabase = b.oid
    cross join lateral pg_catalog.unnest(cfg.setconfig) as setting (line)
    inner join pg_catalog.pg_namespace as s
        on
            s.nspname::pg_catalog.text = any(
                pg_catalog.regexp_split_to_array(
                    pg_catalog.btrim(pg_catalog.substring(setting.line, '=(.*)$')), '[",\s]+'
                )
            )
    where
        setting.line like 'pgrst.db\_schema%'
        and coalesce(r.rolname, 'authenticator') = 'authenticator'
        and coalesce(b.datname, pg_catalog.current_database()) = pg_catalog.current_database()
        and s.nspname not in ('public', 'audit', 'arami_db')
        and s.nspname not in (
            'auth', 'extensions', 'graphql', 'graphql_public', 'pgmq_public', 'realtime', 'storage',
            'vault'
        )
),

clauses as (
    select
        p.polname,
        p.polcmd,
        p.polpermissive,
        c.relname,
        c.relnamespace::pg_catalog.regnamespace::pg_catalog.text as schema,
        part.clause,
        part.tree,
        pg_catalog.pg_get_expr(part.tree, c.oid) as text
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_class as c on p.polrelid = c.oid
    cross join
        lateral (
            values ('using', p.polqual), ('with check', p.polwithcheck)
        ) as part (clause, tree)
    where
        (
            c.relnamespace = any(array(
                select n.oid from pg_catalog.pg_namespace as n
                where n.nspname in ('public', 'audit', 'arami_db')
            ))
            or c.relnamespace in (select x.oid from exposed as x)
        )
        and part.tree is not null
)

select
    'security' as severity,
    pg_catalog.format('%I on %s.%I', p.polname, p.schema, p.relname) as object,
    pg_catalog.format(
        'Its condition is the same for everybody and each row (%s): write one that names a column.',
        pg_catalog.string_agg(p.clause || ' ' || p.text, ', ' order by p.clause desc)
    ) as finding,
    null as remedy
from clauses as p
where
    p.polpermissive
    and (p.polcmd <> 'r' or p.schema in ('public', 'audit', 'arami_db'))
    and p.text <> 'false'
    and p.tree::pg_catalog.text !~ '[{](VAR|PARAM|FUNCEXPR|SUBLINK|SQLVALUEFUNCTION|COERCEVIAIO) '
group by p.schema, p.relname, p.polname
order by object
