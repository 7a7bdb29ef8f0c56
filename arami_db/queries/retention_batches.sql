-- Delete some of the oldest batches; their runs keep the totals. A running run keeps its batches.
-- Called with archive_run locked, so that no other call changes the totals.
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
    select g.run_id, sum(g.sessions)::bigint as sessions, count(*) as batches
    from gone as g
    group by g.run_id
),

moved as (
    select g.run_id, m.name, m.rows::bigint as rows
    from gone as g
    cross join lateral jsonb_each_text(g.rows) as m (name, rows)
),

kept as (
    update audit.archive_run as r
    set
        sessions = r.sessions + t.sessions,
        batches = r.batches + t.batches,
        rows = (
            select coalesce(jsonb_object_agg(s.name, s.rows), '{}')
            from (
                select a.name, sum(a.rows)::bigint as rows
                from (
                    select m.name, m.rows from moved as m
                    where m.run_id = r.id
                    union all
                    select k.name, k.rows::bigint
                    from jsonb_each_text(r.rows) as k (name, rows)
                ) as a
                group by a.name
            ) as s
        )
    from totals as t
    where r.id = t.run_id
)

select (select count(*) from picked), (select count(*) from gone), null
