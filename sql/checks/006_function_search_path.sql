-- 006_function_search_path: functions whose names resolve through the caller's search_path.
-- Why: then the caller, or a temporary table of the caller, decides what the body means. A fixed
-- path with "$user" still depends on the caller. With a path without pg_temp Postgres searches
-- tables and types there first: a SECURITY DEFINER function would use objects of the caller, such
-- as a domain whose check runs as the owner. Aggregates have no body and no settings. A neighbour's
-- function with the caller's rights is harmless.
select
    case when f.prosecdef or f.is_made then 'security' else 'integrity' end as severity,
    f.object,
    case
        when path.setting is null
            then 'The function has no search_path of its own: its body means what the caller says.'
        when path.setting like '%$user%'
            then 'Its search_path holds "$user": its body means something else to each role.'
        else
            'It is SECURITY DEFINER and looks into pg_temp first: a type of the caller''s runs code'
            ' as the owner.'
    end as finding,
    pg_catalog.format('alter routine %s set search_path = pg_catalog, pg_temp', f.object) as remedy
from guarded_functions as f
cross join
    lateral (
        select pg_catalog.max(s.setting) as setting
        from pg_catalog.unnest(f.proconfig) as s (setting)
        where s.setting like 'search_path=%'
    ) as path
where
    f.prokind <> 'a'
    and (
        path.setting is null
        or path.setting like '%$user%'
        or (f.prosecdef and path.setting !~ '^search_path=([^,]+, )*pg_temp$')
        or (f.prosecdef and path.setting ~ 'pg_temp,')
    )
