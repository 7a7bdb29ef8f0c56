-- The indexes of a relation that have a definition, whatever their names.
select c.relname::text
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
where i.indrelid = to_regclass(%(relation)s)
    and replace(pg_get_indexdef(c.oid), format('INDEX %%I ON', c.relname), 'INDEX ON') = %(plain)s
