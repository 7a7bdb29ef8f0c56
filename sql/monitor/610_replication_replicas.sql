-- 610_replication_replicas: Replicas that follow this server, the one furthest behind first.
-- Why: bytes are the missing amount, seconds the time until the last commit was visible there; an
-- idle server has none. On a standby these are its own replicas.
-- labels: replica, address
-- gauge lag_bytes: written here, not applied there yet
-- gauge lag_seconds: until the last commit was visible there
-- gauge streaming: 1 while it follows, 0 while it catches up or copies
-- noqa: disable=ST05
select
    r.application_name as replica,
    coalesce(host(r.client_addr), 'local') as address,
    r.state,
    (r.state = 'streaming')::integer as streaming,
    pg_wal_lsn_diff(p.lsn, r.replay_lsn)::bigint as lag_bytes,
    extract(epoch from coalesce(r.replay_lag, interval '0')) as lag_seconds,
    r.sync_state as sync,
    case
        when r.state is null
            then format('Replicas are there, and hidden: grant pg_monitor to %I;', current_user)
    end as note
from pg_stat_replication as r
cross join (
    select
        case
            when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn()
        end as lsn
) as p
order by lag_bytes desc nulls last, replica asc, r.pid asc
