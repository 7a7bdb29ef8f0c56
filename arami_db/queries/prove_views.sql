-- Every view and materialized view of the exposed schemas; its columns where a user's id may be; all
-- the relations that it reads, through other views, too; whether it reads rows that policies guard
-- with the rights of its owner; and whether it only counts rows, all of them in one number.
with recursive reads (view, relation) as (
    select
        r.ev_class,
        d.refobjid
    from pg_catalog.pg_rewrite as r
    inner join pg_catalog.pg_depend as d
        on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
    where d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
    union
    select
        o.view,
        i.relation
    from reads as o
    inner join (
        select
            r.ev_class as view,
            d.refobjid as relation
        from pg_catalog.pg_rewrite as r
        inner join pg_catalog.pg_depend as d
            on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
        where d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
    ) as i on o.relation = i.view
)

select
    n.nspname::text as schema,
    c.relname::text as name,
    c.relkind = 'm' as materialized,
    array(
        select a.attname::text
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid
            and a.attnum > 0
            and not a.attisdropped
            and a.atttypid = 'uuid'::regtype
        order by a.attnum
    ) as ids,
    (
        select coalesce(bool_or(has_any_column_privilege(r.oid, c.oid, 'select')), false)
        from pg_catalog.pg_roles as r
        where r.rolname in ('anon', 'authenticated')
    ) as readable,
    array(
        select distinct rn.nspname || '.' || rc.relname
        from reads as s
        inner join pg_catalog.pg_class as rc on s.relation = rc.oid
        inner join pg_catalog.pg_namespace as rn on rc.relnamespace = rn.oid
        where s.view = c.oid and rc.relkind in ('r', 'p')
    ) as reads,
    c.relkind = 'v'
    and not coalesce(
        (
            select o.option_value::boolean
            from pg_options_to_table(c.reloptions) as o
            where o.option_name = 'security_invoker'
        ),
        false
    )
    and exists (
        select
        from reads as s
        inner join pg_catalog.pg_class as rc on s.relation = rc.oid
        where s.view = c.oid and rc.relrowsecurity
    ) as as_owner,
    pg_get_viewdef(c.oid)
    ~ '^\s*SELECT\s+count\(\*\) AS \w+(,\s+count\(\*\) AS \w+)*\s+FROM [^()]*;$'
    and pg_get_viewdef(c.oid) !~ 'GROUP BY|WHERE' as counts
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any(%(schemas)s::text [])
    and c.relkind in ('v', 'm')
    -- What Citus brings is a fact of its own.
    and not exists (
        select
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_extension as e on d.refobjid = e.oid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
            and d.refclassid = 'pg_extension'::regclass and e.extname = 'citus'
    )
order by n.nspname <> 'public', n.nspname, c.relname
