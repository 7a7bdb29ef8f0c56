-- The tables that belong on the workers; of rows, the planner's estimate.
select
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    d.user_column,
    d.is_distributed,
    greatest(c.reltuples::bigint, 0) as number_of_rows,
    pg_catalog.pg_total_relation_size(d.relation) as bytes
from audit.distribution as d
inner join pg_catalog.pg_class as c on d.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by name
