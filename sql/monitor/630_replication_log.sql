-- 630_replication_log: Copying the finished log to where backups are, where that is set up.
-- Why: what archive_command did not copy stays on disk, and is missing from the backup.
-- counter log_archived: segments copied
-- counter log_failed: attempts that failed
-- gauge log_archived_age_seconds: since the last one copied
-- gauge log_failing: 1 when the last attempt failed
select
    a.archived_count as log_archived,
    a.failed_count as log_failed,
    extract(epoch from now() - a.last_archived_time) as log_archived_age_seconds,
    coalesce(
        a.last_failed_time > a.last_archived_time, a.last_failed_time is not null
    )::integer as log_failing
from pg_stat_archiver as a
where current_setting('archive_mode') <> 'off'
