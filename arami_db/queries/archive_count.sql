-- How many sessions are to be archived.
select count(*) from public.daily_sessions as s where s.created_at < %(cutoff)s
