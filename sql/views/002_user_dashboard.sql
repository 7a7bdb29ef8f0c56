-- 002_user_dashboard: the home screen's figures, one row a user.
-- Why: each figure is its own index-backed subquery, because joining virtues, sessions and goals
-- multiplies their rows. security_invoker makes the caller's row level security apply.

create or replace view public.user_dashboard with (security_invoker = true) as
select
    u.id,
    u.name,
    u.preferred_language,
    op.disc_type,
    op.enneagram_type,
    rp.timing,
    rp.voice_id,
    coalesce(us.current_streak, 0) as daily_streak,
    (
        select count(*)
        from public.virtue_collection as vc
        where vc.user_id = u.id
    ) as total_virtues,
    (
        select count(*)
        from public.session_history as sh
        where sh.user_id = u.id and sh.session_date >= current_date - 7
    ) as sessions_this_week,
    (
        select count(*)
        from public.user_goals as ug
        where ug.user_id = u.id and ug.status = 'active'
    ) as active_goals
from public.users as u
left join public.onboarding_profiles as op on u.id = op.user_id
left join public.ritual_preferences as rp on u.id = rp.user_id
left join public.user_streaks as us on u.id = us.user_id and us.streak_type = 'daily_session';

revoke all on table public.user_dashboard from public, anon, authenticated, service_role;
grant select on table public.user_dashboard to authenticated, service_role;

comment on view public.user_dashboard is
'Profile, streak, virtues, sessions of the last seven days and active goals of the caller.';
