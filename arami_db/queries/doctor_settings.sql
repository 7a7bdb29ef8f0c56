-- The settings of this session that affect how statements run, or how long, and who set them.
select
    s.name,
    concat(s.setting, case when s.setting ~ '^-?[1-9]' then s.unit end) as value,
    s.source
from pg_catalog.pg_settings as s
where
    s.name in (
        'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
        'idle_session_timeout', 'transaction_timeout', 'default_transaction_read_only',
        'row_security', 'session_replication_role', 'standard_conforming_strings', 'search_path',
        'TimeZone', 'track_counts', 'createrole_self_grant'
    )
order by s.name
