-- The machines of a cluster, and what each answers to a question.
select
    n.nodename,
    n.nodeport,
    n.groupid = 0 as is_coordinator,
    n.isactive and n.noderole = 'primary' as is_active,
    n.shouldhaveshards,
    coalesce(a.success, false) as answered,
    a.result
from pg_catalog.pg_dist_node as n
left join run_command_on_all_nodes(%(question)s) as a on n.nodeid = a.nodeid
order by n.groupid
