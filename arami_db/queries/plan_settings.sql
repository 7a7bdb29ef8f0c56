-- The settings of this role's sessions on which a statement's effect may depend; search_path is
-- set with the rest of the throw-away database.
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
