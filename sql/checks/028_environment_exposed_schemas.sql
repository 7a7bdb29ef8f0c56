-- 028_environment_exposed_schemas: PostgREST is configured to expose the ledger or the audit log.
-- Why: our schemas other than public are for administrators. One place where PostgREST reads its
-- exposed schemas is a setting of its role, and a grant may follow.
select
    'security' as severity,
    s.object,
    pg_catalog.format(
        'The setting %s of %s exposes this schema through the API.',
        pg_catalog.split_part(setting.line, '=', 1),
        coalesce('role ' || r.rolname, 'every role')
    ) as finding,
    null as remedy
from pg_catalog.pg_db_role_setting as cfg
cross join platform as d
left join pg_catalog.pg_roles as r on cfg.setrole = r.oid
cross join lateral pg_catalog.unnest(cfg.setconfig) as setting (line)
inner join schemas as s
    on
        s.name = any(
            pg_catalog.regexp_split_to_array(
                pg_catalog.btrim(pg_catalog.substring(setting.line, '=(.*)$')), '[",\s]+'
            )
        )
where
    s.name <> 'public'
    and setting.line like 'pgrst.db\_schema%'
    and cfg.setdatabase in (0, d.oid)
