-- The schemas of a database, and whether each is the platform's; behind the prelude.
select
    n.nspname::text,
    n.oid in (select s.oid from platform_schemas as s) as is_platform
from pg_catalog.pg_namespace as n
