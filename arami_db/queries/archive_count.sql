-- How many sessions are to be archived, and a moment to begin at, with the least id there is; null
-- when that id is taken: then only the very start is before all of them.
select
    count(*),
    case
        when not bool_or(s.id = '00000000-0000-0000-0000-000000000000')
            then to_json(min(s.created_at)) #>> '{}'
    end
from public.daily_sessions as s
where s.created_at < %(cutoff)s::timestamptz
