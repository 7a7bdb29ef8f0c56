-- 035_types_that_block_upgrades: columns of a type that pg_upgrade refuses.
-- Why: such a value is the id of an object that gets another id in the new server, so pg_upgrade
-- does not start. The ids of regclass, regtype and regrole stay.
select
    'integrity' as severity,
    pg_catalog.format('%s.%I', r.object, a.attname) as object,
    pg_catalog.format(
        'The column is of type %s: pg_upgrade refuses this database. Keep the name, as text.',
        pg_catalog.format_type(a.atttypid, null)
    ) as finding,
    pg_catalog.format(
        'alter table %s alter %I type pg_catalog.text using %I::pg_catalog.text',
        r.object,
        a.attname,
        a.attname
    ) as remedy
from pg_catalog.pg_attribute as a
inner join guarded_relations as r on a.attrelid = r.oid
where
    r.kind in ('table', 'materialized view')
    and not a.attisdropped
    and a.atttypid = any(array(
        select t.oid from pg_catalog.pg_type as t
        where
            t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
            and t.typname in (
                'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper',
                'regoperator', 'regproc', 'regprocedure'
            )
    ))
