-- The target as a whole. Connections that are kept for superusers are not free.
select
    current_database()::text as database,
    current_setting('server_version') as version,
    current_user::text as role,
    (
        select
            coalesce(sum(greatest(c.relpages, 0)), 0)::bigint
            * current_setting('block_size')::bigint
        from pg_catalog.pg_class as c
    ) as bytes,
    (select count(*) from pg_catalog.pg_stat_replication) as replicas,
    (
        select
            least(
                current_setting('max_connections')::integer
                - current_setting('superuser_reserved_connections')::integer
                - coalesce(current_setting('reserved_connections', true), '0')::integer
                - count(*)::integer,
                case
                    when d.datconnlimit >= 0
                        then
                            d.datconnlimit
                            - count(*) filter (where a.datid = d.oid)::integer
                end,
                case
                    when r.rolconnlimit >= 0
                        then
                            r.rolconnlimit
                            - count(*) filter (where a.usesysid = r.oid)::integer
                end
            )
        from pg_catalog.pg_database as d
        inner join pg_catalog.pg_roles as r on r.rolname = current_user
        -- A role without rights cannot see the type of other sessions.
        inner join pg_catalog.pg_stat_activity as a
            on coalesce(a.backend_type, 'client backend') = 'client backend' and a.datid > 0
        where d.datname = current_database()
        group by d.oid, d.datconnlimit, r.oid, r.rolconnlimit
    ) as free_connections
