-- What was deleted so far, in the transaction that deletes it.
update audit.archive_run
set finished_at = clock_timestamp(), outcome = %(outcome)s, message = %(message)s
where id = %(run_id)s
