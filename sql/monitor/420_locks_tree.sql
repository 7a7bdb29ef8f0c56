-- 420_locks_tree: Who blocks whom: end the session at the top, and those below it continue.
-- Why: a session that waits for several is listed once, below the one to end first: one that does
-- not wait itself, else the one that has waited longest; so a queue of hundreds stays a tree. The
-- column behind counts all sessions ahead of it. A pid of 0 is a prepared transaction.
with recursive waiting as materialized (
    select
        l.pid,
        min(l.waitstart) as since,
        string_agg(distinct case
            when c.oid is not null
                then format(
                    '%s on %s%I.%I',
                    l.mode, 'a ' || nullif(l.locktype, 'relation') || ' of ', n.nspname, c.relname
                )
            else format('%s of a %s', l.mode, l.locktype)
        end, ', ') as wants
    from pg_locks as l
    left join pg_database as d on l.database = d.oid and d.datname = current_database()
    left join pg_class as c on d.oid is not null and l.relation = c.oid
    left join pg_namespace as n on c.relnamespace = n.oid
    where not l.granted
    group by l.pid
),

blocking as materialized (
    select distinct
        w.pid,
        b.pid as blocker
    from waiting as w
    cross join lateral unnest(pg_blocking_pids(w.pid)) as b (pid)
),

-- The parent of each session that waits; in a circle it is one of the circle.
parents as (
    select distinct on (b.pid)
        b.pid,
        b.blocker,
        count(*) over (partition by b.pid) as behind
    from blocking as b
    left join waiting as w on b.blocker = w.pid
    order by b.pid asc, (w.pid is null) desc, w.since asc nulls last, b.blocker asc
),

tree as (
    select
        p.blocker as pid,
        null::bigint as behind,
        0 as depth,
        array[p.blocker] as path
    from parents as p
    where p.blocker not in (select w.pid from waiting as w)
    group by p.blocker
    union all
    select
        p.pid,
        p.behind,
        t.depth + 1 as depth,
        t.path || p.pid as path
    from tree as t
    inner join parents as p on t.pid = p.blocker
    where p.pid <> all(t.path) and t.depth < 50
),

-- A deadlock has no top; the server breaks it within deadlock_timeout.
standing as (
    select * from tree
    union all
    select
        p.pid,
        p.behind,
        0 as depth,
        array[p.blocker, p.pid] as path
    from parents as p
    where p.pid not in (select t.pid from tree as t)
)

select
    case when s.depth > 0 then repeat('  ', s.depth - 1) || '└' else '' end as tree,
    s.pid::text as pid,
    p.blocker::text as blocked_by,
    coalesce(a.usename, case when s.pid = 0 then '(prepared)' end) as role,
    coalesce(a.state, 'unknown') as state,
    extract(epoch from now() - coalesce(w.since, a.xact_start)) as for_seconds,
    s.behind,
    coalesce('wants ' || w.wants || ': ', '')
    || left(regexp_replace(coalesce(a.query, ''), '\s+', ' ', 'g'), 2000) as query
from standing as s
left join waiting as w on s.pid = w.pid
left join parents as p on s.pid = p.pid
left join pg_stat_activity as a on s.pid = a.pid
order by s.path
