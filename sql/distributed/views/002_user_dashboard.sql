-- 002_user_dashboard: the home screen's figures, one row a user, from the user's shard.
-- Why: Citus sends a query to one shard only if each of its tables is joined on the distribution
-- column, and a subquery in the select list is not: the view for one server would read every shard
-- for one user. Here, the condition inside a subquery finds its rows by index; the one outside
-- passes the caller's condition on id to them. The user of 002_everybody is left out.
-- What it costs: one server would take half as long again, so this file is only for Citus.

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
    coalesce(virtues.total, 0) as total_virtues,
    coalesce(live.total, 0) + coalesce(archived.total, 0) as sessions_this_week,
    coalesce(goals.total, 0) as active_goals
from public.users as u
left join public.onboarding_profiles as op on u.id = op.user_id
left join public.ritual_preferences as rp on u.id = rp.user_id
left join public.user_streaks as us on u.id = us.user_id and us.streak_type = 'daily_session'
left join lateral (
    select
        vc.user_id,
        count(*) as total
    from public.virtue_collection as vc
    where vc.user_id = u.id
    group by vc.user_id
) as virtues on u.id = virtues.user_id
left join lateral (
    select
        ds.user_id,
        count(*) as total
    from public.daily_sessions as ds
    where ds.user_id = u.id and ds.session_date >= current_date - 7
    group by ds.user_id
) as live on u.id = live.user_id
left join lateral (
    select
        da.user_id,
        count(*) as total
    from public.daily_sessions_archive as da
    where da.user_id = u.id and da.session_date >= current_date - 7
    group by da.user_id
) as archived on u.id = archived.user_id
left join lateral (
    select
        ug.user_id,
        count(*) as total
    from public.user_goals as ug
    where ug.user_id = u.id and ug.status = 'active'
    group by ug.user_id
) as goals on u.id = goals.user_id
where u.id <> '00000000-0000-0000-0000-000000000000';

revoke all on table public.user_dashboard from public, anon, authenticated, service_role;
grant select on table public.user_dashboard to authenticated, service_role;

comment on view public.user_dashboard is
'Profile, streak, virtues, sessions of the last seven days and active goals of the caller.';
