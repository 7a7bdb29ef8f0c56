-- Every function and procedure of schema public that a statement can call: no trigger functions or
-- aggregates, and of an extension's members only what anybody could have written and made one.
select
    p.proname::text as name,
    format('public.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as identity,
    p.prokind = 'p' as procedure,
    p.provolatile <> 'v' as reads_only,
    -- It, or what its body names, runs with the rights of another role.
    exists (
        select
        from pg_catalog.pg_proc as d
        where d.prosecdef and (d.oid = p.oid or strpos(pg_get_functiondef(p.oid), d.proname) > 0)
    ) as is_definer,
    p.provariadic <> 0 as variadic,
    p.pronargs - p.pronargdefaults as required,
    array(
        select format_type(a.type, null)
        from unnest(p.proargtypes) with ordinality as a (type, place)
        order by a.place
    ) as arguments
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_language as l on p.prolang = l.oid
where p.pronamespace = to_regnamespace('public')
    and p.prokind in ('f', 'p')
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and 'internal'::regtype <> all(p.proargtypes)
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            and not p.prosecdef
            and l.lanname in ('c', 'internal')
    )
order by p.proname, identity
