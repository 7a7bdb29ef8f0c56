-- What was done with a person's data: when, by whom, how much. Nothing here says whose it was.
insert into audit.user_data_run (kind, tables, row_count, os_user, host, tool_version)
values (%(kind)s, %(tables)s, %(rows)s, %(os_user)s, %(host)s, %(tool_version)s)
returning id
