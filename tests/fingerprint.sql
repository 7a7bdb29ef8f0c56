-- Every catalog row of some schemas, with the transaction that wrote it: whatever was done to them,
-- were it to write the same again, differs. Left out is what VACUUM and ANALYZE keep in pg_class,
-- and that somebody's triggers and keys are on auth.users, which is meant.
with schemas as (
    select n.oid from pg_catalog.pg_namespace as n where n.nspname = any(%(schemas)s)
),

relations as (
    select c.oid, c.oid = 'auth.users'::regclass as is_login
    from pg_catalog.pg_class as c
    where c.relnamespace in (select oid from schemas)
),

routines as (
    select p.oid from pg_catalog.pg_proc as p where p.pronamespace in (select oid from schemas)
),

written (catalog, xmin, state) as (
    select 'pg_namespace', n.xmin, to_jsonb(n)
    from pg_catalog.pg_namespace as n where n.oid in (select oid from schemas)
    union all
    select 'pg_class', case when not r.is_login then c.xmin end, to_jsonb(c) - '{relpages, reltuples, relallvisible, relallfrozen, relfrozenxid, relminmxid, relhastriggers}'::text[]
    from pg_catalog.pg_class as c inner join relations as r on c.oid = r.oid
    union all
    select 'pg_attribute', a.xmin, to_jsonb(a)
    from pg_catalog.pg_attribute as a where a.attrelid in (select oid from relations)
    union all
    select 'pg_attrdef', d.xmin, to_jsonb(d)
    from pg_catalog.pg_attrdef as d where d.adrelid in (select oid from relations)
    union all
    select 'pg_constraint', k.xmin, to_jsonb(k)
    from pg_catalog.pg_constraint as k where k.connamespace in (select oid from schemas)
    union all
    select 'pg_index', i.xmin, to_jsonb(i)
    from pg_catalog.pg_index as i where i.indrelid in (select oid from relations)
    union all
    select 'pg_trigger', t.xmin, to_jsonb(t)
    from pg_catalog.pg_trigger as t inner join relations as r on t.tgrelid = r.oid
    where not r.is_login or t.tgfoid in (select oid from routines)
    union all
    select 'pg_policy', y.xmin, to_jsonb(y)
    from pg_catalog.pg_policy as y where y.polrelid in (select oid from relations)
    union all
    select 'pg_rewrite', w.xmin, to_jsonb(w)
    from pg_catalog.pg_rewrite as w where w.ev_class in (select oid from relations)
    union all
    select 'pg_inherits', h.xmin, to_jsonb(h)
    from pg_catalog.pg_inherits as h
    where h.inhparent in (select oid from relations) or h.inhrelid in (select oid from relations)
    union all
    select 'pg_statistic_ext', s.xmin, to_jsonb(s)
    from pg_catalog.pg_statistic_ext as s where s.stxrelid in (select oid from relations)
    union all
    select 'pg_proc', p.xmin, to_jsonb(p)
    from pg_catalog.pg_proc as p where p.oid in (select oid from routines)
    union all
    select 'pg_type', t.xmin, to_jsonb(t)
    from pg_catalog.pg_type as t where t.typnamespace in (select oid from schemas)
    union all
    select 'pg_default_acl', d.xmin, to_jsonb(d)
    from pg_catalog.pg_default_acl as d where d.defaclnamespace in (select oid from schemas)
    union all
    select 'pg_description', d.xmin, to_jsonb(d)
    from pg_catalog.pg_description as d
    where
        d.objoid in (
            select oid from relations
            union all
            select oid from routines
            union all
            select oid from schemas
        )
    union all
    select 'pg_publication_rel', l.xmin, to_jsonb(l)
    from pg_catalog.pg_publication_rel as l where l.prrelid in (select oid from relations)
)

select catalog, xmin::text, state::text
from written
order by 1, 3, 2
