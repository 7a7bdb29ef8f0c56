-- 103_environment_citus: settings, roles and machines that the API needs with Citus.
-- Why: the workers learn the user from local settings of a transaction, and the coordinator logs in
-- there as the current role; triggers on distributed tables have to be allowed. API roles must not
-- see names, sizes and placements of tables.
with wanted (name, value, severity) as (
    values
    ('citus.propagate_set_commands', 'local', 'integrity'),
    ('citus.enable_unsafe_triggers', 'on', 'integrity')
),

here as (
    select d.oid
    from pg_catalog.pg_database as d
    where d.datname = pg_catalog.current_database()
)

select
    w.severity,
    w.name as object,
    pg_catalog.format('Sessions on this database do not start with %s = %s.', w.name, w.value)
        as finding,
    pg_catalog.format(
        'alter database %I set %s to %L', pg_catalog.current_database(), w.name, w.value
    ) as remedy
from wanted as w
where
    not exists (
        select
        from pg_catalog.pg_db_role_setting as cfg
        inner join here as h on cfg.setdatabase = h.oid
        where
            cfg.setrole = 0
            and pg_catalog.format('%s=%s', w.name, w.value) = any(cfg.setconfig)
    )
union all
select
    'integrity' as severity,
    r.rolname::pg_catalog.text as object,
    'The role may not log in, so that no worker lets the coordinator in for it.' as finding,
    pg_catalog.format('alter role %I login', r.rolname) as remedy
from pg_catalog.pg_roles as r
where r.rolname in ('anon', 'authenticated', 'service_role') and not r.rolcanlogin
union all
select
    'security' as severity,
    c.oid::pg_catalog.regclass::pg_catalog.text as object,
    'People who use the API may read this view of Citus: names, sizes and machines.' as finding,
    pg_catalog.format(
        'revoke all on %s from public, anon, authenticated', c.oid::pg_catalog.regclass
    ) as remedy
from members as m
inner join pg_catalog.pg_class as c
    on m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and m.objid = c.oid
where
    c.relkind = 'v'
    and exists (
        select from api as a
        where
            a.name in ('anon', 'authenticated')
            and pg_catalog.has_table_privilege(a.acts_as, c.oid, 'select')
    )
union all
select
    'integrity' as severity,
    pg_catalog.format('%s:%s', n.nodename, n.nodeport) as object,
    'The machine is not active, or has not all that Citus knows.' as finding,
    null as remedy
from pg_catalog.pg_dist_node as n
where n.noderole = 'primary' and not (n.isactive and n.hasmetadata and n.metadatasynced)
