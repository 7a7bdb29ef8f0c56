-- The session that a batch of one takes after a place.
select to_json(s.created_at) #>> '{}', s.id::text
from public.daily_sessions as s
cross join lateral (
    select from public.users as u where u.id = s.user_id for key share skip locked
) as u
where
    s.created_at < %(cutoff)s::timestamptz
    and (s.created_at, s.id) > (
        coalesce(%(last_created_at)s::timestamptz, '-infinity'),
        coalesce(%(last_id)s::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by s.created_at, s.id
limit 1
for update of s skip locked
