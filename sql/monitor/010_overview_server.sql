-- 010_overview_server: The server, and this database on it.
-- Why: the first things to check. Counters start when the statistics of the database were reset.
-- gauge uptime_seconds: since the server started
-- gauge connections: sessions of clients, on the whole server
-- gauge connections_limit: how many ordinary roles may have
-- gauge connections_ratio: used share of the limit
-- gauge size_bytes: this database on disk
-- gauge cache_hit_ratio: blocks found in shared buffers
-- counter commits: transactions committed
-- counter rollbacks: transactions rolled back
-- counter deadlocks: deadlocks found and broken
-- counter temp_bytes: written to temporary files
-- noqa: disable=ST05
select
    extract(epoch from now() - pg_postmaster_start_time()) as uptime_seconds,
    c.connections,
    c.most as connections_limit,
    c.connections::float8 / c.most as connections_ratio,
    case
        when has_database_privilege(d.datid, 'connect') or pg_has_role('pg_read_all_stats', 'usage')
            then pg_database_size(d.datid)
    end as size_bytes,
    d.blks_hit::float8 / nullif(d.blks_hit + d.blks_read, 0) as cache_hit_ratio,
    d.xact_commit as commits,
    d.xact_rollback as rollbacks,
    d.deadlocks,
    d.temp_bytes
from pg_stat_database as d
cross join (
    select
        count(*) filter (
            where
            a.backend_type = 'client backend'
            or a.backend_type is null and a.datid is not null
        ) as connections,
        current_setting('max_connections')::bigint
        - current_setting('superuser_reserved_connections')::bigint
        - coalesce(current_setting('reserved_connections', true)::bigint, 0) as most
    from pg_stat_activity as a
) as c
where d.datname = current_database()
