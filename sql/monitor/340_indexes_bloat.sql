-- 340_indexes_bloat: B-tree indexes with more pages than their entries need, by an estimate.
-- Why: an entry is 8 bytes, its columns, aligned to 8, and a pointer of 4; a page has 8 kB minus
-- 40 bytes, filled to the fillfactor: PostgreSQL's src/include/access/itup.h and nbtree.h, and the
-- idea of pgsql-bloat-estimation (J.-G. de Rorthais). The number of rows is that of the last vacuum
-- or analyze. Equal entries share space, so the real bloat may be larger. The width of a text is in
-- pg_stats, for roles that may read the table; a note counts indexes without an estimate.
-- labels: index
-- gauge bloat_bytes: more than needed
-- gauge bloat_ratio: of the index
-- noqa: disable=AL03, ST05
with columns as (
    select
        i.indexrelid,
        a.attnum,
        case
            when a.attlen > 0 then a.attlen::float8
            else coalesce(s.avg_width, e.avg_width)::float8
        end as width
    from pg_index as i
    inner join pg_attribute as a on i.indexrelid = a.attrelid
    inner join pg_class as t on i.indrelid = t.oid
    inner join pg_class as c on i.indexrelid = c.oid
    inner join pg_namespace as n on t.relnamespace = n.oid
    left join pg_attribute as b
        on i.indrelid = b.attrelid and i.indkey[a.attnum - 1] = b.attnum and b.attnum > 0
    left join pg_stats as s
        on
            n.nspname = s.schemaname and t.relname = s.tablename and b.attname = s.attname
            and not s.inherited
    left join pg_stats as e
        on n.nspname = e.schemaname and c.relname = e.tablename and a.attname = e.attname
    where n.nspname not in ('pg_catalog', 'pg_toast')
),

indexes as (
    select
        c.oid,
        c.relname,
        c.relnamespace,
        c.relpages::float8 as pages,
        c.reltuples::float8 as entries,
        coalesce(
            (
                select split_part(o, '=', 2)::float8
                from unnest(c.reloptions) as o
                where o like 'fillfactor=%'
            ),
            90
        ) / 100 as filled,
        w.width
    from pg_class as c
    inner join pg_am as m on c.relam = m.oid and m.amname = 'btree'
    inner join (
        select
            k.indexrelid,
            case when bool_and(k.width is not null) then sum(k.width) end as width
        from columns as k
        group by k.indexrelid
    ) as w on c.oid = w.indexrelid
    where c.relkind = 'i' and c.relpages > 8 and c.reltuples >= 0
),

needed as (
    select
        i.oid,
        i.relname,
        i.relnamespace,
        i.pages,
        current_setting('block_size')::float8 as page,
        1 + ceil(
            i.entries * (ceil((8 + i.width) / 8) * 8 + 4)
            / ((current_setting('block_size')::float8 - 40) * i.filled)
        ) as pages_needed
    from indexes as i
)

select
    format('%I.%I', s.nspname, n.relname) as index,
    (n.pages * n.page)::bigint as size_bytes,
    ((n.pages - n.pages_needed) * n.page)::bigint as bloat_bytes,
    1 - n.pages_needed / n.pages as bloat_ratio,
    null as note
from needed as n
inner join pg_namespace as s on n.relnamespace = s.oid
where n.pages_needed < n.pages
union all
select
    null,
    null,
    null,
    null,
    format(
        '%s indexes are not estimated, since the statistics of their columns are not there'
        ' or hidden from %I: analyze; grant pg_read_all_data to %I;',
        count(*), current_user, current_user
    )
from needed as n
where n.pages_needed is null
having count(*) > 0
order by bloat_bytes desc nulls last, index asc
