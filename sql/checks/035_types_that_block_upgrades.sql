-- 035_types_that_block_upgrades: columns of a type that pg_upgrade refuses.
-- Why: such a value is the object id of something that gets another one in the new server, so
-- pg_upgrade does not start. regclass, regtype and regrole keep theirs.
with
-- Schemas that PostgREST is told to expose, without ours and the platform's own.
exposed as (
    select s.oid
    from pg_catalog.pg_db_role_setting as cfg
    left join pg_catalog.pg_roles as r on cfg.setrole = r.oid
    left join pg_catalog.pg_database as b on cfg.setdatabase = b.oid
    cross join lateral pg_catalog.unnest(cfg.setconfig) as setting (line)
    inner join pg_catalog.pg_namespace as s
        on
            s.nspname::pg_catalog.text = any(
                pg_catalog.regexp_split_to_array(
                    pg_catalog.btrim(pg_catalog.substring(setting.line, '=(.*)$')), '[",\s]+'
                )
            )
    where
        setting.line like 'pgrst.db\_schema%'
        and coalesce(r.rolname, 'authenticator') = 'authenticator'
        and coalesce(b.datname, pg_catalog.current_database()) = pg_catalog.current_database()
        and s.nspname not in ('public', 'audit', 'arami_db')
        and s.nspname not in (
            'auth', 'extensions', 'graphql', 'graphql_public', 'pgmq_public', 'realtime', 'storage',
            'vault'
        )
)

select
    'integrity' as severity,
    pg_catalog.format(
        '%s.%I.%I', c.relnamespace::pg_catalog.regnamespace, c.relname, a.attname
    ) as object,
    pg_catalog.format(
        'The column is of type %s: pg_upgrade refuses this database. Keep the name, as text.',
        pg_catalog.format_type(a.atttypid, null)
    ) as finding,
    pg_catalog.format(
        'alter table %s.%I alter %I type pg_catalog.text using %I::pg_catalog.text',
        c.relnamespace::pg_catalog.regnamespace,
        c.relname,
        a.attname,
        a.attname
    ) as remedy
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
where
    (
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        or c.relnamespace in (select x.oid from exposed as x)
    )
    and c.relkind in ('r', 'm', 'p')
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
order by object
