-- The relations that a session has locked, or waits for.
select
    l.relation,
    l.mode,
    l.granted
from pg_catalog.pg_locks as l
where
    l.pid = coalesce(%s, pg_catalog.pg_backend_pid())
    and l.locktype = 'relation'
    and l.database = (
        select d.oid from pg_catalog.pg_database as d where d.datname = current_database()
    )
