-- Record that a run ends, and return what its batches really moved.
with ended as (
    update audit.archive_run as r
    set outcome = %(outcome)s, message = %(message)s, finished_at = clock_timestamp()
    where r.id = %(run_id)s
)

select h.sessions, h.rows, h.batches
from audit.archive_history as h
where h.run_id = %(run_id)s
