-- The latest runs of archive and restore, newest first, each as JSON: its times look the same
-- with any DateStyle, and may be ones that Python cannot represent.
select row_to_json(h)
from (
    select
        r.run_id, r.kind, r.database_role, r.os_user, r.host, r.cutoff, r.selection, r.started_at,
        r.finished_at, extract(epoch from r.duration) as seconds, r.sessions, r.rows,
        r.batches, r.outcome, r.message, r.tool_version
    from audit.archive_history as r
    order by r.started_at desc, r.run_id desc
    limit %(limit)s
) as h
