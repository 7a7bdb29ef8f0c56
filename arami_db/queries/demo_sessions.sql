-- How many sessions demo users have, live and archived.
select count(*)
from public.session_history
where user_id between %(first)s and %(last)s
