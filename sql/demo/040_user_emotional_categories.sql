-- 040_user_emotional_categories: one to four focus areas a person, the most important first.
-- Why: from any start, odd steps reach each of eight items once.

with onboarded as (
    select
        u.id,
        u.created_at,
        sha256(
            convert_to(
                format('%s/categories/%s', current_setting('arami_db.demo_random_seed'), u.id),
                'UTF8'
            )
        ) as dice
    from public.users as u
    where
        u.onboarding_completed
        and u.id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid
)

insert into public.user_emotional_categories (id, user_id, category, priority_level, created_at)
select
    overlay(
        overlay(encode(set_byte(substring(o.dice from 17), 15, places.n), 'hex'), '8', 13), '8', 17
    )::uuid as id,
    o.id as user_id,
    (
        '{stress_management,goal_achievement,relationships,self_worth,emotional_regulation,'
        'work_life_balance,personal_growth,mindfulness}'::text[]
    )[
        1 + (get_byte(o.dice, 0) + places.n * (1 + get_byte(o.dice, 1) % 4 * 2)) % 8
    ] as category,
    places.n + 1 as priority_level,
    o.created_at + interval '20 minutes' as created_at
from onboarded as o
cross join lateral generate_series(0, get_byte(o.dice, 2) % 4) as places (n)
order by o.id, places.n;
