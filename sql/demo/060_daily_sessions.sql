-- 060_daily_sessions: sessions: a few people come every day, most now and then.
-- Why: the frequency of visits is one over a draw, which is Zipf's law: a tenth of the people have
-- more than half of the sessions. Half of all leave, early or late. A session is at the hour that
-- its user prefers, in their time zone, before midnight, and rarer at the weekend. Nothing is
-- earlier than the sign-up or later than the end.

with onboarded as (
    select
        u.id,
        u.preferred_language,
        u.timezone,
        (u.created_at at time zone u.timezone)::date as signed_up_on,
        r.duration,
        r.session_frequency,
        r.preferred_session_time,
        r.timing,
        current_setting('arami_db.demo_end')::date as end_day,
        sha256(
            convert_to(
                format('%s/habits/%s', current_setting('arami_db.demo_random_seed'), u.id), 'UTF8'
            )
        ) as habit
    from public.users as u
    inner join public.ritual_preferences as r on u.id = r.user_id
    where
        u.id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
),

-- A visit every 20 hours at most and every 40 days at least, in seconds; users who leave do so
-- after a share of their possible time, in 65536ths; small shares are more likely.
habits as (
    select
        o.*,
        greatest(
            72000,
            (1 + get_byte(o.habit, 0) * 256 + get_byte(o.habit, 1))::bigint * 3456000 / 65536
        ) as mean_gap,
        (o.end_day - o.signed_up_on)::bigint * 86400 * case
            when get_byte(o.habit, 2) < 128 then 65536
            else
                (get_byte(o.habit, 3) * 256 + get_byte(o.habit, 4))::bigint
                * (get_byte(o.habit, 5) * 256 + get_byte(o.habit, 6)) / 65536
        end / 65536 as lifetime
    from onboarded as o
),

-- Daily users come regularly: gaps between 0.76 and 1.24 of the mean, for others between 0.17 and
-- 1.84. A sixth more visits than fit on average are drawn, and a few extra.
drawn as (
    select
        h.*,
        numbers.n,
        sha256(
            convert_to(
                format(
                    '%s/session/%s/%s',
                    current_setting('arami_db.demo_random_seed'), h.id, numbers.n
                ),
                'UTF8'
            )
        ) as dice
    from habits as h
    cross join
        lateral generate_series(1, (h.lifetime * 7 / h.mean_gap / 6 + 4)::integer) as numbers (n)
),

visits as (
    select
        *,
        sum(
            mean_gap * (case when mean_gap < 100000 then 400 else 26 end + get_byte(dice, 0))
            / case when mean_gap < 100000 then 527 else 153 end
        ) over (partition by id order by n) as elapsed
    from drawn
),

days as (
    select
        v.*,
        v.signed_up_on + 1 + div(v.elapsed, 86400)::integer as session_date,
        -- The sum of two draws around the preferred time, so that the middle is more likely.
        least(
            greatest(
                extract(epoch from v.preferred_session_time)::integer
                + (get_byte(v.dice, 1) + get_byte(v.dice, 2) - 255)
                * case v.timing when 'flexible' then 90 else 24 end
                + get_byte(v.dice, 3) % 60,
                18000
            ),
            82800
        ) as second,
        -- 4 to 10 minutes, or 12 to 40.
        case
            when
                v.duration = 'quick_focused'
                or (v.duration = 'variable' and get_byte(v.dice, 4) < 150)
                then 240 + (get_byte(v.dice, 5) * 256 + get_byte(v.dice, 6)) * 360 / 65536
            else 720 + (get_byte(v.dice, 5) * 256 + get_byte(v.dice, 6)) * 1680 / 65536
        end as planned
    from visits as v
    where v.elapsed < v.lifetime
),

-- Of 256.
statuses (low, high, status) as (
    values
    (0, 227, 'completed'),
    (228, 241, 'interrupted'),
    (242, 246, 'failed'),
    (247, 252, 'started'),
    (253, 255, 'in_progress')
),

