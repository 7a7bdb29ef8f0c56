-- Facts that the catalog's files leave out: extensions wherever they are, and publications that
-- send nothing of ours.
-- Why: to verify they are the platform's; a migration may have made them all the same.
select
    'extension' as kind,
    e.extname::text as object,
    'schema' as property,
    n.nspname::text as value
from pg_catalog.pg_extension as e
inner join pg_catalog.pg_namespace as n on e.extnamespace = n.oid
where e.extname <> 'plpgsql'
union all
select
    'publication' as kind,
    quote_ident(b.pubname) as object,
    'there' as property,
    'true' as value
from pg_catalog.pg_publication as b
