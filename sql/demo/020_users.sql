-- 020_users: people who signed up over time, in plausible languages and time zones.
-- Why: more sign up later than earlier, as in a growing app (the later of two draws). One in eight
-- leaves before onboarding is done, and has no further rows. The rules of these time zones have not
-- changed for years, so that servers with different releases of them agree.

with people as (
    select
        n,
        sha256(
            convert_to(
                format('%s/user/%s', current_setting('arami_db.demo_random_seed'), n), 'UTF8'
            )
        ) as dice,
        current_setting('arami_db.demo_begin')::date as first_day,
        current_setting('arami_db.demo_end')::date as end_day
    from generate_series(
        ('x' || right(current_setting('arami_db.demo_first'), 12))::bit(48)::bigint,
        ('x' || right(current_setting('arami_db.demo_last'), 12))::bit(48)::bigint
    ) as numbers (n)
),

-- Of 256.
places (low, high, language, timezone) as (
    values
    (0, 39, 'en', 'Europe/London'),
    (40, 71, 'en', 'America/New_York'),
    (72, 87, 'en', 'America/Los_Angeles'),
    (88, 91, 'en', 'UTC'),
    (92, 123, 'pt', 'Europe/Lisbon'),
    (124, 163, 'pt', 'America/Sao_Paulo'),
    (164, 187, 'es', 'Europe/Madrid'),
    (188, 199, 'es', 'America/Bogota'),
    (200, 211, 'es', 'America/Argentina/Buenos_Aires'),
    (212, 239, 'fr', 'Europe/Paris'),
    (240, 247, 'fr', 'America/Toronto'),
    (248, 255, 'fr', 'Africa/Abidjan')
),

names (language, first_names, last_names) as (
    values
    (
        'en',
        '{Olivia,Jack,Amelia,Noah,Isla,Leo,Grace,Ethan,Ruby,Owen,Hazel,Samuel}'::text[],
        '{Smith,Walker,Hughes,Carter,Bennett,Reid,Morgan,Price,Foster,Ellis}'::text[]
    ),
    (
        'pt',
        '{Inês,João,Beatriz,Miguel,Mariana,Tiago,Camila,Rafael,Larissa,Pedro,Sofia,Duarte}',
        '{Silva,Santos,Ferreira,Pereira,Oliveira,Costa,Rodrigues,Almeida,Ribeiro,Carvalho}'
    ),
    (
        'es',
        '{Lucía,Mateo,Valentina,Hugo,Camila,Diego,Martina,Andrés,Paula,Javier,Elena,Tomás}',
        '{García,Fernández,López,Martínez,Gómez,Díaz,Rojas,Herrera,Castro,Navarro}'
    ),
    (
        'fr',
        '{Camille,Louis,Chloé,Gabriel,Manon,Hugo,Léa,Arthur,Inès,Jules,Aminata,Théo}',
        '{Martin,Bernard,Dubois,Moreau,Laurent,Girard,Roux,Lefebvre,Mercier,Koné}'
    )
),

drawn as (
    select
        p.n,
        p.dice,
        t.language,
        t.timezone,
        s.first_names[1 + get_byte(p.dice, 1) % 12] as first_name,
        s.last_names[1 + get_byte(p.dice, 2) % 10] as last_name,
        -- Of the span from its begin to two days before its end, in 65536ths.
        p.first_day + (
            (p.end_day - p.first_day - 1) * greatest(
                get_byte(p.dice, 3) * 256 + get_byte(p.dice, 4),
                get_byte(p.dice, 5) * 256 + get_byte(p.dice, 6)
            )::bigint / 65536
        )::integer as signed_up_on,
        -- From seven in the morning to eleven at night.
        make_interval(
            secs => 25200 + (get_byte(p.dice, 7) * 256 + get_byte(p.dice, 8)) * 225 / 256
        ) as signed_up_at
    from people as p
    inner join places as t on get_byte(p.dice, 0) between t.low and t.high
    inner join names as s on t.language = s.language
)

insert into public.users (
    id,
    email,
    phone,
    name,
    preferred_language,
    onboarding_completed,
    timezone,
    created_at,
    updated_at
)
select
    ('de300000-0000-8000-8000-' || lpad(to_hex(d.n), 12, '0'))::uuid as id,
    format('demo-%s@example.com', d.n) as email,
    -- A country code that no country has.
    case when get_byte(d.dice, 9) < 24 then '+999' || lpad(d.n::text, 9, '0') end as phone,
    d.first_name || ' ' || d.last_name as name,
    d.language as preferred_language,
    get_byte(d.dice, 10) < 224 as onboarding_completed,
    d.timezone,
    (d.signed_up_on + d.signed_up_at) at time zone d.timezone as created_at,
    (d.signed_up_on + d.signed_up_at + interval '20 minutes') at time zone d.timezone as updated_at
from drawn as d
order by d.n;
