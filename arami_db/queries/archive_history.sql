-- The latest runs of archive and restore, newest first.
select *
from audit.archive_history
order by started_at desc, run_id desc
limit %(limit)s
