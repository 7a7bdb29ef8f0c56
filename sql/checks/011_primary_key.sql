-- 011_primary_key: tables without a primary key.
-- Why: without one no row can be named, so the audit log, replication and the archive cannot speak
-- of it. A partition is judged by its parent.
select
    'integrity' as severity,
    pg_catalog.format('%s.%I', c.relnamespace::pg_catalog.regnamespace, c.relname) as object,
    'The table has no primary key: its rows cannot be told apart.' as finding,
    (
        select
            pg_catalog.format(
                'alter table %s.%I add primary key (id)',
                c.relnamespace::pg_catalog.regnamespace,
                c.relname
            )
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attname = 'id' and a.attnotnull
    ) as remedy
from pg_catalog.pg_class as c
where
    c.relnamespace = any(array(
        select n.oid from pg_catalog.pg_namespace as n
        where n.nspname in ('public', 'audit', 'arami_db')
    ))
    and c.relkind in ('r', 'p')
    and not c.relispartition
    and not exists (
        select from pg_catalog.pg_constraint as k
        where k.conrelid = c.oid and k.contype = 'p'
    )
    and 'e' <> all(
        select d.deptype
        from pg_catalog.pg_depend as d
        where
            d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.objid = c.oid
    )
order by object
