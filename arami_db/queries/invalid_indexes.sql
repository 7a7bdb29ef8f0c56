-- The invalid indexes that a DROP INDEX or REINDEX CONCURRENTLY which did not end left behind.
-- A transient index of REINDEX is called like its original with _ccnew or _ccold, then a number.
select
    format('%%I.%%I', n.nspname, c.relname),
    exists (
        select from pg_catalog.pg_stat_progress_create_index as p where p.index_relid = c.oid
    )
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where not i.indisvalid
    and case
        when %(dropped)s then c.oid = %(relation)s::oid
        else c.relname ~ '_cc(new|old)\d*$'
            and n.nspname <> 'pg_toast'
            and case %(scope)s::text
                when 'table' then i.indrelid = %(relation)s::oid
                    or i.indrelid in (
                        select t.relid from pg_partition_tree(%(relation)s::oid) as t
                    )
                when 'index' then i.indrelid in (
                    select x.indrelid
                    from pg_catalog.pg_index as x
                    where x.indexrelid = %(relation)s::oid
                        or x.indexrelid in (
                            select t.relid from pg_partition_tree(%(relation)s::oid) as t
                        )
                )
                when 'schema' then n.nspname = %(schema)s
                else true
            end
    end
order by 1
