-- Whether this database can archive; from the catalog: name lookups would need rights on schemas.
select
    exists (
        select
        from pg_catalog.pg_proc as p
        inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
        where n.nspname = 'audit' and p.proname = 'archive_daily_sessions'
    ) and exists (
        select
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = 'audit' and c.relname = 'archive_history'
    ) as ready
