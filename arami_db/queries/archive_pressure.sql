-- arami-db archive: whether a session waits for a lock of this connection, whether others are at
-- work, how far replicas are behind, and whether this role may not see that.
-- Others are at work when a statement of theirs began or ended in the last 50 ms; null where this
-- role may not see other roles' statements. The first words mark our own statements, also behind a
-- pooler. The lag of a replica without all WAL includes the age of its last answer: one that hangs
-- reports no lag. An inactive slot keeps WAL, and has no lag in time.
select
    exists (
        select
        from pg_catalog.pg_locks as l
        where not l.granted and pg_backend_pid() = any(pg_blocking_pids(l.pid))
    ),
    (
        select
            case
                when bool_or(
                    a.backend_type = 'client backend'
                    and a.state_change > clock_timestamp() - interval '50 milliseconds'
                    and a.query not like '-- arami-db archive%'
                ) then true
                when not bool_or(a.backend_type is null) then false
            end
        from pg_catalog.pg_stat_activity as a
        where a.datname = current_database()
    ),
    (
        select coalesce(jsonb_agg(jsonb_build_object(
            'name', f.name, 'receives', f.receives, 'replays', f.replays, 'retains', f.retains
        )), '[]')
        from (
            select
                coalesce(nullif(r.application_name, ''), 'pid ' || r.pid) as name,
                coalesce(extract(epoch from greatest(
                    r.flush_lag,
                    case
                        when r.write_lsn < pg_current_wal_flush_lsn()
                            then clock_timestamp() - r.reply_time
                    end
                )), 0) as receives,
                coalesce(extract(epoch from r.replay_lag), 0) as replays,
                0 as retains
            from pg_catalog.pg_stat_replication as r
            where r.state in ('streaming', 'catchup')
            union all
            select
                s.slot_name,
                0,
                0,
                pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)
            from pg_catalog.pg_replication_slots as s
            where not s.active and s.restart_lsn is not null and s.wal_status <> 'lost'
        ) as f
    ),
    coalesce((select bool_or(r.state is null) from pg_catalog.pg_stat_replication as r), false)
