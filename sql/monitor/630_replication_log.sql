-- 630_replication_log: Archiving of WAL segments for backups, where it is set up.
-- Why: segments that archive_command did not copy stay on disk, and are missing from the backup.
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
