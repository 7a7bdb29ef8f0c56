-- 006_function_search_path: functions whose names resolve through the caller's search_path.
-- Why: the caller, or a temporary table of the caller's, decides then what the body means. A pinned
-- path that holds "$user" still changes with the caller. Aggregates have no body and no settings.
select
    'security' as severity,
    pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, args.list) as object,
    case
        when path.setting is null
            then 'The function has no search_path of its own: its body means what the caller says.'
        else
            'The function''s search_path holds "$user": its body means something else to each role.'
    end as finding,
    pg_catalog.format(
        'alter routine %I.%I(%s) set search_path = ''''', n.nspname, p.proname, args.list
    ) as remedy
from (
    select f.*
    from pg_catalog.pg_proc as f
    where
        f.pronamespace in (
            select s.oid
            from pg_catalog.pg_namespace as s
            where s.nspname in ('public', 'audit', 'arami_db')
        )
    -- Fenced, or the planner writes out the arguments of every function there is.
    offset 0 -- noqa: AM09
) as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
cross join
    lateral (
        select
            pg_catalog.string_agg(
                case tn.nspname
                    when 'pg_catalog' then pg_catalog.format_type(t.oid, null)
                    else pg_catalog.format('%I.%I', tn.nspname, t.typname)
                end,
                ', ' order by arg.place
            ) as list
        from pg_catalog.unnest(p.proargtypes) with ordinality as arg (type, place)
        inner join pg_catalog.pg_type as t on arg.type = t.oid
        inner join pg_catalog.pg_namespace as tn on t.typnamespace = tn.oid
    ) as args
cross join
    lateral (
        select pg_catalog.max(s.setting) as setting
        from pg_catalog.unnest(p.proconfig) as s (setting)
        where s.setting like 'search_path=%'
    ) as path
where
    n.nspname in ('public', 'audit', 'arami_db')
    and p.prokind <> 'a'
    and (path.setting is null or path.setting like '%$user%')
    and not exists (
        select from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            and d.objid = p.oid
            and d.deptype = 'e'
    )
order by object
