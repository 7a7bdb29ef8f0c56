-- A run that deletes old rows of the record. Until its end it is marked as stopped early.
insert into audit.archive_run (
    kind, cutoff, finished_at, outcome, message, os_user, host, tool_version
)
values (
    'retention', %(cutoff)s, clock_timestamp(), 'stopped early', %(message)s, %(os_user)s,
    %(host)s, %(tool_version)s
)
returning id
