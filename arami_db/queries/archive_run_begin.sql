-- Record that a run begins.
insert into audit.archive_run (kind, cutoff, selection, os_user, host, tool_version)
values (%(kind)s, %(cutoff)s, %(selection)s, %(os_user)s, %(host)s, %(tool_version)s)
returning id
