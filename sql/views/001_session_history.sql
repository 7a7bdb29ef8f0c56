-- 001_session_history: live and archived sessions as one.
-- Why: queries of this view do not depend on where a session is stored. It names its columns so
-- that both halves match in any physical order.

create or replace view public.session_history with (security_invoker = true) as
select
    id,
    user_id,
    session_type,
    session_status,
    duration_seconds,
    virtue_earned,
    emotional_snapshot,
    key_insights,
    suggested_goals,
    conversation_transcript,
    session_metadata,
    session_date,
    started_at,
    completed_at,
    created_at
from public.daily_sessions
union all
select
    id,
    user_id,
    session_type,
    session_status,
    duration_seconds,
    virtue_earned,
    emotional_snapshot,
    key_insights,
    suggested_goals,
    conversation_transcript,
    session_metadata,
    session_date,
    started_at,
    completed_at,
    created_at
from public.daily_sessions_archive;

revoke all on table public.session_history from public, anon, authenticated, service_role;
grant select on table public.session_history to authenticated, service_role;

comment on view public.session_history is
'Every session of the caller, live or archived; row level security of both tables applies.';
