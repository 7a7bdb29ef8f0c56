-- One batch of a restore.
-- The place is text: users may write times that Python cannot represent, such as infinity.
select
    sessions, to_json(last_created_at) #>> '{}', last_id::text, failed, exhausted
from audit.restore_daily_sessions(
    session_ids => %(sessions)s::uuid [],
    for_user => %(user)s::uuid,
    from_time => %(since)s::timestamptz,
    until_time => %(until)s::timestamptz,
    batch_size => %(size)s,
    run_id => %(run_id)s,
    resume_after_created_at => %(last_created_at)s::timestamptz,
    resume_after_id => %(last_id)s::uuid,
    retry => %(retry)s
)
