-- One line of history, in a transaction of its own.
insert into arami_db.event (
    event, kind, version, name, checksum, statement, sqlstate, message, os_user, host, tool_version
)
values (
    %(event)s, %(kind)s, %(version)s, %(name)s, %(checksum)s, %(statement)s, %(sqlstate)s,
    %(message)s, %(os_user)s, %(host)s, %(tool_version)s
)
