-- 100_virtue_collection: the virtues that public.earn_virtue() would have made from the sessions.

with earned as (
    select
        user_id,
        virtue_earned,
        count(*) as times_earned,
        (array_agg(id order by completed_at, id))[1] as first_session_id,
        min(completed_at) as first_earned_at,
        max(completed_at) as last_earned_at
    from public.daily_sessions
    where
        virtue_earned is not null
        and user_id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
    group by user_id, virtue_earned
),

virtues (virtue_name, virtue_description, virtue_icon) as (
    values
    ('Patience', 'Staying with what is slow.', '🐢'),
    ('Courage', 'Doing it although it is hard.', '🦁'),
    ('Gratitude', 'Noticing what is given.', '🌻'),
    ('Kindness', 'Being gentle, with oneself as well.', '🤝'),
    ('Honesty', 'Saying what is so.', '🔎'),
    ('Humility', 'Leaving room for others.', '🌱'),
    ('Perseverance', 'Beginning again.', '⛰️'),
    ('Compassion', 'Feeling with somebody.', '💛'),
    ('Wisdom', 'Knowing what matters.', '🦉'),
    ('Temperance', 'Knowing when it is enough.', '⚖️'),
    ('Forgiveness', 'Letting go of what was done.', '🕊️'),
    ('Serenity', 'Taking things as they are.', '🌊')
)

insert into public.virtue_collection (
    id,
    user_id,
    virtue_name,
    virtue_description,
    virtue_icon,
    earned_from_session_id,
    times_earned,
    first_earned_at,
    last_earned_at
)
select
    overlay(
        overlay(encode(substring(sha256(
            convert_to(
                format(
                    '%s/virtue/%s/%s',
                    current_setting('arami_db.demo_random_seed'), e.user_id, e.virtue_earned
                ),
                'UTF8'
            )
        ) from 17), 'hex'), '8', 13),
        '8',
        17
    )::uuid as id,
    e.user_id,
    v.virtue_name,
    v.virtue_description,
    v.virtue_icon,
    e.first_session_id as earned_from_session_id,
    e.times_earned,
    e.first_earned_at,
    e.last_earned_at
from earned as e
inner join virtues as v on e.virtue_earned = v.virtue_name
order by e.user_id;
