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
order by c.relname
