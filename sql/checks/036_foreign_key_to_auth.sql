-- 036_foreign_key_to_auth: foreign keys to a column of schema auth that is not its primary key.
-- Why: schema auth belongs to the platform, and only its primary keys are stable. The next upgrade
-- may drop another unique index there, and then fails on this key, or drops it too.
select
    'integrity' as severity,
    pg_catalog.format('%I on %s', k.conname, r.object) as object,
    pg_catalog.format(
        'It refers to %s by the index %I, which the platform may drop: refer to the primary key.',
        k.confrelid::pg_catalog.regclass,
        ic.relname
    ) as finding,
    pg_catalog.format('alter table %s drop constraint %I', r.object, k.conname) as remedy
from pg_catalog.pg_constraint as k
inner join guarded_relations as r on k.conrelid = r.oid
inner join pg_catalog.pg_class as f on k.confrelid = f.oid
inner join pg_catalog.pg_index as i on k.conindid = i.indexrelid
inner join pg_catalog.pg_class as ic on i.indexrelid = ic.oid
where
    k.contype = 'f'
    and f.relnamespace = pg_catalog.to_regnamespace('auth')
    and not i.indisprimary
