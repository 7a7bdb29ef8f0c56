-- First statement of a file's transaction: its row. A second runner, should the lock ever fail,
-- waits here for the first one's commit and then breaks on the primary key, before any DDL.
insert into arami_db.migration (
    kind, version, name, checksum, algorithm, origin, os_user, host, tool_version
)
values (
    %(kind)s, %(version)s, %(name)s, %(checksum)s, %(algorithm)s, %(origin)s,
    %(os_user)s, %(host)s, %(tool_version)s
)
