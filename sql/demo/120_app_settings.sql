-- 120_app_settings: settings of users, and a feature flag that some have.

with onboarded as (
    select
        u.id,
        u.created_at,
        sha256(
            convert_to(
                format('%s/settings/%s', current_setting('arami_db.demo_random_seed'), u.id), 'UTF8'
            )
        ) as dice
    from public.users as u
    where
        u.onboarding_completed
        and u.id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
),

-- How many of 256 people have it.
choices (n, setting_key, setting_type, share, a_value, another) as (
    values
    (0, 'theme', 'user', 200, '"light"'::jsonb, '"dark"'::jsonb),
    (1, 'notifications', 'user', 150, '{"push": true, "email": false}', '{"push": false}'),
    (2, 'background_sound', 'user', 60, '"rain"', '"forest"'),
    (3, 'beta_transcripts', 'feature_flag', 13, 'true', 'true')
)

insert into public.app_settings (
    id, user_id, setting_key, setting_value, setting_type, created_at, updated_at
)
select
    overlay(
        overlay(encode(set_byte(substring(o.dice from 17), 15, c.n), 'hex'), '8', 13), '8', 17
    )::uuid as id,
    o.id as user_id,
    c.setting_key,
    case when get_byte(o.dice, 4 + c.n) < 150 then c.a_value else c.another end as setting_value,
    c.setting_type,
    o.created_at + interval '1 hour' as created_at,
    o.created_at + interval '1 hour' as updated_at
from onboarded as o
inner join choices as c on get_byte(o.dice, c.n) < c.share
order by o.id, c.n;
