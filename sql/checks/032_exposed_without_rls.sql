-- 032_exposed_without_rls: tables in other schemas of the API with no row level security or policy.
-- Why: PostgREST can be told to serve more schemas than public; there as well, row level security
-- is all that stands between a grant and every row. Nobody is served where there is no grant, but a
-- table that has policies was meant to have it.
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
)

select
    case when c.relrowsecurity then 'integrity' else 'security' end as severity,
    pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
    case
        when c.relrowsecurity
            then 'Row level security is on and no permissive policy exists: API roles see no row.'
        else 'The API serves this schema, and row level security is off: a grant is all it takes.'
    end as finding,
    case
        when not c.relrowsecurity
            then
                pg_catalog.format(
                    'alter table %s.%I enable row level security',
                    c.relnamespace::pg_catalog.regnamespace,
                    c.relname
                )
    end as remedy
from pg_catalog.pg_class as c
where
    c.relnamespace in (select x.oid from exposed as x)
    and c.relkind in ('r', 'p')
    and (
        (
            not c.relrowsecurity
            and exists (
                select from pg_catalog.pg_policy as p
                where c.oid = p.polrelid
            )
        )
        or (
            not (
                c.relrowsecurity
                and exists (
                    select from pg_catalog.pg_policy as p
                    where c.oid = p.polrelid and p.polpermissive
                )
            )
            and exists (
                select from pg_catalog.pg_roles as r
                where
                    r.rolname in ('anon', 'authenticated')
                    and (
                        pg_catalog.has_table_privilege(
                            r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE'
                        )
                        or pg_catalog.has_any_column_privilege(
                            r.oid, c.oid, 'SELECT, INSERT, UPDATE'
                        )
                    )
            )
        )
    )
    and 'e' <> all(
        select d.deptype
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.objid = c.oid
    )
order by object
