-- The target as a whole.
select
    current_database()::text as database,
    current_setting('server_version') as version,
    current_user::text as role,
    (
        select coalesce(sum(c.relpages), 0)::bigint * current_setting('block_size')::bigint
        from pg_catalog.pg_class as c
    ) as bytes,
    (select count(*) from pg_catalog.pg_stat_replication) as replicas,
    (
        select current_setting('max_connections')::integer - count(*)::integer
        from pg_catalog.pg_stat_activity as a
        where a.backend_type = 'client backend'
    ) as free_connections
