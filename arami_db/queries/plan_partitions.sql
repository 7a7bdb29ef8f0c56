-- The statements that create each partition of the target, parents first.
-- Why: jobs, not files, often create partitions, and a statement for the parent affects each.
with recursive parts as (
    select
        i.inhrelid,
        i.inhparent,
        1 as depth
    from pg_catalog.pg_inherits as i
    inner join pg_catalog.pg_class as p on i.inhparent = p.oid
    where p.relkind = 'p' and not p.relispartition
    union all
    select
        i.inhrelid,
        i.inhparent,
        parts.depth + 1 as depth
    from pg_catalog.pg_inherits as i
    inner join parts on i.inhparent = parts.inhrelid
)

select
    format(
        'create table %I.%I partition of %I.%I %s%s',
        n.nspname,
        c.relname,
        m.nspname,
        p.relname,
        pg_get_expr(c.relpartbound, c.oid),
        ' partition by ' || pg_get_partkeydef(c.oid)
    )
from parts
inner join pg_catalog.pg_class as c on parts.inhrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_class as p on parts.inhparent = p.oid
inner join pg_catalog.pg_namespace as m on p.relnamespace = m.oid
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
order by parts.depth, n.nspname, c.relname
