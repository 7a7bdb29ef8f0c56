-- One batch of an archive run.
select sessions, analytics, virtues, last_created_at, last_id, exhausted
from public.archive_daily_sessions(
    cutoff => %(cutoff)s::timestamptz,
    batch_size => %(size)s,
    resume_after_created_at => %(last_created_at)s::timestamptz,
    resume_after_id => %(last_id)s::uuid,
    run_id => %(run_id)s
)
