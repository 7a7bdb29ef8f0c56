-- Sessions and prepared transactions that a lock would queue behind: what they have locked, how,
-- and whether they hold a snapshot, which an index built concurrently waits for.
-- Why: a role without rights sees only that other roles' sessions exist.
with held as (
    select
        l.pid,
        l.virtualtransaction,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) as relation,
        l.mode
    from pg_catalog.pg_locks as l
    inner join pg_catalog.pg_class as c on l.relation = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where
        l.locktype = 'relation'
        and l.granted
        and l.database = (
            select d.oid from pg_catalog.pg_database as d
            where d.datname = current_database()
        )
        and c.relkind in ('r', 'p', 'm', 'v')
        and n.nspname !~ '^pg_'
        and n.nspname <> 'information_schema'
)

select
    a.pid,
    coalesce(a.state, 'unknown') as state,
    extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
    coalesce(array_agg(h.relation order by h.relation, h.mode) filter (where h.pid > 0), '{}')
        as relations,
    coalesce(array_agg(h.mode order by h.relation, h.mode) filter (where h.pid > 0), '{}') as modes,
    a.backend_xmin is not null as has_snapshot
from pg_catalog.pg_stat_activity as a
left join held as h on a.pid = h.pid
where
    a.datname = current_database()
    and a.pid <> pg_backend_pid()
    and coalesce(a.backend_type, 'client backend') = 'client backend'
group by a.pid, a.state, a.xact_start, a.backend_xmin is not null
having count(h.pid) > 0 or bool_or(a.backend_xmin is not null)
union all
select
    null as pid,
    concat('prepared as ', quote_literal(p.gid)) as state,
    extract(epoch from clock_timestamp() - p.prepared)::float8 as seconds,
    array_agg(h.relation order by h.relation, h.mode) as relations,
    array_agg(h.mode order by h.relation, h.mode) as modes,
    false as has_snapshot
from pg_catalog.pg_prepared_xacts as p
inner join pg_catalog.pg_locks as own on p.transaction = own.transactionid and own.granted
inner join held as h on own.virtualtransaction = h.virtualtransaction and h.pid is null
where own.locktype = 'transactionid' and own.pid is null
group by p.gid, p.prepared
order by seconds desc nulls first, pid asc
