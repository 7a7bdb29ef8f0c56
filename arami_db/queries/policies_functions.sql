-- Functions in SQL and PL/pgSQL: the body of each, and the name and arguments that its calls have.
select
    n.nspname::text as schema,
    p.proname::text as name,
    l.lanname::text as language,
    coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body,
    p.proretset as returns_set,
    array(select a from unnest(p.proargnames[1:p.pronargs]) as a)::text[] as arguments,
    array(select format_type(t, null) from unnest(p.proargtypes) as t)::text[] as types,
    p.pronargs as most,
    p.pronargs - p.pronargdefaults as least,
    pg_get_expr(p.proargdefaults, 0) as defaults,
    (
        select substr(s.setting, length('search_path=') + 1)
        from unnest(p.proconfig) as s (setting)
        where starts_with(s.setting, 'search_path=')
    ) as search_path
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid
where
    p.prokind = 'f'
    and l.lanname in ('sql', 'plpgsql')
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and n.nspname <> all(array['pg_catalog', 'information_schema'])
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
