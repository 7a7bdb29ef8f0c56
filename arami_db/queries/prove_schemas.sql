-- The schemas that hold an application's own, and which of them the API exposes: those that
-- pgrst.db_schemas names, for the authenticator here or anywhere or for this database; where it
-- names none, those that people who use the API may use.
with setting (names, place) as (
    select
        string_to_array(regexp_replace(substr(c.value, strpos(c.value, '=') + 1), '[\s"]', '', 'g'), ','),
        (s.setrole <> 0)::integer * 2 + (s.setdatabase <> 0)::integer
    from pg_catalog.pg_db_role_setting as s
    left join pg_catalog.pg_roles as r on s.setrole = r.oid
    cross join unnest(s.setconfig) as c (value)
    where c.value like 'pgrst.db\_schemas=%%'
        and (s.setrole = 0 or r.rolname = 'authenticator')
        and (
            s.setdatabase = 0
            or s.setdatabase
            = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
        )
),

named (names) as (
    select s.names
    from setting as s
    order by s.place desc
    limit 1
)

select
    n.nspname::text as name,
    case
        when exists (select from named) then n.nspname = any((select d.names from named as d)::text [])
        else exists (
            select
            from pg_catalog.pg_roles as r
            where r.rolname in ('anon', 'authenticated') and has_schema_privilege(r.oid, n.oid, 'usage')
        )
    end as is_exposed
from pg_catalog.pg_namespace as n
where n.nspname !~ '^pg_'
    and n.nspname <> all(%(platform)s::text [])
    -- What Citus and other extensions bring is theirs.
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_namespace'::regclass
            and d.objid = n.oid
            and d.deptype = 'e'
    )
order by n.nspname <> 'public', n.nspname
