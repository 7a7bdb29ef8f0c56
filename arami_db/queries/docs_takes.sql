-- docs_takes: the commands that each view supports: those that Postgres passes on to its table or
-- to a trigger.
select
    c.oid::pg_catalog.regclass::pg_catalog.text as name,
    array(
        select w.command
        from (values ('update', 4), ('insert', 8), ('delete', 16)) as w (command, bit)
        where pg_catalog.pg_relation_is_updatable(c.oid, true) & w.bit > 0
    ) || 'select'::pg_catalog.text as takes
from pg_catalog.pg_class as c
where c.relkind in ('v', 'm') and c.oid >= 16384
