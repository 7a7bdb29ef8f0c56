-- The definitions of our objects as Postgres writes them out, and nothing else: what neither
-- pg_dump nor arami-db can do without.
with schemas as materialized (
    select n.oid
    from pg_catalog.pg_namespace as n
    where n.nspname in ('public', 'audit', 'arami_db')
),

relations as materialized (
    select
        c.oid,
        c.relkind
    from pg_catalog.pg_class as c
    where c.relnamespace = any(array(select s.oid from schemas as s))
)

select pg_catalog.pg_get_viewdef(r.oid) as definition
from relations as r
where r.relkind in ('v', 'm')
union all
select pg_catalog.pg_get_indexdef(r.oid)
from relations as r
where r.relkind in ('i', 'I')
union all
select pg_catalog.pg_get_constraintdef(k.oid)
from pg_catalog.pg_constraint as k
where k.connamespace = any(array(select s.oid from schemas as s))
union all
select pg_catalog.pg_get_triggerdef(t.oid)
from pg_catalog.pg_trigger as t
where t.tgrelid = any(array(select r.oid from relations as r)) and not t.tgisinternal
union all
select
    pg_catalog.concat(
        pg_catalog.pg_get_expr(p.polqual, p.polrelid),
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
    )
from pg_catalog.pg_policy as p
where p.polrelid = any(array(select r.oid from relations as r))
union all
select pg_catalog.pg_get_expr(d.adbin, d.adrelid)
from pg_catalog.pg_attrdef as d
where d.adrelid = any(array(select r.oid from relations as r))
union all
select pg_catalog.format_type(a.atttypid, a.atttypmod)
from pg_catalog.pg_attribute as a
where
    a.attrelid = any(array(select r.oid from relations as r))
    and a.attnum > 0
    and not a.attisdropped
union all
select pg_catalog.pg_get_functiondef(p.oid)
from pg_catalog.pg_proc as p
where p.pronamespace = any(array(select s.oid from schemas as s)) and p.prokind <> 'a'
