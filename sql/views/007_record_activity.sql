-- 007_record_activity: record an activity; the streak continues, begins again or stays as it is.
-- Why: the user's own time zone decides the day of a moment, and the server counts, so that two
-- devices cannot count one day twice. A daily_session streak counts days, a weekly_goal streak ISO
-- weeks (from Monday), a monthly_virtue streak calendar months. A late activity, because a phone
-- was offline, never shortens a streak: within the streak, nothing is counted twice; in the period
-- just before it, the streak becomes one longer. SECURITY INVOKER: row level security decides whose
-- streak it may be.

create or replace function public.record_activity(
    streak_type text,
    occurred_at timestamptz default now(),
    user_uuid uuid default auth.uid()
)
returns public.user_streaks
language plpgsql
security invoker
set search_path = ''
as $$
declare
    active_on date;
    recorded public.user_streaks;
    streak public.user_streaks;
    period integer;
    first_period integer;
    last_period integer;
begin
    -- A phone's clock may be a little fast. One that is years fast would end the streak for years:
    -- all that really happens would be earlier.
    if occurred_at is null or not isfinite(occurred_at) or occurred_at > now() + interval '1 day' then
        raise exception 'occurred_at is %, and a moment that has come is needed',
            coalesce(occurred_at::text, 'null')
            using errcode = 'invalid_parameter_value',
                hint = 'Without occurred_at, now is recorded.';
    end if;
    select (occurred_at at time zone u.timezone)::date into active_on
    from public.users as u
    where u.id = user_uuid;

    insert into public.user_streaks (
        user_id, streak_type, current_streak, longest_streak, last_activity_date, streak_start_date
    )
    values (user_uuid, record_activity.streak_type, 1, 1, active_on, active_on)
    on conflict on constraint uq_user_streaks_user_id_streak_type do nothing
    returning * into streak;
    if found then
        return streak;
    end if;

    select s.* into recorded
    from public.user_streaks as s
    where s.user_id = user_uuid and s.streak_type = record_activity.streak_type
    for update;
    streak := recorded;

    -- Periods are numbered without gaps. The first of January of the year 1 was a Monday.
    select
        max(p.number) filter (where p.place = 1),
        max(p.number) filter (where p.place = 2),
        max(p.number) filter (where p.place = 3)
    into period, first_period, last_period
    from (
        select
            dates.place,
            case record_activity.streak_type
                when 'daily_session' then dates.day - date '0001-01-01'
                when 'weekly_goal' then floor((dates.day - date '0001-01-01') / 7.0)
                when 'monthly_virtue'
                    then extract(year from dates.day) * 12 + extract(month from dates.day)
            end as number
        from unnest(
            array[active_on, recorded.streak_start_date, recorded.last_activity_date]
        ) with ordinality as dates (day, place)
    ) as p;

    if
        last_period is null
        or period > last_period + 1
        or (period >= last_period and recorded.current_streak < 1)
    then
        streak.current_streak := 1;
        streak.streak_start_date := active_on;
    else
        if period > last_period or period = first_period - 1 then
            streak.current_streak := recorded.current_streak + 1;
        end if;
        if period >= first_period - 1 then
            streak.streak_start_date := least(recorded.streak_start_date, active_on);
        end if;
    end if;
    streak.last_activity_date := greatest(recorded.last_activity_date, active_on);
    streak.longest_streak := greatest(recorded.longest_streak, streak.current_streak);

    if streak is distinct from recorded then
        update public.user_streaks as s
        set
            current_streak = streak.current_streak,
            longest_streak = streak.longest_streak,
            last_activity_date = streak.last_activity_date,
            streak_start_date = streak.streak_start_date
        where s.user_id = user_uuid and s.id = recorded.id
        returning s.* into streak;
    end if;
    return streak;
end
$$;

revoke all on function public.record_activity(text, timestamptz, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.record_activity(text, timestamptz, uuid)
to authenticated, service_role;

comment on function public.record_activity(text, timestamptz, uuid) is
'Moves a streak of the caller on and returns its row; the same day, week or month again changes'
' nothing but last_activity_date. service_role names the user by user_uuid.';
