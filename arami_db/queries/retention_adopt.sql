-- Batches that were called by hand or by pg_cron have no run to keep their totals. Those of the
-- oldest day get one for each cutoff, which is how audit.archive_history shows them.
with oldest as (
    select date_trunc('day', min(b.occurred_at), 'UTC') as day
    from audit.archive_batch as b
    where b.run_id is null and b.occurred_at < %(cutoff)s::timestamptz
),

batches as materialized (
    select b.id, b.kind, b.cutoff, b.database_role, b.occurred_at, b.duration
    from audit.archive_batch as b
    inner join oldest as o on b.occurred_at >= o.day
    where
        b.run_id is null
        and b.occurred_at < least(o.day + interval '24 hours', %(cutoff)s::timestamptz)
),

runs as (
    insert into audit.archive_run (
        kind, cutoff, started_at, finished_at, outcome, database_role
    )
    select
        b.kind, b.cutoff, min(b.occurred_at - b.duration), max(b.occurred_at), 'done',
        b.database_role
    from batches as b
    group by b.kind, b.cutoff, b.database_role
    returning id, kind, cutoff, database_role
)

update audit.archive_batch as a
set run_id = r.id
from batches as b
inner join runs as r
    on r.kind = b.kind
    and r.database_role = b.database_role
    and r.cutoff is not distinct from b.cutoff
where a.id = b.id
