-- 090_user_streaks: the streaks that public.record_activity() would have made from the sessions.
-- Why: they are computed for all users at once. Every completed session counts for the days; from
-- the third of its week on, for the weeks; with a virtue, for the months. In consecutive periods
-- the difference of period and rank is constant, so it identifies the run.

with completed as (
    select
        s.user_id,
        s.session_date,
        s.virtue_earned,
        s.completed_at,
        floor((s.session_date - date '0001-01-01') / 7.0)::integer as week,
        row_number() over (
            partition by s.user_id, floor((s.session_date - date '0001-01-01') / 7.0)
            order by s.completed_at, s.id
        ) as in_week
    from public.daily_sessions as s
    where
        s.completed_at is not null
        and s.user_id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
),

activities as (
    select
        user_id,
        'daily_session' as streak_type,
        session_date,
        completed_at,
        session_date - date '0001-01-01' as period
    from completed
    union all
    select
        user_id,
        'weekly_goal' as streak_type,
        session_date,
        completed_at,
        week as period
    from completed
    where in_week >= 3
    union all
    select
        user_id,
        'monthly_virtue' as streak_type,
        session_date,
        completed_at,
        (extract(year from session_date) * 12 + extract(month from session_date))::integer as period
    from completed
    where virtue_earned is not null
),

periods as (
    select
        user_id,
        streak_type,
        period,
        min(session_date) as first_day,
        max(session_date) as last_day,
        min(completed_at) as began_at,
        max(completed_at) as ended_at,
        period - row_number() over (partition by user_id, streak_type order by period) as run
    from activities
    group by user_id, streak_type, period
),

runs as (
    select
        user_id,
        streak_type,
        run,
        count(*) as length,
        min(first_day) as first_day,
        max(last_day) as last_day,
        min(began_at) as began_at,
        max(ended_at) as ended_at
    from periods
    group by user_id, streak_type, run
),

streaks as (
    select
        user_id,
        streak_type,
        (array_agg(length order by run desc))[1] as current_streak,
        max(length) as longest_streak,
        max(last_day) as last_activity_date,
        max(first_day) as streak_start_date,
        min(began_at) as created_at,
        max(ended_at) as updated_at
    from runs
    group by user_id, streak_type
)

insert into public.user_streaks (
    id,
    user_id,
    streak_type,
    current_streak,
    longest_streak,
    last_activity_date,
    streak_start_date,
    created_at,
    updated_at
)
select
    overlay(
        overlay(encode(substring(sha256(
            convert_to(
                format(
                    '%s/streak/%s/%s',
                    current_setting('arami_db.demo_random_seed'), s.user_id, s.streak_type
                ),
                'UTF8'
            )
        ) from 17), 'hex'), '8', 13),
        '8',
        17
    )::uuid as id,
    s.user_id,
    s.streak_type,
    s.current_streak,
    s.longest_streak,
    s.last_activity_date,
    s.streak_start_date,
    s.created_at,
    s.updated_at
from streaks as s
order by s.user_id;
