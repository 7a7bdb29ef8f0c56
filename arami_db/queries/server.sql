-- What this server offers, from the catalog: name lookups would need rights on schema auth.
select
    exists (
        select from pg_catalog.pg_namespace where nspname = 'auth'
    ) as has_auth_schema,
    exists (
        select
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where n.nspname = 'auth' and p.proname = 'uid' and p.pronargs = 0
    ) as has_auth_uid,
    pg_backend_pid() as backend_pid,
    version() !~* 'windows|mingw|visual c' as notices_death
