-- 028_environment_exposed_schemas: PostgREST is told to expose the ledger or the audit log.
-- Why: schemas audit and arami_db are for administrators. PostgREST reads which schemas it exposes
-- from a setting of its role, among other places, and a grant may follow.
select
    'security' as severity,
    pg_catalog.quote_ident(s.nspname) as object,
    pg_catalog.format(
        'The setting %s of %s exposes this schema through the API.',
        pg_catalog.split_part(setting.line, '=', 1),
        coalesce('role ' || r.rolname, 'every role')
    ) as finding,
    null as remedy
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
    s.nspname in ('audit', 'arami_db')
    and setting.line like 'pgrst.db\_schema%'
    and (cfg.setdatabase = 0 or b.datname = pg_catalog.current_database())
order by object, finding
