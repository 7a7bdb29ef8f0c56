-- 013_missing_comment: tables, views, functions and policies that say nothing about themselves.
-- Why: the comment is the documentation that travels with the database, into psql, Studio and the
-- generated API. Only a human can write it, so there is no remedy to run. A partition is part of
-- its parent.
with described as (
    select
        pg_catalog.format('%I.%I', n.nspname, c.relname) as object,
        case when c.relkind in ('v', 'm') then 'view' else 'table' end as kind,
        c.oid as owner_oid,
        'pg_catalog.pg_class'::pg_catalog.regclass as owner_class,
        pg_catalog.obj_description(c.oid, 'pg_class') as description
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where
        n.nspname in ('public', 'audit', 'arami_db')
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and not c.relispartition
    union all
    select
        pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, args.list) as object,
        'function' as kind,
        p.oid,
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        pg_catalog.obj_description(p.oid, 'pg_proc') as description
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
    where n.nspname in ('public', 'audit', 'arami_db')
    union all
    select
        pg_catalog.format('%I on %I.%I', y.polname, n.nspname, c.relname) as object,
        'policy' as kind,
        c.oid,
        'pg_catalog.pg_class'::pg_catalog.regclass,
        pg_catalog.obj_description(y.oid, 'pg_policy') as description
    from pg_catalog.pg_policy as y
    inner join pg_catalog.pg_class as c on y.polrelid = c.oid
    inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
    where n.nspname in ('public', 'audit', 'arami_db')
)

select
    'cosmetic' as severity,
    x.object,
    pg_catalog.format('The %s has no comment.', x.kind) as finding,
    null::pg_catalog.text as remedy
from described as x
where
    coalesce(pg_catalog.btrim(x.description), '') = ''
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = x.owner_class and d.objid = x.owner_oid and d.deptype = 'e'
    )
order by x.object
