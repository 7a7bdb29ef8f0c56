-- What would be moved: sessions, bytes by a sample of a thousand, and seconds by past runs.
with chosen as materialized (
    select s.id, s.user_id, s.created_at
    from {sessions} as s
    where
        (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
        and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
        and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
        and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
),

sample as (
    select count(*) as sessions, coalesce(sum(pg_column_size(s.*)), 0) as bytes
    from (select c.user_id, c.id from chosen as c order by c.created_at, c.id limit 1000) as c
    inner join {sessions} as s on c.user_id = s.user_id and c.id = s.id
)

select
    count(*),
    (select coalesce(s.bytes / nullif(s.sessions, 0), 0) from sample as s)::double precision
    * count(*),
    to_json(min(c.created_at)) #>> '{{}}',
    to_json(max(c.created_at)) #>> '{{}}',
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
from chosen as c
