-- How many sessions are to be moved, how many of them could not be before, and a moment to begin at
-- for the others, with the least id there is; null when that id is taken: then only the very start
-- is before all of them.
select
    count(*),
    count(f.session_id),
    case
        when not bool_or(s.id = '00000000-0000-0000-0000-000000000000')
            then to_json(min(s.created_at) filter (where f.session_id is null)) #>> '{{}}'
    end
from {sessions} as s
left join audit.archive_failure as f
    on s.user_id = f.user_id and s.id = f.session_id and f.kind = %(kind)s
where
    (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
    and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
    and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
