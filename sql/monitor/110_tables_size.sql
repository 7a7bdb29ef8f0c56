-- 110_tables_size: Tables by their size on disk, largest first.
-- Why: measuring a table takes a weak lock on it, and would wait for a session that alters it. For
-- such a table the size is that of its last vacuum or analyze.
-- labels: relation
-- gauge total_bytes: all of it
-- gauge heap_bytes: its rows
-- gauge index_bytes: its indexes
-- gauge toast_bytes: long values, in the TOAST table
-- gauge rows: as last estimated
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
),

files as materialized (
    select
        c.oid,
        case
            when c.oid in (select l.relation from locked as l)
                then c.relpages * current_setting('block_size')::bigint
            else
                coalesce(pg_relation_size(c.oid), 0)
                + coalesce(pg_relation_size(c.oid, 'fsm'), 0)
                + coalesce(pg_relation_size(c.oid, 'vm'), 0)
        end as bytes
    from pg_class as c
    where c.relkind in ('r', 'm', 't', 'i') and c.relpersistence <> 't'
),

indexes as (
    select
        i.indrelid as oid,
        sum(f.bytes)::bigint as bytes
    from pg_index as i
    inner join files as f on i.indexrelid = f.oid
    group by i.indrelid
)

select
    format('%I.%I', n.nspname, c.relname) as relation,
    f.bytes + coalesce(i.bytes, 0) + coalesce(t.bytes, 0) + coalesce(ti.bytes, 0) as total_bytes,
    f.bytes as heap_bytes,
    coalesce(i.bytes, 0) as index_bytes,
    coalesce(t.bytes, 0) + coalesce(ti.bytes, 0) as toast_bytes,
    case when c.reltuples >= 0 then c.reltuples::bigint end as rows
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
inner join files as f on c.oid = f.oid
left join indexes as i on c.oid = i.oid
left join files as t on c.reltoastrelid = t.oid
left join indexes as ti on c.reltoastrelid = ti.oid
where
    c.relkind in ('r', 'm')
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by total_bytes desc, relation asc
