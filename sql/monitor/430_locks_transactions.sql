-- 430_locks_transactions: Open transactions, oldest first.
-- Why: an idle one waits for its client, and keeps its locks and dead rows meanwhile.
-- End it with: select pg_terminate_backend(pid);
select
    a.pid::text as pid,
    a.usename as role,
    a.state,
    extract(epoch from now() - a.xact_start) as open_seconds,
    extract(epoch from now() - a.state_change) as state_seconds,
    a.application_name as application,
    left(regexp_replace(a.query, '\s+', ' ', 'g'), 2000) as query
from pg_stat_activity as a
where
    a.datname = current_database()
    and a.pid <> pg_backend_pid()
    and a.xact_start is not null
    and a.backend_type = 'client backend'
    and a.xact_start < now() - interval '1 second'
order by a.xact_start asc, a.pid asc
