-- Whether somebody waits for a lock of this very connection, by how many seconds the slowest
-- replica lags, whether this role may not see that, and all transactions this database ever had.
select
    exists (
        select
        from pg_catalog.pg_locks as l
        where not l.granted and pg_backend_pid() = any(pg_blocking_pids(l.pid))
    ),
    coalesce(extract(epoch from max(r.replay_lag)), 0)::double precision,
    coalesce(bool_or(r.state is null), false),
    (
        select d.xact_commit + d.xact_rollback
        from pg_catalog.pg_stat_database as d
        where d.datname = current_database()
    )
from pg_catalog.pg_stat_replication as r
