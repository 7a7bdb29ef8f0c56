-- What clients and other objects use by name: its kind, an identity that a rename keeps, the
-- relation it is a part of, and its name.
with ours as (
    select
        n.oid,
        quote_ident(n.nspname) as name
    from pg_catalog.pg_namespace as n
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)

select
    'column' as kind,
    a.attrelid || '.' || a.attnum as identity,
    a.attrelid as relation,
    quote_ident(a.attname) as name
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
inner join ours on c.relnamespace = ours.oid
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and a.attnum > 0 and not a.attisdropped
union all
select
    'function',
    p.oid::text,
    0,
    ours.name || '.' || quote_ident(p.proname)
    || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')'
from pg_catalog.pg_proc as p
inner join ours on p.pronamespace = ours.oid
union all
select
    'type',
    t.oid::text,
    0,
    ours.name || '.' || quote_ident(t.typname)
from pg_catalog.pg_type as t
inner join ours on t.typnamespace = ours.oid
where t.typtype in ('e', 'd')
union all
select
    'label',
    e.oid::text,
    0,
    ours.name || '.' || quote_ident(t.typname) || ' ' || quote_literal(e.enumlabel)
from pg_catalog.pg_enum as e
inner join pg_catalog.pg_type as t on e.enumtypid = t.oid
inner join ours on t.typnamespace = ours.oid
union all
select
    'foreign key',
    k.oid::text,
    k.conrelid,
    quote_ident(k.conname)
from pg_catalog.pg_constraint as k
inner join ours on k.connamespace = ours.oid
where k.contype = 'f'
union all
select
    'trigger',
    g.oid::text,
    g.tgrelid,
    quote_ident(g.tgname)
from pg_catalog.pg_trigger as g
inner join pg_catalog.pg_class as c on g.tgrelid = c.oid
inner join ours on c.relnamespace = ours.oid
where not g.tgisinternal
union all
select
    'policy',
    y.oid::text,
    y.polrelid,
    quote_ident(y.polname)
from pg_catalog.pg_policy as y
inner join pg_catalog.pg_class as c on y.polrelid = c.oid
inner join ours on c.relnamespace = ours.oid
