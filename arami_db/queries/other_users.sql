-- How many users the seeds do not speak of: their ids occur nowhere in the seeds' text.
select count(*)
from public.users
where strpos(%(seeds)s, id::text) = 0
