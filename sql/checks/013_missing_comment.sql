-- 013_missing_comment: tables, views, functions and policies that say nothing about themselves.
-- Why: the comment is the documentation that travels with the database, into psql, Studio and the
-- generated API. Only a human can write it, so there is no remedy to run. A partition is part of
-- its parent.
with described as (
    select
        pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
        case when c.relkind in ('v', 'm') then 'view' else 'table' end as kind,
        'pg_catalog.pg_class'::pg_catalog.regclass as class,
        c.oid,
        'pg_catalog.pg_class'::pg_catalog.regclass as owner_class,
        c.oid as owner
    from pg_catalog.pg_class as c
    where
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and not c.relispartition
    union all
    select
        pg_catalog.format(
            '%s.%I(%s)',
            p.pronamespace::pg_catalog.regnamespace,
            p.proname,
            pg_catalog.oidvectortypes(p.proargtypes)
        ) as object,
        'function' as kind,
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        p.oid,
        'pg_catalog.pg_proc'::pg_catalog.regclass,
        p.oid as owner
    from pg_catalog.pg_proc as p
    where
        p.pronamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
    union all
    select
        pg_catalog.format(
            '%I on %s.%I', y.polname, c.relnamespace::pg_catalog.regnamespace, c.relname
        ) as object,
        'policy' as kind,
        'pg_catalog.pg_policy'::pg_catalog.regclass,
        y.oid,
        'pg_catalog.pg_class'::pg_catalog.regclass,
        c.oid as owner
    from pg_catalog.pg_policy as y
    inner join pg_catalog.pg_class as c on y.polrelid = c.oid
    where c.relnamespace = any(array(
        select n.oid from pg_catalog.pg_namespace as n
        where n.nspname in ('public', 'audit', 'arami_db')
    ))
)

select
    'cosmetic' as severity,
    x.object,
    pg_catalog.format('The %s has no comment.', x.kind) as finding,
    null::pg_catalog.text as remedy
from described as x
where
    coalesce((
        select pg_catalog.btrim(t.description)
        from pg_catalog.pg_description as t
        where t.classoid = x.class and t.objoid = x.oid and t.objsubid = 0
    ), '') = ''
    and 'e' <> all(
        select d.deptype
        from pg_catalog.pg_depend as d
        where
            d.classid = x.owner_class
            and d.objid = x.owner
    )
order by x.object
