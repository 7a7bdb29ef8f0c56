-- How many sessions are to be restored.
select count(*)
from public.daily_sessions_archive as s
where
    (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
    and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
    and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
