-- Whether this is a coordinator: the extension, its version, and what it says of this machine.
select
    (select e.extversion from pg_catalog.pg_extension as e where e.extname = 'citus') as citus,
    pg_catalog.to_regproc('citus_is_coordinator') is not null as knows,
    pg_catalog.current_setting('server_version') as server
