-- 600_replication_now: Replicas, slots, and how far this server is behind if it is a standby.
-- Why: while the primary is idle the age of the last commit grows without meaning; a standby counts
-- as behind only while something it received is not applied. A primary is never behind.
-- also: overview
-- gauge replicas: that follow this server
-- gauge slots_inactive: slots without a reader
-- gauge slots_retained_bytes: WAL kept for the slot furthest behind
-- gauge standby_behind_seconds: since the last commit applied here
-- gauge standby_behind_bytes: received here, not applied
-- gauge standby_receiving: 1 while connected to the server it follows
-- gauge standby_paused: 1 while applying is paused
select
    (select count(*) from pg_stat_replication) as replicas,
    (
        select count(*)
        from pg_replication_slots as s
        where not s.active
    ) as slots_inactive,
    (
        select coalesce(max(pg_wal_lsn_diff(p.lsn, s.restart_lsn)), 0)::bigint
        from pg_replication_slots as s
    ) as slots_retained_bytes,
    case
        when not p.is_standby then null
        when pg_last_wal_receive_lsn() > p.lsn
            then greatest(extract(epoch from now() - pg_last_xact_replay_timestamp()), 0)
        else 0
    end as standby_behind_seconds,
    case
        when p.is_standby
            then greatest(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), p.lsn), 0)::bigint
    end as standby_behind_bytes,
    case
        when p.is_standby
            then (
                select count(*)
                from pg_stat_wal_receiver as r
                where r.pid is not null
            )
    end as standby_receiving,
    case when p.is_standby then pg_is_wal_replay_paused()::integer end as standby_paused
from (
    select
        pg_is_in_recovery() as is_standby,
        case
            when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn()
        end as lsn
) as p