planned as (
    select
        d.*,
        s.status,
        -- A favourite, and sometimes another.
        ('{spoken_presence,silent_reflection,written_clarity,face_to_face}'::text[])[
            1 + case
                when get_byte(d.dice, 8) < 150 then get_byte(d.habit, 7)
                else get_byte(d.dice, 9)
            end % 4
        ] as session_type,
        (d.session_date + make_interval(secs => d.second)) at time zone d.timezone as started_at,
        case s.status
            when 'completed' then d.planned
            when 'interrupted' then 30 + d.planned * get_byte(d.dice, 10) / 300
            when 'failed' then get_byte(d.dice, 10) / 8
        end as duration_seconds
    from days as d
    inner join statuses as s on get_byte(d.dice, 7) between s.low and s.high
    where
        extract(isodow from d.session_date) < 6
        or get_byte(d.dice, 11) < case d.session_frequency
            when 'weekdays' then 20 when 'custom' then 150 else 230
        end
),

feelings (n, emotion, color) as (
    values
    (0, 'calm', '#7FB7BE'),
    (1, 'joy', '#F7C548'),
    (2, 'gratitude', '#9BC53D'),
    (3, 'hope', '#5BC0EB'),
    (4, 'pride', '#C3423F'),
    (5, 'curiosity', '#F4A259'),
    (6, 'anxiety', '#8E7DBE'),
    (7, 'sadness', '#4A6FA5'),
    (8, 'anger', '#D7263D'),
    (9, 'tiredness', '#A0A4B8'),
    (10, 'loneliness', '#5D737E')
),

virtues (names) as (
    values
    (
        '{Patience,Courage,Gratitude,Kindness,Honesty,Humility,Perseverance,Compassion,Wisdom,'
        'Temperance,Forgiveness,Serenity}'::text[]
    )
),

