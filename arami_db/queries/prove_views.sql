-- Every view and materialized view of schema public, and its uuid columns, where a user's id may be.
select
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
    ) as readable
from pg_catalog.pg_class as c
where c.relnamespace = to_regnamespace('public')
    and c.relkind in ('v', 'm')
    -- What Citus brings is a fact of its own.
    and not exists (
        select
        from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_extension as e on d.refobjid = e.oid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
            and d.refclassid = 'pg_extension'::regclass and e.extname = 'citus'
    )
order by c.relname
