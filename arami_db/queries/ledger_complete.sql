-- Last statement of a file's transaction: how long it took, and the history's line.
with completed as (
    update arami_db.migration
    set duration = coalesce(make_interval(secs => %(seconds)s), clock_timestamp() - now())
    where kind = %(kind)s and version = %(version)s
    returning kind, version, name, checksum, database_role, os_user, host, tool_version
)

insert into arami_db.event (
    event, kind, version, name, checksum, database_role, os_user, host, tool_version
)
select
    'applied',
    kind,
    version,
    name,
    checksum,
    database_role,
    os_user,
    host,
    tool_version
from completed
