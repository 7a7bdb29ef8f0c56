-- 320_indexes_duplicate: Indexes that are one another's copies; one of each pair can go.
-- Why: the same columns, order, operator classes, collations and predicate, under two names. The
-- one to keep is the one that a constraint has, else the unique one.
-- labels: index
-- gauge duplicate_bytes: its size as last measured
with keys as (
    select
        i.indexrelid,
        i.indrelid,
        row_number() over (
            partition by
                i.indrelid, c.relam, i.indkey::text, i.indclass::text, i.indcollation::text,
                i.indoption::text, i.indnkeyatts,
                pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
            order by i.indisprimary desc, i.indisunique desc, i.indexrelid asc
        ) as place,
        first_value(i.indexrelid) over (
            partition by
                i.indrelid, c.relam, i.indkey::text, i.indclass::text, i.indcollation::text,
                i.indoption::text, i.indnkeyatts,
                pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
            order by i.indisprimary desc, i.indisunique desc, i.indexrelid asc
        ) as kept
    from pg_index as i
    inner join pg_class as c on i.indexrelid = c.oid
    inner join pg_namespace as n on c.relnamespace = n.oid
    where i.indisvalid and n.nspname not in ('pg_catalog', 'pg_toast')
)

select
    format('%I.%I', n.nspname, c.relname) as index,
    o.relname as copy_of,
    c.relpages * current_setting('block_size')::bigint as duplicate_bytes
from keys as k
inner join pg_class as c on k.indexrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
inner join pg_class as o on k.kept = o.oid
where k.place > 1
order by duplicate_bytes desc, index asc
