-- 310_indexes_unused: Indexes that no query has used since statistics began, largest first.
-- Why: each slows every write. A unique one is needed even if it is not used. A replica counts its
-- own scans: check it, too, before you drop one. The index of a partition can only be dropped with
-- that of the partitioned table, and is listed if all its parts are unused.
-- labels: index
-- gauge unused_bytes: its size
with recursive locked as materialized (
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
),

-- The partitioned index of each index of a partition, and whether any of its parts was used.
parts as (
    select
        c.oid as root,
        c.oid as part
    from pg_class as c
    where c.relkind = 'I' and not c.relispartition
    union all
    select
        p.root,
        h.inhrelid as part
    from parts as p
    inner join pg_inherits as h on p.part = h.inhparent
),

used as materialized (
    select p.part
    from parts as p
    where
        exists (
            select
            from parts as q
            inner join pg_stat_user_indexes as u on q.part = u.indexrelid
            where q.root = p.root and u.idx_scan > 0
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
    and s.indexrelid not in (select u.part from used as u)
    and i.indisvalid
    and not i.indisunique
    and not i.indisexclusion
order by unused_bytes desc, index asc
