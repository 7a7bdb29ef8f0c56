-- 004_archive_history: what `arami-db archive history` shows, for any SQL client.
-- Why: the sums come from the batches, which committed with the rows they speak of; those that
-- retention has deleted are summed up in the run's row. Batches that were called by hand or by
-- pg_cron have no run: a day's with one cutoff make one row.

create or replace view audit.archive_history with (security_invoker = true) as
with moved as (
    select
        run_id,
        sum(sessions)::bigint as sessions,
        audit.sum_rows(rows) as rows,
        count(*) as batches
    from audit.archive_batch
    group by run_id
)

select
    r.id as run_id,
    r.kind,
    r.database_role,
    r.os_user,
    r.host,
    r.cutoff,
    r.selection,
    r.started_at,
    r.finished_at,
    r.finished_at - r.started_at as duration,
    r.sessions + coalesce(b.sessions, 0) as sessions,
    audit.add_rows(r.rows, coalesce(b.rows, '{}')) as rows,
    r.batches + coalesce(b.batches, 0) as batches,
    r.outcome,
    r.message,
    r.tool_version
from audit.archive_run as r
left join moved as b on r.id = b.run_id
union all
select
    null as run_id,
    kind,
    database_role,
    null as os_user,
    null as host,
    cutoff,
    null as selection,
    min(occurred_at - duration) as started_at,
    max(occurred_at) as finished_at,
    sum(duration) as duration,
    sum(sessions)::bigint as sessions,
    audit.sum_rows(rows) as rows,
    count(*) as batches,
    'done' as outcome,
    null as message,
    null as tool_version
from audit.archive_batch
where run_id is null
group by kind, database_role, cutoff, date_trunc('day', occurred_at, 'UTC');

revoke all on table audit.archive_history from public, anon, authenticated, service_role;

comment on view audit.archive_history is
'Every archive, restore and retention: who, cutoff or selection, when, rows moved, outcome.';
