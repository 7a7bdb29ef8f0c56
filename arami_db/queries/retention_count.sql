-- How many rows of the record are older than a moment, and the oldest of them.
select
    'audit.archive_batch' as name,
    count(*) as rows,
    to_json(min(b.occurred_at)) #>> '{}' as oldest
from audit.archive_batch as b
where
    b.occurred_at < %(cutoff)s::timestamptz
    and not exists (
        select from audit.archive_run as r
        where r.id = b.run_id and r.finished_at is null
    )
union all
select
    'audit.change_log' as name,
    count(*) as rows,
    to_json(min(c.occurred_at)) #>> '{}' as oldest
from audit.change_log as c
where c.occurred_at < %(cutoff)s::timestamptz
