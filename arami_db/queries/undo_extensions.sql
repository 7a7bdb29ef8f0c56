-- Every extension but plpgsql, which the files that state facts leave out in part.
select
    e.extname::text,
    n.nspname::text
from pg_catalog.pg_extension as e
inner join pg_catalog.pg_namespace as n on e.extnamespace = n.oid
where e.extname <> 'plpgsql'
