-- The columns of a relation on which a role has a privilege.
select a.attname::text
from pg_catalog.pg_attribute as a
where a.attrelid = (
    select c.oid
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = %(schema)s and c.relname = %(name)s
)
and a.attnum > 0
and not a.attisdropped
and has_column_privilege(%(role)s, a.attrelid, a.attnum, %(privilege)s)
order by a.attnum
