-- Distributed tables whose former rows are still on the coordinator.
select
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name
from pg_catalog.pg_dist_partition as p
inner join pg_catalog.pg_class as c on p.logicalrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    (p.partmethod = 'h' or p.repmodel = 't')
    and pg_catalog.pg_relation_size(c.oid) > 0
order by name
