-- 110_tables_size: Tables by their size on disk, largest first.
-- Why: measuring a table takes a weak lock on it, and would wait for a session that alters it. For
-- such a table the size is that of its last vacuum or analyze.
-- With Citus a distributed table's size is that of its shards, on all machines that answer.
-- labels: relation
-- gauge total_bytes: all of it
-- gauge heap_bytes: its rows
-- gauge index_bytes: its indexes
-- gauge toast_bytes: long values, in the TOAST table
-- gauge rows: as last estimated
with parts as materialized (
    select
        s.relation,
        sum(s.heap_bytes)::bigint as heap_bytes,
        sum(s.index_bytes)::bigint as index_bytes,
        sum(s.toast_bytes)::bigint as toast_bytes,
        sum(s.rows)::bigint as rows
    from run_command_on_all_nodes($$
        with patience as materialized (
            select pg_catalog.set_config('lock_timeout', '500ms', true)
        ),
        part as (
            select its.oid::pg_catalog.regclass as relation, n.nspname, its.relname, c.*
            from patience
            cross join pg_catalog.pg_dist_shard as s
            inner join pg_catalog.pg_dist_placement as p on s.shardid = p.shardid
            inner join pg_catalog.pg_dist_local_group as here on p.groupid = here.groupid
            inner join pg_catalog.pg_class as its on its.oid = s.logicalrelid
            inner join pg_catalog.pg_namespace as n on n.oid = its.relnamespace
            cross join lateral pg_catalog.parse_ident(
                pg_catalog.shard_name(s.logicalrelid, s.shardid)
            ) as called (name)
            cross join lateral (
                select c.oid, c.reltoastrelid, c.reltuples
                from pg_catalog.pg_class as c
                where
                    c.relnamespace = its.relnamespace
                    and c.relname = called.name[pg_catalog.cardinality(called.name)]
            ) as c
        )
        select coalesce(pg_catalog.json_agg(s), '[]') from (
            select
                pg_catalog.format('%I.%I', part.nspname, part.relname) as relation,
                pg_catalog.sum(
                    pg_catalog.pg_table_size(part.oid)
                    - coalesce(pg_catalog.pg_total_relation_size(nullif(part.reltoastrelid, 0)), 0)
                ) as heap_bytes,
                pg_catalog.sum(pg_catalog.pg_indexes_size(part.oid)) as index_bytes,
                pg_catalog.sum(
                    coalesce(pg_catalog.pg_total_relation_size(nullif(part.reltoastrelid, 0)), 0)
                ) as toast_bytes,
                pg_catalog.sum(case when part.reltuples >= 0 then part.reltuples end) as rows
            from part
            group by part.nspname, part.relname
        ) as s
    $$) as a
    cross join
        lateral json_to_recordset(
            case
                when a.success then a.result::json
            end
        )
            as s (
                relation text,
                heap_bytes numeric,
                index_bytes numeric,
                toast_bytes numeric,
                rows numeric
            )
    group by s.relation
),

locked as materialized (
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
    t.relation,
    t.heap_bytes + t.index_bytes + t.toast_bytes as total_bytes,
    t.heap_bytes,
    t.index_bytes,
    t.toast_bytes,
    t.rows
from (
    select
        format('%I.%I', n.nspname, c.relname) as relation,
        coalesce(p.heap_bytes, f.bytes) as heap_bytes,
        coalesce(p.index_bytes, i.bytes, 0) as index_bytes,
        coalesce(p.toast_bytes, coalesce(t.bytes, 0) + coalesce(ti.bytes, 0)) as toast_bytes,
        case
            when p.relation is not null then p.rows
            when c.reltuples >= 0 then c.reltuples::bigint
        end as rows
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    inner join files as f on c.oid = f.oid
    left join parts as p on format('%I.%I', n.nspname, c.relname) = p.relation
    left join indexes as i on c.oid = i.oid
    left join files as t on c.reltoastrelid = t.oid
    left join indexes as ti on c.reltoastrelid = ti.oid
    where
        c.relkind in ('r', 'm')
        and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
) as t
order by total_bytes desc, relation asc
