-- A digest of each row of a table that belongs to a session of these users, and that session.
select
    concat_ws(',', {key}) as key,
    hashtextextended(row({columns})::text, 0) as digest,
    s.id::text as session
from {child} as c
inner join {sessions} as s on {belongs}
where s.user_id = any(%(users)s::uuid [])
