-- 520_archive_record: The record of archiving in figures.
-- on 42P01: This database does not have the Arami schema; `arami-db migrate` creates it.
-- on 3F000: This database does not have the Arami schema; `arami-db migrate` creates it.
-- on 42501: grant usage on schema audit to :"role";
-- on 42501: grant select on audit.archive_history to :"role";
-- on 42501: grant select on audit.archive_run, audit.archive_batch to :"role";
-- on 42501: alter role :"role" bypassrls;
-- gauge done_age_seconds: since a run last archived all sessions
-- gauge failed_runs: in the last seven days, with interrupted ones
-- gauge open_runs: running, or killed and not marked yet
-- counter archived_sessions: moved by the recorded batches
-- counter restored_sessions: moved back by the recorded batches
select
    extract(
        epoch from now() - max(h.finished_at) filter (
            where h.kind = 'archive' and h.outcome = 'done'
        )
    ) as done_age_seconds,
    count(*) filter (
        where h.outcome in ('failed', 'broken off') and h.started_at > now() - interval '7 days'
    ) as failed_runs,
    count(*) filter (where h.outcome is null) as open_runs,
    coalesce(sum(h.sessions) filter (where h.kind = 'archive'), 0)::bigint as archived_sessions,
    coalesce(sum(h.sessions) filter (where h.kind = 'restore'), 0)::bigint as restored_sessions
from audit.archive_history as h
