-- Keep what demo data is made from, where an application may read it, too: "this is a demo". It is
-- a global setting: user_id is null, or on Citus the id of the user that represents everybody.
insert into public.app_settings (
    id, setting_key, setting_value, setting_type, created_at, updated_at
)
values (
    %(key)s,
    'arami_db.demo',
    jsonb_build_object(
        'random_seed', %(random_seed)s::bigint,
        'years', trim_scale(%(years)s::text::numeric),
        'until', %(until)s::text
    ),
    'system',
    %(until)s::timestamp at time zone 'UTC',
    %(until)s::timestamp at time zone 'UTC'
)
on conflict do nothing
