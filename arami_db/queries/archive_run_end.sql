-- A run ends; the answer is what its batches really moved.
with ended as (
    update audit.archive_run as r
    set outcome = %(outcome)s, message = %(message)s, finished_at = clock_timestamp()
    where r.id = %(run_id)s
)

select
    coalesce(sum(b.sessions), 0)::bigint,
    audit.sum_rows(b.rows),
    count(*)
from audit.archive_batch as b
where b.run_id = %(run_id)s
