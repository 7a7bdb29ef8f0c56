-- 030_onboarding_profiles: a profile for each user who has done the onboarding.

with onboarded as (
    select
        u.id,
        u.preferred_language,
        u.created_at,
        sha256(
            convert_to(
                format('%s/profile/%s', current_setting('arami_db.demo_random_seed'), u.id), 'UTF8'
            )
        ) as dice
    from public.users as u
    where
        u.onboarding_completed
        and u.id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
),

-- Of 256.
types (low, high, disc_type, strengths) as (
    values
    (0, 50, 'D', '["decisive", "direct", "persistent"]'::jsonb),
    (51, 127, 'I', '["warm", "optimistic", "persuasive"]'),
    (128, 203, 'S', '["patient", "loyal", "calm"]'),
    (204, 255, 'C', '["careful", "precise", "thoughtful"]')
),

talks (language, question, answers) as (
    values
    (
        'en',
        'What brings you here?',
        array[
            'I want to sleep without going over the day again.',
            'Work takes everything, and I notice it at home.',
            'I would like to be kinder to myself.',
            'My moods change faster than I can follow.'
        ]
    ),
    (
        'pt',
        'O que te traz aqui?',
        array[
            'Quero dormir sem repassar o dia inteiro.',
            'O trabalho leva tudo, e em casa nota-se.',
            'Gostava de ser mais gentil comigo.',
            'O meu humor muda mais depressa do que eu.'
        ]
    ),
    (
        'es',
        '¿Qué te trae por aquí?',
        array[
            'Quiero dormir sin repasar todo el día.',
            'El trabajo se lo lleva todo, y en casa se nota.',
            'Me gustaría ser más amable conmigo.',
            'Mi ánimo cambia más rápido que yo.'
        ]
    ),
    (
        'fr',
        'Qu''est-ce qui vous amène ?',
        array[
            'Je voudrais dormir sans repasser la journée.',
            'Le travail prend tout, et cela se voit à la maison.',
            'J''aimerais être plus doux avec moi-même.',
            'Mon humeur change plus vite que moi.'
        ]
    )
)

insert into public.onboarding_profiles (
    id,
    user_id,
    disc_type,
    enneagram_type,
    confidence_score,
    personality_insights,
    assessment_transcript,
    completed_at,
    created_at
)
select
    overlay(overlay(encode(substring(o.dice from 17), 'hex'), '8', 13), '8', 17)::uuid as id,
    o.id as user_id,
    t.disc_type,
    case when get_byte(o.dice, 1) < 200 then 1 + get_byte(o.dice, 2) % 9 end as enneagram_type,
    (70 + get_byte(o.dice, 3) % 31) / 100.0 as confidence_score,
    jsonb_build_object('strengths', t.strengths, 'energy', 1 + get_byte(o.dice, 4) % 5)
        as personality_insights,
    format(E'Guide: %s\nMe: %s', k.question, k.answers[1 + get_byte(o.dice, 5) % 4])
        as assessment_transcript,
    o.created_at + interval '20 minutes' as completed_at,
    o.created_at + interval '20 minutes' as created_at
from onboarded as o
inner join types as t on get_byte(o.dice, 0) between t.low and t.high
inner join talks as k on o.preferred_language = k.language
order by o.id;
