-- Extensions by name: the version installed and where it lies, or the one that could be.
select
    w.name,
    e.extversion as installed,
    e.extnamespace::regnamespace::text as schema,
    a.default_version as available
from unnest(%(names)s::text[]) as w (name)
left join pg_catalog.pg_extension as e on e.extname = w.name
left join pg_catalog.pg_available_extensions as a on a.name = w.name
order by w.name
