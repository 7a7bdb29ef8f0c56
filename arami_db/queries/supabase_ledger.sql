-- Whether this role may read the ledger that the Supabase CLI keeps; no row where it keeps none.
select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    n.nspname = 'supabase_migrations'
    and c.relname = 'schema_migrations'
    and c.relkind in ('r', 'p', 'v')
