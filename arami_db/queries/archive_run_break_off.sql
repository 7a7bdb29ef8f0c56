-- Mark runs that ended without recording their end: with the archive lock held, none is running.
with ended as materialized (
    select
        b.run_id,
        max(b.occurred_at) as at
    from audit.archive_batch as b
    where b.run_id in (select r.id from audit.archive_run as r where r.finished_at is null)
    group by b.run_id
)

update audit.archive_run as r
set
    outcome = 'broken off',
    finished_at = greatest(r.started_at, (select e.at from ended as e where e.run_id = r.id))
where r.finished_at is null
