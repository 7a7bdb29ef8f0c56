-- One row if this role may settle the identifiers of a distributed database, from the catalog: a
-- role without rights on schema audit may maintain tables, too.
select p.oid
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    n.nspname = 'audit'
    and p.proname = 'settle_identifiers'
    and has_schema_privilege(n.oid, 'usage')
    and has_function_privilege(p.oid, 'execute')
