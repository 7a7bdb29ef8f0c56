-- 620_replication_slots: Replication slots, and the WAL that the server keeps for each.
-- Why: a slot without a reader keeps WAL until the disk is full, unless max_slot_wal_keep_size
-- limits it; it also limits VACUUM. Drop it with: select pg_drop_replication_slot(slot);
-- labels: slot
-- gauge retained_bytes: WAL kept for it
-- gauge active: 1 while it has a reader
-- gauge lost: 1 when the WAL it needs is removed
-- gauge xmin_age: transactions whose dead rows VACUUM must keep for it
-- noqa: disable=ST05
select
    s.slot_name as slot,
    s.slot_type as type,
    s.database,
    s.active::integer as active,
    pg_wal_lsn_diff(p.lsn, s.restart_lsn)::bigint as retained_bytes,
    s.wal_status as log,
    (s.wal_status = 'lost')::integer as lost,
    greatest(age(s.xmin), age(s.catalog_xmin)) as xmin_age
from pg_replication_slots as s
cross join (
    select
        case
            when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn()
        end as lsn
) as p
order by retained_bytes desc nulls last, slot asc
