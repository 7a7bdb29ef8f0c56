-- Who holds a lock of a whole run in this database.
select format(
    'pid %%s (%%s, user %%s, since %%s)',
    l.pid,
    coalesce(nullif(a.application_name, ''), 'unnamed'),
    coalesce(a.usename, 'unknown'),
    coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), 'unknown')
)
from pg_catalog.pg_locks as l
left join pg_catalog.pg_stat_activity as a on l.pid = a.pid
where l.locktype = 'advisory'
    and l.granted
    and l.objsubid = 1
    and (l.classid::bigint << 32) | l.objid::bigint = %(key)s
    and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
limit 1
