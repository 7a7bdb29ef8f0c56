-- What would be moved: sessions, from when to when, and in how many seconds by past runs.
with past as materialized (
    select
        b.duration,
        b.sessions
    from audit.archive_batch as b
    where b.kind = %(kind)s
    order by b.occurred_at desc
    limit 1000
),

chosen as materialized (
    select
        count(*) as sessions,
        to_json(min(s.created_at)) #>> '{{}}' as oldest,
        to_json(max(s.created_at)) #>> '{{}}' as newest
    from {sessions} as s
    where
        (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
        and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
        and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
        and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
)

select
    c.sessions,
    c.oldest,
    c.newest,
    c.sessions * (
        select extract(epoch from sum(p.duration)) / nullif(sum(p.sessions), 0) from past as p
    )::double precision
from chosen as c
