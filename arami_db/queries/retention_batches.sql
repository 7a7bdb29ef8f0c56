-- Some of the oldest batches go, and their runs keep the totals. A run at work keeps its batches.
-- Called with archive_run locked: what is added to is what the last one left.
with picked as materialized (
    select b.id
    from audit.archive_batch as b
    inner join audit.archive_run as r on r.id = b.run_id
    where b.occurred_at < %(cutoff)s::timestamptz and r.finished_at is not null
    order by b.occurred_at
    limit %(size)s
),

gone as (
    delete from audit.archive_batch as b
    where b.id = any(array(select p.id from picked as p))
    returning
        b.run_id,
        b.sessions,
        b.rows
),

totals as (
    select
        g.run_id,
        sum(g.sessions)::bigint as sessions,
        audit.sum_rows(g.rows) as rows,
        count(*) as batches
    from gone as g
    group by g.run_id
),

kept as (
    update audit.archive_run as r
    set
        sessions = r.sessions + t.sessions,
        rows = audit.add_rows(r.rows, t.rows),
        batches = r.batches + t.batches
    from totals as t
    where r.id = t.run_id
)

select (select count(*) from picked), (select count(*) from gone), null
