-- The schemas that are not the platform's; behind the prelude.
select n.nspname::text
from pg_catalog.pg_namespace as n
where n.oid not in (select s.oid from platform_schemas as s)
