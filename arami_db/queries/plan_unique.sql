-- The names of indexes that a key finds at most one row by.
select c.relname::text as name
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
where i.indisunique
