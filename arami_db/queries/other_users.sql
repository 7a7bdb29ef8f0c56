-- How many users neither the seeds speak of, their ids occurring nowhere in the seeds' text, nor
-- `seed demo` has made.
select count(*)
from public.users
where
    strpos(%(seeds)s, id::text) = 0
    and id not between %(first)s and %(last)s