-- Lines by speaker; one after another they make a conversation.
talks (language, guide, person, insights, goals) as (
    values
    (
        'en',
        array[
            'Welcome back. How are you arriving today?',
            'Where in your body do you notice that?',
            'What would be enough for today?',
            'Take a slow breath, and let it go.',
            'What did you do when it became too much?',
            'If a friend told you this, what would you answer?',
            'What are you grateful for, however small?',
            'Thank you for staying with it.'
        ],
        array[
            'A little restless. The morning began too early and I have been behind ever since.',
            'Mostly in my shoulders. They let go when I breathe out.',
            'I argued with my sister, and I keep going over what I should have said.',
            'I went for a walk after lunch, and it helped more than I expected.',
            'I do not know. Perhaps I expect too much of myself.',
            'Today was good. I finished what I had put off for weeks.',
            'I would tell them to rest, and that nobody is keeping score.',
            'I am grateful for the quiet here.'
        ],
        array[
            'Rest comes easier after a walk',
            'You speak to yourself more sternly than to others',
            'The first minutes of the day decide its pace',
            'Naming a feeling makes it smaller'
        ],
        array[
            'Walk before the first meeting',
            'Write down one good thing each evening',
            'Call a friend this week',
            'Ten minutes without a screen after waking'
        ]
    ),
    (
        'pt',
        array[
            'Que bom ter-te de volta. Como chegas hoje?',
            'Em que parte do corpo sentes isso?',
            'O que seria suficiente para hoje?',
            'Respira devagar, e deixa ir.',
            'O que fizeste quando foi demais?',
            'Se um amigo te contasse isso, o que dirias?',
            'Por que coisa pequena sentes gratidão?',
            'Obrigado por ficares com isso.'
        ],
        array[
            'Com alguma inquietação. A manhã começou cedo demais e desde então corro atrás.',
            'Sobretudo nos ombros. Soltam-se quando expiro.',
            'Discuti com a minha irmã, e continuo a pensar no que devia ter dito.',
            'Dei uma volta depois do almoço e ajudou mais do que esperava.',
            'Não sei. Talvez espere demasiado de mim.',
            'Hoje foi bom. Acabei o que adiava há semanas.',
            'Diria que descansasse, e que ninguém está a contar.',
            'Sinto gratidão pelo silêncio daqui.'
        ],
        array[
            'O descanso vem mais fácil depois de caminhar',
            'Falas contigo com mais dureza do que com os outros',
            'Os primeiros minutos decidem o ritmo do dia',
            'Dar nome ao que se sente torna-o menor'
        ],
        array[
            'Caminhar antes da primeira reunião',
            'Escrever uma coisa boa em cada noite',
            'Ligar a um amigo esta semana',
            'Dez minutos sem ecrã ao acordar'
        ]
    ),
    (
        'es',
        array[
            'Qué bueno verte. ¿Cómo llegas hoy?',
            '¿En qué parte del cuerpo lo notas?',
            '¿Qué sería suficiente para hoy?',
            'Respira despacio, y suelta.',
            '¿Qué hiciste cuando fue demasiado?',
            'Si te lo contara un amigo, ¿qué le dirías?',
            '¿Qué agradeces, por pequeño que sea?',
            'Gracias por quedarte con ello.'
        ],
        array[
            'Con algo de inquietud. La mañana empezó temprano y desde entonces voy tarde.',
            'Sobre todo en los hombros. Se sueltan cuando exhalo.',
            'Discutí con mi hermana, y sigo pensando en lo que debí decir.',
            'Salí a caminar después de comer y me ayudó más de lo que esperaba.',
            'No lo sé. Quizá espero demasiado de mí.',
            'Hoy fue un buen día. Terminé lo que aplazaba desde hace semanas.',
            'Le diría que descansara, y que nadie lleva la cuenta.',
            'Agradezco el silencio de aquí.'
        ],
        array[
            'El descanso llega mejor después de caminar',
            'Te hablas con más dureza que a los demás',
            'Los primeros minutos deciden el ritmo del día',
            'Nombrar lo que se siente lo hace más pequeño'
        ],
        array[
            'Caminar antes de la primera reunión',
            'Escribir una cosa buena cada noche',
            'Llamar a un amigo esta semana',
            'Diez minutos sin pantalla al despertar'
        ]
    ),
    (
        'fr',
        array[
            'Heureux de vous retrouver. Comment arrivez-vous ?',
            'Où le sentez-vous dans le corps ?',
            'Qu''est-ce qui suffirait pour aujourd''hui ?',
            'Respirez lentement, et laissez aller.',
            'Qu''avez-vous fait quand c''était trop ?',
            'Si un ami vous le disait, que répondriez-vous ?',
            'De quoi êtes-vous reconnaissant, même de peu ?',
            'Merci d''être resté avec cela.'
        ],
        array[
            'Un peu agité. La matinée a commencé trop tôt et depuis je cours après.',
            'Surtout dans les épaules. Elles se relâchent quand j''expire.',
            'Je me suis disputé avec ma sœur, et je repense à ce que j''aurais dû dire.',
            'J''ai marché après le déjeuner, et cela m''a aidé plus que prévu.',
            'Je ne sais pas. J''attends peut-être trop de moi.',
            'La journée a été bonne. J''ai fini ce que je repoussais depuis des semaines.',
            'Je lui dirais de se reposer, et que personne ne compte.',
            'Je suis reconnaissant du silence ici.'
        ],
        array[
            'Le repos vient mieux après une marche',
            'Vous vous parlez plus durement qu''aux autres',
            'Les premières minutes décident du rythme du jour',
            'Nommer ce que l''on ressent le rend plus petit'
        ],
        array[
            'Marcher avant la première réunion',
            'Noter une bonne chose chaque soir',
            'Appeler un ami cette semaine',
            'Dix minutes sans écran au réveil'
        ]
    )
)

