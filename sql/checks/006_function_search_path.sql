-- 006_function_search_path: functions whose names resolve through the caller's search_path.
-- Why: the caller, or a temporary table of the caller's, decides then what the body means. A pinned
-- path that holds "$user" still changes with the caller. A path without pg_temp looks for tables
-- and types there first: what a SECURITY DEFINER function names is the caller's then, for one a
-- domain whose check runs as the owner. Aggregates have no body and no settings.
select
    'security' as severity,
    pg_catalog.format(
        '%s.%I(%s)',
        p.pronamespace::pg_catalog.regnamespace,
        p.proname,
        pg_catalog.oidvectortypes(p.proargtypes)
    ) as object,
    case
        when path.setting is null
            then 'The function has no search_path of its own: its body means what the caller says.'
        when path.setting like '%$user%'
            then 'Its search_path holds "$user": its body means something else to each role.'
        else
            'It is SECURITY DEFINER and looks into pg_temp first: a type of the caller''s runs code'
            ' as the owner.'
    end as finding,
    pg_catalog.format(
        'alter routine %s.%I(%s) set search_path = pg_catalog, pg_temp',
        p.pronamespace::pg_catalog.regnamespace,
        p.proname,
        pg_catalog.oidvectortypes(p.proargtypes)
    ) as remedy
from pg_catalog.pg_proc as p
cross join
    lateral (
        select pg_catalog.max(s.setting) as setting
        from pg_catalog.unnest(p.proconfig) as s (setting)
        where s.setting like 'search_path=%'
    ) as path
where
    p.pronamespace = any(array(
        select n.oid from pg_catalog.pg_namespace as n
        where n.nspname in ('public', 'audit', 'arami_db')
    ))
    and p.prokind <> 'a'
    and (
        path.setting is null
        or path.setting like '%$user%'
        or (p.prosecdef and path.setting !~ '^search_path=([^,]+, )*pg_temp$')
        or (p.prosecdef and path.setting ~ 'pg_temp,')
    )
    and 'e' <> all(
        select d.deptype
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            and d.objid = p.oid
    )
order by object
