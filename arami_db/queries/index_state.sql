-- An index by name on a table: null when absent, else whether it is valid and being built.
select
    i.indisvalid,
    format('%%I.%%I', n.nspname, c.relname),
    exists (
        select from pg_catalog.pg_stat_progress_create_index as p where p.index_relid = c.oid
    )
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on c.oid = i.indexrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relname = %(index)s
    and i.indrelid = %(table)s
