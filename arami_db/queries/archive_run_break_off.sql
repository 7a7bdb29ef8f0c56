-- Runs that ended without a word: whoever holds the archive lock knows that none is at work.
update audit.archive_run as r
set
    outcome = 'broken off',
    finished_at = greatest(
        r.started_at,
        (select max(b.occurred_at) from audit.archive_batch as b where b.run_id = r.id)
    )
where r.finished_at is null
