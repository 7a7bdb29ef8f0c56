-- Every function and procedure of the exposed schemas that a statement can call: no trigger
-- functions or aggregates, and of an extension's members only what anybody could have written and
-- made one. Its arguments are those that a caller gives.
select
    n.nspname::text as schema,
    p.proname::text as name,
    format('%%s.%%I(%%s)', quote_ident(n.nspname), p.proname, pg_get_function_identity_arguments(p.oid))
        as identity,
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
    format_type(p.prorettype, null) as result,
    pg_get_functiondef(p.oid) as body,
    exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_policy'::regclass
            and d.refclassid = 'pg_proc'::regclass
            and d.refobjid = p.oid
    ) as in_policy,
    (
        select coalesce(json_agg(
            json_build_object(
                'name', coalesce(g.name, ''),
                'type', format_type(g.type, null),
                'base', format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null),
                'element', case when t.typcategory = 'A' then format_type(t.typelem, null) end,
                'labels', (
                    select coalesce(json_agg(e.enumlabel order by e.enumsortorder), '[]')
                    from pg_catalog.pg_enum as e
                    where e.enumtypid in (t.oid, t.typelem, t.typbasetype)
                ),
                'fields', (
                    select coalesce(json_agg(
                        json_build_array(a.attname, format_type(a.atttypid, null)) order by a.attnum
                    ), '[]')
                    from pg_catalog.pg_attribute as a
                    where a.attrelid in (t.typrelid, (
                        select e.typrelid from pg_catalog.pg_type as e where e.oid = t.typelem
                    ))
                        and a.attrelid <> 0
                        and a.attnum > 0
                        and not a.attisdropped
                )
            ) order by g.place
        ), '[]')
        from (
            select
                a.type,
                a.place,
                (
                    select n2.name
                    from (
                        select
                            m.name,
                            row_number() over (order by m.place) as nth
                        from unnest(p.proargnames, p.proargmodes)
                            with ordinality as m (name, mode, place)
                        where coalesce(m.mode, 'i') in ('i', 'b', 'v')
                    ) as n2
                    where n2.nth = a.place
                ) as name
            from unnest(p.proargtypes) with ordinality as a (type, place)
        ) as g
        inner join pg_catalog.pg_type as t on g.type = t.oid
    ) as arguments
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid
where n.nspname = any(%(schemas)s::text [])
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
order by n.nspname <> 'public', n.nspname, p.proname, identity
