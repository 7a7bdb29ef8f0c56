-- How many users come neither from the seeds, whose text has their ids, nor from `seed demo`.
select count(*)
from public.users
where
    strpos(%(seeds)s, id::text) = 0
    and id not between %(first)s and %(last)s
