-- The last of the demo users that the next batch deletes.
select max(found.id::text)
from (
    select u.id
    from public.users as u
    where u.id between %(first)s and %(last)s
    order by u.id
    limit %(batch)s
) as found
