-- How many rows of the record are older than a moment, and the oldest of them.
select
    'audit.archive_batch' as name,
    count(*) as rows,
    to_json(min(b.occurred_at)) #>> '{}' as oldest
from audit.archive_batch as b
where
    b.occurred_at < %(cutoff)s::timestamptz
    and (
        b.run_id is null
        or b.run_id not in (
            select r.id from audit.archive_run as r where r.finished_at is null
        )
    )
union all
select
    'audit.change_log' as name,
    count(*) as rows,
    to_json(min(c.occurred_at)) #>> '{}' as oldest
from audit.change_log as c
where c.occurred_at < %(cutoff)s::timestamptz
