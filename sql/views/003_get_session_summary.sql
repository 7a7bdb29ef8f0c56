-- 003_get_session_summary: figures over a user's completed sessions of the last days.
-- Why: SECURITY INVOKER, so that another user's user_uuid finds no rows. Emotions are sorted
-- by frequency, then by name in byte order, so that the result is the same on every server. It
-- reads both tables instead of session_history: there the planner multiplies its conditions with
-- those of row level security, expects one row, and reads all of a user's sessions.

create or replace function public.get_session_summary(
    user_uuid uuid, days_back integer default 30
)
returns table (
    total_sessions integer,
    avg_duration_minutes decimal,
    most_common_virtue text,
    dominant_emotions text[]
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
    return query
    with bounds as (
        -- Dates end some 2.4 million days back; the bound lets "all time" be any big number.
        select
            current_date - (sign(days_back) * least(abs(days_back::bigint), 1000000))::integer
            as first_day
    ),

    sessions as (
        select duration_seconds, virtue_earned, emotional_snapshot
        from public.daily_sessions
        where user_id = user_uuid
            and session_date >= (select first_day from bounds)
            and session_status = 'completed'
        union all
        select duration_seconds, virtue_earned, emotional_snapshot
        from public.daily_sessions_archive
        where user_id = user_uuid
            and session_date >= (select first_day from bounds)
            and session_status = 'completed'
    ),

    emotions as (
        select felt ->> 'emotion' as emotion, count(*) as frequency
        from sessions, jsonb_array_elements(emotional_snapshot) as felt
        group by 1
    )

    select
        count(*)::integer,
        round(avg(duration_seconds) / 60.0, 1),
        mode() within group (order by virtue_earned),
        (select array_agg(emotion order by frequency desc, emotion collate "C") from emotions)
    from sessions;
end
$$;

revoke all on function public.get_session_summary(uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function public.get_session_summary(uuid, integer) to authenticated, service_role;

comment on function public.get_session_summary(uuid, integer) is
'Count, mean length in minutes, commonest virtue and emotions of a user''s completed sessions.';
