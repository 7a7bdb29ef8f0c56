-- The phase that a server process is in, and its share in percent, for what the server counts.
select
    phase,
    100.0::double precision * done / nullif(total, 0) as share
from (
    select
        pid,
        phase,
        case
            when phase like 'waiting for %%' then lockers_done
            when phase like '%%loading tuples%%' then tuples_done
            when phase like '%%scan%%' then blocks_done
        end as done,
        case
            when phase like 'waiting for %%' then lockers_total
            when phase like '%%loading tuples%%' then tuples_total
            when phase like '%%scan%%' then blocks_total
        end as total
    from pg_catalog.pg_stat_progress_create_index
    union all
    select
        pid,
        phase,
        case phase
            when 'scanning heap' then heap_blks_scanned
            when 'vacuuming heap' then heap_blks_vacuumed
        end as done,
        heap_blks_total as total
    from pg_catalog.pg_stat_progress_vacuum
    union all
    select
        pid,
        phase,
        sample_blks_scanned as done,
        sample_blks_total as total
    from pg_catalog.pg_stat_progress_analyze
    union all
    select
        pid,
        phase,
        case phase when 'seq scanning heap' then heap_blks_scanned end as done,
        heap_blks_total as total
    from pg_catalog.pg_stat_progress_cluster
    union all
    select
        pid,
        lower(type) || ' ' || lower(command) as phase,
        bytes_processed as done,
        bytes_total as total
    from pg_catalog.pg_stat_progress_copy
) as progress
where pid = %(pid)s
