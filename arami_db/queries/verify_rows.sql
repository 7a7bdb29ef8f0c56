-- A digest of each row of a table that belongs to a session of these users, and that session.
select
    concat_ws(',', {key}) as key,
    hashtextextended(row({columns})::text, 0) as digest,
    c.{session}::text as session
from {child} as c
where exists (
    select from {sessions} as s
    where s.id = c.{session} and s.user_id = any(%(users)s::uuid [])
)
