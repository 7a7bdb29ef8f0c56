-- 110_user_goals: up to four for each person; some are reached, some are paused.
-- Why: older ones have more progress. A completed goal is at 100, an active one below it.

with onboarded as (
    select
        u.id,
        u.preferred_language,
        u.created_at,
        floor(
            extract(
                epoch from
                current_setting('arami_db.demo_end')::timestamp at time zone 'UTC' - u.created_at
            )
        )::bigint as lifetime,
        sha256(
            convert_to(
                format('%s/goals/%s', current_setting('arami_db.demo_random_seed'), u.id), 'UTF8'
            )
        ) as dice
    from public.users as u
    where
        u.onboarding_completed
        and u.id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
),

wishes (n, goal_type, en, pt, es, fr) as (
    values
    (
        0,
        'emotional_wellness',
        'Feel calmer in the evening',
        'Sentir mais calma à noite',
        'Sentir más calma por la noche',
        'Être plus calme le soir'
    ),
    (
        1,
        'personal_growth',
        'Read ten pages a day',
        'Ler dez páginas por dia',
        'Leer diez páginas al día',
        'Lire dix pages par jour'
    ),
    (
        2,
        'relationships',
        'Call my parents every week',
        'Ligar aos meus pais todas as semanas',
        'Llamar a mis padres cada semana',
        'Appeler mes parents chaque semaine'
    ),
    (
        3,
        'career',
        'Leave work at six',
        'Sair do trabalho às seis',
        'Salir del trabajo a las seis',
        'Quitter le travail à six heures'
    ),
    (
        4,
        'health',
        'Walk half an hour a day',
        'Caminhar meia hora por dia',
        'Caminar media hora al día',
        'Marcher une demi-heure par jour'
    ),
    (
        5,
        'mindfulness',
        'Ten quiet minutes before work',
        'Dez minutos de silêncio antes do trabalho',
        'Diez minutos de silencio antes del trabajo',
        'Dix minutes de silence avant le travail'
    )
),

-- Set between sign-up and end, at a fraction in 256ths; updated between then and the end.
goals as (
    select
        o.id as user_id,
        o.preferred_language,
        w.*,
        j.n as place,
        o.dice,
        get_byte(o.dice, 2 + j.n) as draw,
        get_byte(o.dice, 6 + j.n) as effort,
        o.created_at + make_interval(secs => o.lifetime * (j.n * 64 + 1) / 256) as created_at,
        o.created_at + make_interval(
            secs => o.lifetime
            * (j.n * 64 + 2 + (62 - 16 * j.n) * get_byte(o.dice, 6 + j.n) / 256) / 256
        ) as updated_at
    from onboarded as o
    cross join lateral generate_series(0, get_byte(o.dice, 0) % 5 - 1) as j (n)
    inner join wishes as w on (get_byte(o.dice, 1) + j.n) % 6 = w.n
),

states as (
    select
        g.*,
        case
            when g.draw < 130 then 'active'
            when g.draw < 200 then 'completed'
            when g.draw < 230 then 'paused'
            else 'archived'
        end as status,
        case g.preferred_language
            when 'pt' then g.pt when 'es' then g.es when 'fr' then g.fr else g.en
        end as goal_text
    from goals as g
)

insert into public.user_goals (
    id,
    user_id,
    goal_text,
    goal_type,
    smart_goal,
    status,
    target_date,
    progress_percentage,
    source,
    created_at,
    updated_at
)
select
    overlay(
        overlay(encode(set_byte(substring(s.dice from 17), 15, s.place), 'hex'), '8', 13), '8', 17
    )::uuid as id,
    s.user_id,
    s.goal_text,
    s.goal_type,
    case when s.draw % 2 = 0 then s.goal_text || ' (5 / 7)' end as smart_goal,
    s.status,
    case when s.draw % 3 > 0 then s.created_at::date + 90 end as target_date,
    case s.status when 'completed' then 100 else s.effort * 95 / 255 end as progress_percentage,
    ('{onboarding,session_suggestion,user_created,user_created}'::text[])[1 + s.place] as source,
    s.created_at,
    s.updated_at
from states as s
order by s.user_id, s.place;
