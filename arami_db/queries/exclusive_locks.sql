-- Who holds a table of this database so that its definition cannot be read, and with what.
select
    format(
        '%s by pid %s (%s, %s for %s): %s',
        string_agg(format('%s.%I', c.relnamespace::regnamespace, c.relname), ', ' order by c.relname),
        a.pid,
        coalesce(a.usename, 'unknown'),
        coalesce(a.state, 'unknown'),
        date_trunc('second', clock_timestamp() - coalesce(a.xact_start, a.query_start)),
        coalesce(left(regexp_replace(a.query, '\s+', ' ', 'g'), 120), 'unknown')
    )
from pg_catalog.pg_locks as l
inner join pg_catalog.pg_class as c on l.relation = c.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
inner join pg_catalog.pg_stat_activity as a on l.pid = a.pid
where
    l.granted
    and l.mode = 'AccessExclusiveLock'
    and l.database = (
        select d.oid from pg_catalog.pg_database as d where d.datname = current_database()
    )
    and l.pid <> pg_backend_pid()
group by a.pid, a.usename, a.state, a.xact_start, a.query_start, a.query
order by a.pid
