-- 050_ritual_preferences: when, how long and with which voice; one in ten has changed them since.

with onboarded as (
    select
        u.id,
        u.created_at,
        sha256(
            convert_to(
                format('%s/ritual/%s', current_setting('arami_db.demo_random_seed'), u.id), 'UTF8'
            )
        ) as dice
    from public.users as u
    where
        u.onboarding_completed
        and u.id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
),

-- Of 256; the earliest time, in minutes of the day, and the range of the times.
habits (low, high, timing, earliest, spread) as (
    values
    (0, 109, 'morning_person', 360, 180),
    (110, 203, 'evening_person', 1110, 180),
    (204, 255, 'flexible', 480, 840)
),

voices (n, voice_id, elevenlabs_voice_id) as (
    values
    (0, 'confident_coach', 'demo-voice-coach'),
    (1, 'warm_friend', 'demo-voice-friend'),
    (2, 'gentle_guide', 'demo-voice-guide'),
    (3, 'wise_mentor', null)
)

insert into public.ritual_preferences (
    id,
    user_id,
    timing,
    duration,
    style,
    voice_id,
    focus_area,
    elevenlabs_voice_id,
    session_frequency,
    preferred_session_time,
    reminder_enabled,
    created_at,
    updated_at
)
select
    overlay(overlay(encode(substring(o.dice from 17), 'hex'), '8', 13), '8', 17)::uuid as id,
    o.id as user_id,
    h.timing,
    ('{quick_focused,quick_focused,deeper_dive,variable}'::text[])[1 + get_byte(o.dice, 1) % 4]
        as duration,
    ('{guided_structure,guided_structure,open_conversation,mixed}'::text[])[
        1 + get_byte(o.dice, 2) % 4
    ] as style,
    v.voice_id,
    c.category as focus_area,
    v.elevenlabs_voice_id,
    ('{daily,daily,weekdays,custom}'::text[])[1 + get_byte(o.dice, 4) % 4] as session_frequency,
    time '00:00'
    + make_interval(mins => h.earliest + get_byte(o.dice, 5) * h.spread / 256 / 15 * 15)
        as preferred_session_time,
    get_byte(o.dice, 6) < 180 as reminder_enabled,
    o.created_at + interval '20 minutes' as created_at,
    o.created_at + interval '20 minutes' * case when get_byte(o.dice, 7) < 26 then 40 else 1 end
        as updated_at
from onboarded as o
inner join habits as h on get_byte(o.dice, 0) between h.low and h.high
inner join voices as v on get_byte(o.dice, 3) % 4 = v.n
inner join public.user_emotional_categories as c on o.id = c.user_id and c.priority_level = 1
order by o.id;
