-- 310_indexes_unused: Indexes that no query has used since statistics began, largest first.
-- Why: each costs at every write. A unique one guards rows, used or not. A replica counts its own
-- scans: look there, too, before you drop one.
-- labels: index
-- gauge unused_bytes: its size
with locked as materialized (
    select distinct l.relation
    from pg_locks as l
    where
        l.locktype = 'relation'
        and l.mode = 'AccessExclusiveLock'
        and l.database = (
            select d.oid
            from pg_database as d
            where d.datname = current_database()
        )
)

select
    format('%I.%I', s.schemaname, s.indexrelname) as index,
    s.relname as on_table,
    case
        when s.indexrelid in (select l.relation from locked as l)
            then c.relpages * current_setting('block_size')::bigint
        else pg_relation_size(s.indexrelid)
    end as unused_bytes,
    extract(
        epoch from now() - coalesce(d.stats_reset, pg_postmaster_start_time())
    ) as counted_for_seconds
from pg_stat_user_indexes as s
inner join pg_index as i on s.indexrelid = i.indexrelid
inner join pg_class as c on s.indexrelid = c.oid
inner join pg_stat_database as d on d.datname = current_database()
where
    s.idx_scan = 0
    and i.indisvalid
    and not i.indisunique
    and not i.indisexclusion
order by unused_bytes desc, index asc