insert into public.daily_sessions (
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
)
select
    overlay(overlay(encode(substring(p.dice from 17), 'hex'), '8', 13), '8', 17)::uuid as id,
    p.id as user_id,
    p.session_type,
    p.status as session_status,
    p.duration_seconds,
    case
        when p.status = 'completed' and get_byte(p.dice, 12) < 80
            then v.names[
                1 + (get_byte(p.habit, 8) + get_byte(p.dice, 13) * get_byte(p.dice, 14) / 6000) % 12
            ]
    end as virtue_earned,
    case when p.status in ('completed', 'interrupted') then f.snapshot end as emotional_snapshot,
    case
        when p.status = 'completed' and get_byte(p.dice, 15) < 90
            then jsonb_build_array(t.insights[1 + get_byte(p.dice, 15) % 4])
        when p.status = 'completed' and get_byte(p.dice, 15) < 180
            then jsonb_build_array(
                jsonb_build_object(
                    'insight', t.insights[1 + get_byte(p.dice, 15) % 4],
                    'category', 'self_awareness',
                    'importance', 1 + get_byte(p.dice, 16) % 5
                )
            )
    end as key_insights,
    case
        when p.status = 'completed' and get_byte(p.dice, 17) < 40
            then jsonb_build_array(
                jsonb_build_object(
                    'category', 'mindfulness',
                    'description', t.goals[1 + get_byte(p.dice, 17) % 4],
                    'smart_goal', t.goals[1 + get_byte(p.dice, 17) % 4] || ' (5 / 7)',
                    'timeframe', '4 weeks',
                    'priority', 1 + get_byte(p.dice, 18) % 5
                )
            )
    end as suggested_goals,
    c.transcript as conversation_transcript,
    jsonb_build_object(
        'ai_agent_version', '2.' || (p.session_date - date '2020-01-01') / 90,
        'user_engagement_score', round((40 + get_byte(p.dice, 19) % 61) / 100.0, 2)
    )
    || case
        when p.session_type in ('spoken_presence', 'face_to_face')
            then jsonb_build_object(
                'voice_quality_score', round((50 + get_byte(p.dice, 20) % 51) / 100.0, 2)
            )
        else '{}'
    end
    || case p.status
        when 'failed' then '{"technical_issues": ["connection lost"]}'::jsonb
        else '{}'
    end as session_metadata,
    p.session_date,
    p.started_at,
    case p.status
        when 'completed' then p.started_at + make_interval(secs => p.duration_seconds)
    end as completed_at,
    p.started_at as created_at
from planned as p
cross join virtues as v
inner join talks as t on p.preferred_language = t.language
-- Up to three different ones: steps of five reach each of eleven once.
cross join
    lateral (
        select
            jsonb_agg(
                jsonb_build_object(
                    'emotion', e.emotion,
                    'intensity', 1 + get_byte(p.dice, 21 + j.n) % 5,
                    'color', e.color,
                    'confidence', round((60 + get_byte(p.dice, 24 + j.n) % 40) / 100.0, 2)
                )
                order by j.n
            ) as snapshot
        from generate_series(0, 2) as j (n)
        inner join feelings as e on e.n = (get_byte(p.dice, 24) + j.n * 5) % 11
        where j.n <= get_byte(p.dice, 20) % 3
    ) as f
-- A line about every 40 seconds; written sessions have only the lines of the person.
cross join
    lateral (
        select
            string_agg(
                case
                    when p.session_type <> 'written_clarity' and line.n % 2 = 1
                        then 'Guide: ' || t.guide[1 + (get_byte(p.dice, line.n % 32) + line.n) % 8]
                    else 'Me: ' || t.person[1 + (get_byte(p.dice, line.n % 32) + line.n) % 8]
                end,
                E'\n'
                order by line.n
            ) as transcript
        from generate_series(1, p.duration_seconds / 40) as line (n)
        where p.session_type <> 'silent_reflection'
    ) as c
where p.started_at + interval '1 hour' <= p.end_day::timestamp at time zone 'UTC';
