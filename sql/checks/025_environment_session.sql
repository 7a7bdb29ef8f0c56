-- 025_environment_session: this session runs with triggers or row level security off.
-- Why: postgresql.conf, the connection string and the pooler can set what no catalog shows. The
-- remedy fixes only the session; change the setting where it was made.
select
    'security' as severity,
    wanted.name as object,
    pg_catalog.format(
        'The setting is %s in this session; it must be %s.',
        pg_catalog.current_setting(wanted.name), wanted.value
    ) as finding,
    pg_catalog.format('set %s = %s', wanted.name, wanted.value) as remedy
from (
    values ('session_replication_role', 'origin'), ('row_security', 'on')
) as wanted (name, value)
where pg_catalog.current_setting(wanted.name) <> wanted.value
