-- What would be moved: sessions, from when to when, and in how many seconds by past runs.
select
    count(*),
    to_json(min(s.created_at)) #>> '{{}}',
    to_json(max(s.created_at)) #>> '{{}}',
    count(*) * (
        select extract(epoch from sum(b.duration)) / nullif(sum(b.sessions), 0)
        from (
            select b.duration, b.sessions
            from audit.archive_batch as b
            where b.kind = %(kind)s
            order by b.id desc
            limit 1000
        ) as b
    )::double precision
from {sessions} as s
where
    (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
    and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
    and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
