-- The whole ledger, in one round trip.
select
    kind,
    version,
    name,
    checksum,
    origin,
    applied_at,
    extract(epoch from duration)::float8 as seconds,
    database_role
from arami_db.migration
order by kind, version
