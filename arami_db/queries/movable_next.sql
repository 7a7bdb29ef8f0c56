-- The session that a batch of one takes after a place.
select to_json(s.created_at) #>> '{{}}', s.id::text
from {sessions} as s
cross join lateral (
    select from public.users as u where u.id = s.user_id for key share skip locked
) as u
where
    (%(sessions)s::uuid [] is null or s.id = any(%(sessions)s::uuid []))
    and (%(user)s::uuid is null or s.user_id = %(user)s::uuid)
    and (%(since)s::timestamptz is null or s.created_at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or s.created_at < %(until)s::timestamptz)
    and (s.created_at, s.id) > (
        coalesce(%(last_created_at)s::timestamptz, '-infinity'),
        coalesce(%(last_id)s::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by s.created_at nulls first, s.id
limit 1
for update of s skip locked
