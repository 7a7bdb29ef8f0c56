-- Where this connection leads, and what the server offers; from the catalog, since looking up names
-- needs rights on schema auth.
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
    current_database() as database,
    current_user as role,
    pg_is_in_recovery() as standby,
    current_setting('transaction_read_only')::boolean as read_only,
    pg_backend_pid() <> %(pid)s as pooled,
    version() !~* 'windows|mingw|visual c' as notices_death
