-- On Citus: the machines that have shards of the sessions, and which; no row if there are none.
select
    n.nodename,
    n.nodeport,
    array_agg(s.shardid order by s.shardid)
from pg_catalog.pg_dist_shard as s
inner join pg_catalog.pg_dist_placement as p on s.shardid = p.shardid
inner join pg_catalog.pg_dist_node as n on p.groupid = n.groupid and n.noderole = 'primary'
where s.logicalrelid = 'public.daily_sessions'::regclass
group by n.nodename, n.nodeport
order by n.nodename, n.nodeport
