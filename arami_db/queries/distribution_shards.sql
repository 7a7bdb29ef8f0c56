-- Where each shard is; a table that is not yet distributed, but should be, has a row without one.
select
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    d.user_column,
    s.shardid,
    p.groupid
from audit.distribution as d
inner join pg_catalog.pg_class as c on d.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join pg_catalog.pg_dist_shard as s on d.relation = s.logicalrelid and d.is_distributed
left join pg_catalog.pg_dist_placement as p on s.shardid = p.shardid
order by name, s.shardid
