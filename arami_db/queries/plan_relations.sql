-- The relations that users created: name, kind, of an index its table, the file of
-- its heap, its size there, what this transaction has done with it, and of an index the
-- column that it makes a key.
select
    c.oid,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
    n.nspname::text as schema,
    c.relname::text as bare,
    c.relkind::text as kind,
    coalesce(i.indrelid, c.oid) as of_table,
    pg_catalog.pg_relation_filenode(c.oid) as file,
    case when c.relkind in ('r', 'm') then pg_catalog.pg_relation_size(c.oid) end as size,
    pg_catalog.pg_stat_get_xact_numscans(c.oid) as scans,
    pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) as inserted,
    pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) as updated,
    pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) as deleted,
    case
        when i.indisunique and i.indnkeyatts = 1 and i.indpred is null
            then (
                select quote_ident(a.attname) from pg_catalog.pg_attribute as a
                where a.attrelid = i.indrelid and a.attnum = i.indkey[0]
            )
    end as key
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
left join pg_catalog.pg_index as i on c.oid = i.indexrelid
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
