-- 320_indexes_duplicate: Indexes that are copies of each other; one of each pair can be dropped.
-- Why: the same columns, order, operator classes, collations and predicate, under two names. Keep
-- the one of the primary key, else one that a constraint or a foreign key needs, else the
-- one that replication uses, else the unique one. Indexes with a rule of their own (nulls not
-- distinct, deferred, an exclusion) are not copies. The index of a partitioned table represents
-- those of its partitions, which are only dropped with it.
-- labels: index
-- gauge duplicate_bytes: its size as last measured
with recursive ranked as (
    select
        i.indexrelid,
        i.indrelid,
        i.indisunique,
        i.indisexclusion,
        i.indnullsnotdistinct,
        i.indimmediate,
        row(
            i.indrelid, c.relam, i.indkey::text, i.indclass::text, i.indcollation::text,
            i.indoption::text, i.indnkeyatts,
            pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
        )::text as key,
        row_number() over (
            order by
                i.indisprimary desc,
                i.indexrelid in (select k.conindid from pg_constraint as k) desc,
                i.indisreplident desc,
                i.indisunique desc,
                i.indexrelid asc
        ) as place
    from pg_index as i
    inner join pg_class as c on i.indexrelid = c.oid
    inner join pg_namespace as n on c.relnamespace = n.oid
    where
        i.indisvalid
        and not c.relispartition
        and n.nspname not in ('pg_catalog', 'pg_toast')
),

copies as (
    select distinct on (d.place)
        d.indexrelid,
        k.indexrelid as kept
    from ranked as d
    inner join ranked as k on d.indrelid = k.indrelid and d.key = k.key and d.place > k.place
    where
        not d.indisexclusion
        and (
            not d.indisunique
            or k.indisunique
            and d.indnullsnotdistinct = k.indnullsnotdistinct
            and d.indimmediate = k.indimmediate
        )
    order by d.place asc, k.place asc
),

parts as (
    select
        c.indexrelid,
        c.kept,
        c.indexrelid as part
    from copies as c
    union all
    select
        p.indexrelid,
        p.kept,
        h.inhrelid as part
    from parts as p
    inner join pg_inherits as h on p.part = h.inhparent
)

select
    format('%I.%I', n.nspname, c.relname) as index,
    o.relname as copy_of,
    sum(f.relpages) * current_setting('block_size')::bigint as duplicate_bytes
from parts as p
inner join pg_class as c on p.indexrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
inner join pg_class as o on p.kept = o.oid
inner join pg_class as f on p.part = f.oid
group by n.nspname, c.relname, o.relname
order by duplicate_bytes desc, index asc
