-- 240_pg_catalog: objects added to pg_catalog, which Postgres searches first.
select
    'function' as kind,
    p.oid::pg_catalog.regprocedure::pg_catalog.text as object,
    'added to pg_catalog' as property,
    'true' as value
from pg_catalog.pg_proc as p
where
    p.oid >= 16384
    and p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    and p.oid not in (
        select m.objid
        from members as m
        where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    )
union all
select
    'operator' as kind,
    o.oid::pg_catalog.regoperator::pg_catalog.text as object,
    'added to pg_catalog' as property,
    'true' as value
from pg_catalog.pg_operator as o
where
    o.oid >= 16384
    and o.oprnamespace = 'pg_catalog'::pg_catalog.regnamespace
    and o.oid not in (
        select m.objid
        from members as m
        where m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
    )
