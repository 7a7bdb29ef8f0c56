-- One batch of a restore.
-- A place is text: users write moments that no client's calendar has, such as infinity.
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
