-- 330_indexes_invalid: Indexes that are not valid: written to, never read.
-- Why: a failed CREATE INDEX or REINDEX CONCURRENTLY leaves them. One that is being built is listed
-- as such, and is not a problem.
-- labels: index
-- gauge invalid: 1, or 0 while it is being built
select
    format('%I.%I', n.nspname, c.relname) as index,
    t.relname as on_table,
    (p.pid is null)::integer as invalid,
    case
        when p.pid is not null then p.phase
        when c.relname ~ '_cc(new|old)[0-9]*$'
            then format('drop index %I.%I;', n.nspname, c.relname)
        else format('reindex index concurrently %I.%I;', n.nspname, c.relname)
    end as what_to_do
from pg_index as i
inner join pg_class as c on i.indexrelid = c.oid
inner join pg_class as t on i.indrelid = t.oid
inner join pg_namespace as n on c.relnamespace = n.oid
left join pg_stat_progress_create_index as p on i.indexrelid = p.index_relid
where (not i.indisvalid or not i.indisready) and c.relkind = 'i'
order by index
