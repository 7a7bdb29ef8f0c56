-- What a session of this role finds set here: by the server, the database and the role; of it, what
-- a statement's effect may depend on.
select
    s.name,
    s.setting
from pg_catalog.pg_settings as s
where
    s.name in ('TimeZone', 'DateStyle', 'IntervalStyle')
    or (
        s.source in ('database', 'user', 'database user')
        and s.context in ('user', 'superuser')
        and s.name not in ('search_path', 'session_replication_role', 'role')
        and s.name !~ '(_timeout|^log_|^client_min|^jit|^lc_)'
    )
