-- Remove a file that no longer exists; the history keeps it.
with forgotten as (
    delete from arami_db.migration
    where kind = %(kind)s and version = %(version)s
    returning kind, version, name, checksum
)

insert into arami_db.event (
    event, kind, version, name, checksum, os_user, host, tool_version
)
select
    'forgotten',
    kind,
    version,
    name,
    checksum,
    %(os_user)s,
    %(host)s,
    %(tool_version)s
from forgotten
