-- 410_locks_now: Sessions that wait, and transactions that stay open.
-- Why: an open transaction keeps its locks, and dead rows that it could still see. Only members of
-- pg_monitor see details of the sessions of other roles.
-- also: overview
-- gauge waiting: sessions that wait for a lock
-- gauge waiting_longest_seconds: the longest of them, so far
-- gauge transactions: open in this database
-- gauge transaction_longest_seconds: the oldest of them
-- gauge idle_in_transaction: sessions with an open transaction that do nothing
-- gauge idle_in_transaction_longest_seconds: the longest of them, so far
-- gauge prepared: transactions prepared and not ended
-- gauge prepared_longest_seconds: the oldest of them
-- noqa: disable=AL03
with sessions as (
    select
        a.*,
        a.state like 'idle in transaction%' as is_idle
    from pg_stat_activity as a
    where
        a.datname = current_database()
        and a.pid <> pg_backend_pid()
        and (a.backend_type = 'client backend' or a.backend_type is null)
),

waits as (
    select
        count(distinct l.pid) as waiting,
        extract(epoch from now() - min(l.waitstart)) as longest
    from pg_locks as l
    inner join sessions as s on l.pid = s.pid
    where not l.granted
),

prepared as (
    select
        count(*) as prepared,
        extract(epoch from now() - min(p.prepared)) as longest
    from pg_prepared_xacts as p
    where p.database = current_database()
),

open as (
    select
        count(s.xact_start) as transactions,
        greatest(extract(epoch from now() - min(s.xact_start)), 0) as longest,
        count(*) filter (where s.is_idle) as idle,
        extract(epoch from now() - min(s.state_change) filter (where s.is_idle)) as idle_longest,
        count(*) filter (where s.backend_type is null) as hidden
    from sessions as s
)

select
    w.waiting,
    greatest(coalesce(w.longest, 0), 0) as waiting_longest_seconds,
    o.transactions,
    coalesce(o.longest, 0) as transaction_longest_seconds,
    o.idle as idle_in_transaction,
    greatest(coalesce(o.idle_longest, 0), 0) as idle_in_transaction_longest_seconds,
    p.prepared,
    coalesce(p.longest, 0) as prepared_longest_seconds,
    null as note
from waits as w
cross join prepared as p
cross join open as o
union all
select
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    format(
        '%s sessions of other roles are hidden: grant pg_monitor to %I;', o.hidden, current_user
    )
from open as o
where o.hidden > 0
