-- Who keeps this program's other connections waiting for a lock, and with which statement.
select distinct
    b.pid,
    format(
        'pid %%s (%%s, %%s for %%s): %%s',
        b.pid,
        coalesce(b.usename, 'unknown'),
        coalesce(b.state, 'unknown'),
        date_trunc('second', clock_timestamp() - coalesce(b.xact_start, b.query_start)),
        coalesce(left(regexp_replace(b.query, '\s+', ' ', 'g'), 120), 'unknown')
    )
from pg_catalog.pg_stat_activity as a
cross join lateral unnest(pg_blocking_pids(a.pid)) as blocking (pid)
inner join pg_catalog.pg_stat_activity as b on b.pid = blocking.pid
where (
    a.pid = %(pid)s
    or (%(pid)s::integer is null and a.application_name = current_setting('application_name'))
)
    and a.datname = current_database()
    and a.pid <> pg_backend_pid()
    and a.wait_event_type = 'Lock'
order by b.pid
