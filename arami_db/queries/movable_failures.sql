-- Why sessions could not be moved: reasons that differ only in ids and numbers are one reason.
select
    f.sqlstate,
    min(f.message),
    count(*),
    (array_agg(f.session_id::text order by s.created_at, s.id))[:3]
from audit.archive_failure as f
inner join {sessions} as s on f.user_id = s.user_id and f.session_id = s.id
where
    f.kind = %(kind)s
    and (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
    and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
    and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
group by f.sqlstate, regexp_replace(f.message, '[0-9a-f]{{8}}-[0-9a-f-]{{27}}|[0-9]+', '#', 'g')
order by 3 desc, 1, 2
