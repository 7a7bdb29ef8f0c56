-- The state of each machine of a cluster, as one value: run_command_on_all_nodes returns only one.
select
    pg_catalog.json_build_object(
        'server', pg_catalog.current_setting('server_version'),
        'citus', (select e.extversion from pg_catalog.pg_extension as e where e.extname = 'citus'),
        'prepared', pg_catalog.current_setting('max_prepared_transactions')::integer,
        'processes', pg_catalog.current_setting('max_worker_processes')::integer,
        'free', (select s.available_disk_size from citus_local_disk_space_stats() as s),
        'roles', (
            select pg_catalog.json_agg(r.rolname)
            from pg_catalog.pg_roles as r
            where r.rolname in ('anon', 'authenticated', 'service_role')
        )
    )
