-- How many rows of a table belong to the sessions to be moved.
select count(*), 0
from {child} as c
where exists (
    select from {sessions} as s
    where
        s.id = c.{session}
        and (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
        and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
        and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
        and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
)
