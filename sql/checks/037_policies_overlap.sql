-- 037_policies_overlap: several permissive policies of a table for one command and one role.
-- Why: each is evaluated for each row, joined by OR; one policy says the same once, and in one
-- place. One for all commands beside one for reading is no overlap: who may read more than write
-- needs both.
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

policies as (
    select
        p.polname,
        p.polcmd,
        role.oid as role,
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object
    from pg_catalog.pg_policy as p
    inner join pg_catalog.pg_class as c on p.polrelid = c.oid
    cross join lateral pg_catalog.unnest(p.polroles) as role (oid)
    where
        (
            c.relnamespace = any(array(
                select n.oid from pg_catalog.pg_namespace as n
                where n.nspname in ('public', 'audit', 'arami_db')
            ))
            or c.relnamespace in (select x.oid from exposed as x)
        )
        and p.polpermissive
)

select
    'performance' as severity,
    a.object,
    pg_catalog.format(
        'The permissive policies %I and %I are both evaluated for each row: make them one.',
        a.polname,
        b.polname
    ) as finding,
    null as remedy
from policies as a
inner join policies as b
    on
        a.object = b.object
        and a.polname < b.polname
        and (a.role = b.role or 0 in (a.role, b.role))
        and (
            a.polcmd = b.polcmd
            or (a.polcmd = '*' and b.polcmd <> 'r')
            or (b.polcmd = '*' and a.polcmd <> 'r')
        )
group by a.object, a.polname, b.polname
order by a.object, finding
