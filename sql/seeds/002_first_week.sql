-- 002_first_week: rows for the test user's dashboard: a streak, sessions, a virtue and a goal.
-- Why: a dashboard of zeros shows nothing. The dates are relative to the first run; running it
-- again changes nothing, even if a session was archived since. With Citus the key is (user_id, id),
-- so "on conflict" names no columns.

insert into public.user_streaks (
    user_id, streak_type, current_streak, longest_streak, last_activity_date, streak_start_date
)
values (
    '550e8400-e29b-41d4-a716-446655440000',
    'daily_session',
    3,
    3,
    current_date,
    current_date - 2
)
on conflict (user_id, streak_type) do nothing;

insert into public.user_goals (id, user_id, goal_text, goal_type, progress_percentage)
values (
    '550e8400-e29b-41d4-a716-446655440001',
    '550e8400-e29b-41d4-a716-446655440000',
    'Ten quiet minutes before work',
    'mindfulness',
    30
)
on conflict do nothing;

insert into public.daily_sessions (
    id, user_id, session_type, duration_seconds, virtue_earned, session_date, created_at
)
select
    s.id,
    '550e8400-e29b-41d4-a716-446655440000' as user_id,
    s.session_type,
    s.minutes * 60 as duration_seconds,
    s.virtue as virtue_earned,
    current_date - s.days as session_date,
    now() - make_interval(days => s.days) as created_at
from (
    values
    ('550e8400-e29b-41d4-a716-446655440011'::uuid, 'written_clarity', 8, null, 2),
    ('550e8400-e29b-41d4-a716-446655440012'::uuid, 'silent_reflection', 10, 'Patience', 1),
    ('550e8400-e29b-41d4-a716-446655440013'::uuid, 'spoken_presence', 12, null, 0)
) as s (id, session_type, minutes, virtue, days)
where s.id not in (select h.id from public.session_history as h)
on conflict do nothing;

insert into public.virtue_collection (
    id, user_id, virtue_name, virtue_description, earned_from_session_id
)
select
    '550e8400-e29b-41d4-a716-446655440021' as id,
    d.user_id,
    d.virtue_earned as virtue_name,
    'Staying with what is slow.' as virtue_description,
    d.id as earned_from_session_id
from public.daily_sessions as d
where d.id = '550e8400-e29b-41d4-a716-446655440012'
on conflict (user_id, virtue_name) do nothing;
