-- 530_archive_runs: Runs of archive, restore and retention, the latest first.
-- on 42P01: This database does not have the Arami schema; `arami-db migrate` creates it.
-- on 3F000: This database does not have the Arami schema; `arami-db migrate` creates it.
-- on 42501: grant usage on schema audit to :"role";
-- on 42501: grant select on audit.archive_history to :"role";
-- on 42501: grant select on audit.archive_run, audit.archive_batch to :"role";
-- on 42501: alter role :"role" bypassrls;
select
    h.run_id,
    h.kind,
    extract(epoch from now() - h.started_at) as started_age_seconds,
    extract(epoch from h.duration) as took_seconds,
    h.sessions,
    h.batches,
    coalesce(h.outcome, 'at work, or broken off') as outcome,
    h.message
from audit.archive_history as h
order by h.started_at desc, h.run_id desc
