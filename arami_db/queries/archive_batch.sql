-- One batch of an archive run.
-- The place is text: users may write times that Python cannot represent, such as infinity.
select
    sessions, to_json(last_created_at) #>> '{}', last_id::text, failed, exhausted
from audit.archive_daily_sessions(
    cutoff => %(until)s::timestamptz,
    batch_size => %(size)s,
    resume_after_created_at => %(last_created_at)s::timestamptz,
    resume_after_id => %(last_id)s::uuid,
    run_id => %(run_id)s,
    retry => %(retry)s
)
