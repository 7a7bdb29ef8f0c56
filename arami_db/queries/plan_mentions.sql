-- Functions whose text names a dropped or renamed object; for a column, its table, too. Postgres
-- records no dependency for these, since it reads the text when they are called.
select distinct
    quote_ident(n.nspname) || '.' || quote_ident(p.proname)
    || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as function,
    x.name
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_language as l on p.prolang = l.oid
cross join unnest(%(names)s::text[], %(relations)s::text[]) as x (name, relation)
where
    n.nspname !~ '^pg_'
    and n.nspname <> 'information_schema'
    and l.lanname in ('sql', 'plpgsql')
    and p.prosrc ~ ('\m' || x.name || '\M')
    and p.prosrc ~ ('\m' || x.relation || '\M')
order by 1, 2
