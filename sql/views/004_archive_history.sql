-- 004_archive_history: the data of `arami-db archive history`, for any SQL client.
-- Why: the sums come from the batches, which were committed with their rows; the run's row has the
-- sums of batches that retention has deleted. Batches that were called by hand or by
-- pg_cron have no run: those of one day with one cutoff make one row. The view only reads tables,
-- so that roles that may read them need no other right.

create or replace view audit.archive_history with (security_invoker = true) as
with totals as (
    select
        run_id,
        occurred_at - duration as started_at,
        occurred_at as finished_at,
        duration,
        sessions,
        rows,
        1 as batches,
        case when run_id is null then kind end as kind,
        case when run_id is null then cutoff end as cutoff,
        case when run_id is null then database_role end as database_role,
        case when run_id is null then date_trunc('day', occurred_at, 'UTC') end as day
    from audit.archive_batch
    union all
    select
        id as run_id,
        null as started_at,
        null as finished_at,
        null as duration,
        sessions,
        rows,
        batches,
        null as kind,
        null as cutoff,
        null as database_role,
        null as day
    from audit.archive_run
),

-- Without a table name: the sessions themselves.
by_table as (
    select
        t.run_id,
        t.kind,
        t.cutoff,
        t.database_role,
        t.day,
        moved.relation,
        sum(moved.rows)::bigint as rows,
        min(t.started_at) as started_at,
        max(t.finished_at) as finished_at,
        sum(t.duration) as duration,
        sum(t.batches)::bigint as batches
    from totals as t
    cross join
        lateral (
            select
                null as relation,
                t.sessions as rows
            union all
            select
                e.key as relation,
                e.value::bigint as rows
            from jsonb_each_text(t.rows) as e
        ) as moved
    group by t.run_id, t.kind, t.cutoff, t.database_role, t.day, moved.relation
),

done as (
    select
        run_id,
        kind,
        cutoff,
        database_role,
        min(started_at) as started_at,
        max(finished_at) as finished_at,
        max(duration) filter (where relation is null) as duration,
        sum(rows) filter (where relation is null)::bigint as sessions,
        coalesce(jsonb_object_agg(relation, rows) filter (where relation is not null), '{}')
            as rows,
        max(batches) filter (where relation is null) as batches
    from by_table
    group by run_id, kind, cutoff, database_role, day
)

select
    d.run_id,
    coalesce(r.kind, d.kind) as kind,
    coalesce(r.database_role, d.database_role) as database_role,
    r.os_user,
    r.host,
    coalesce(r.cutoff, d.cutoff) as cutoff,
    r.selection,
    coalesce(r.started_at, d.started_at) as started_at,
    case when r.id is null then d.finished_at else r.finished_at end as finished_at,
    case when r.id is null then d.duration else r.finished_at - r.started_at end as duration,
    d.sessions,
    d.rows,
    d.batches,
    case when r.id is null then 'done' else r.outcome end as outcome,
    r.message,
    r.tool_version
from done as d
left join audit.archive_run as r on d.run_id = r.id;

revoke all on table audit.archive_history from public, anon, authenticated, service_role;

comment on view audit.archive_history is
'Every archive, restore and retention: who, cutoff or selection, when, rows moved, outcome.';
