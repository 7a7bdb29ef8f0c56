-- 011_primary_key: tables without a primary key.
-- Why: without one no row can be identified, so the audit log, replication and the archive cannot
-- refer to it. For a partition its parent decides.
select
    'integrity' as severity,
    r.object,
    'The table has no primary key: its rows cannot be told apart.' as finding,
    (
        select pg_catalog.format('alter table %s add primary key (id)', r.object)
        from pg_catalog.pg_attribute as a
        where a.attrelid = r.oid and a.attname = 'id' and a.attnotnull
    ) as remedy
from guarded_relations as r
where
    r.kind = 'table'
    and not r.relispartition
    and r.oid not in (
        select k.conrelid from pg_catalog.pg_constraint as k
        where k.contype = 'p'
    )
