-- 101_not_distributed: tables that belong on the workers and are only on the coordinator.
-- Why: a foreign key from there to a distributed table is checked against no rows: a row that
-- refers to users is refused, or stays when they are deleted. So each table with a foreign key to a
-- distributed one belongs on the workers; other tables that it refers to are distributed with it.
with recursive belonging as (
    select p.logicalrelid::pg_catalog.oid as oid
    from pg_catalog.pg_dist_partition as p
    where p.partmethod = 'h'
    union
    select k.conrelid
    from belonging as b
    inner join pg_catalog.pg_constraint as k
        on b.oid = k.confrelid and k.contype = 'f' and k.conparentid = 0
)

select
    'integrity' as severity,
    r.object,
    'The table belongs on the workers, with the rows that it refers to, and is on the coordinator'
    ' alone.' as finding,
    null as remedy,
    'arami-db distribute, or the next arami-db migrate, distributes it.' as advice
from belonging as b
inner join guarded_relations as r on b.oid = r.oid
where b.oid not in (select d.oid from distributed as d)
