-- Sessions that a lock would queue behind: those that have been in a transaction for a while, and
-- the relations they have locked. Of other roles' sessions not all may be told.
select
    a.pid,
    coalesce(a.state, 'unknown') as state,
    extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
    array_agg(
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) order by n.nspname, c.relname
    ) as relations
from pg_catalog.pg_locks as l
inner join pg_catalog.pg_stat_activity as a on l.pid = a.pid
inner join pg_catalog.pg_class as c on l.relation = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    l.locktype = 'relation'
    and l.granted
    and l.database = (
        select d.oid from pg_catalog.pg_database as d where d.datname = current_database()
    )
    and a.pid <> pg_backend_pid()
    and a.backend_type = 'client backend'
    and c.relkind in ('r', 'p', 'm', 'v')
    and n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
group by a.pid, a.state, a.xact_start
order by seconds desc nulls first, a.pid asc
