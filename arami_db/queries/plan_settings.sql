-- What a session of this role finds set here, as far as a statement's effect may depend on it; of
-- search_path, those who make a database alike take care.
select
    s.name,
    s.setting
from pg_catalog.pg_settings as s
where s.name in (
    'TimeZone',
    'DateStyle',
    'IntervalStyle',
    'array_nulls',
    'check_function_bodies',
    'default_transaction_isolation',
    'standard_conforming_strings',
    'transform_null_equals',
    'xmloption'
)
