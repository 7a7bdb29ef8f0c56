-- 036_foreign_key_to_auth: foreign keys to a column of schema auth that is not its primary key.
-- Why: schema auth is the platform's, and only its primary keys are promised. The next upgrade may
-- drop another unique index there and fails on this key, or takes it along.
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
        '%I on %s.%I', k.conname, c.relnamespace::pg_catalog.regnamespace, c.relname
    ) as object,
    pg_catalog.format(
        'It refers to %s by the index %I, which the platform may drop: refer to the primary key.',
        k.confrelid::pg_catalog.regclass,
        ic.relname
    ) as finding,
    pg_catalog.format(
        'alter table %s.%I drop constraint %I',
        c.relnamespace::pg_catalog.regnamespace,
        c.relname,
        k.conname
    ) as remedy
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
inner join pg_catalog.pg_class as f on k.confrelid = f.oid
inner join pg_catalog.pg_index as i on k.conindid = i.indexrelid
inner join pg_catalog.pg_class as ic on i.indexrelid = ic.oid
where
    (
        c.relnamespace = any(array(
            select n.oid from pg_catalog.pg_namespace as n
            where n.nspname in ('public', 'audit', 'arami_db')
        ))
        or c.relnamespace in (select x.oid from exposed as x)
    )
    and k.contype = 'f'
    and f.relnamespace = pg_catalog.to_regnamespace('auth')
    and not i.indisprimary
order by object
