-- Keep what demo data is made from, where an application may read it, too: "this is a demo".
insert into public.app_settings (
    id, user_id, setting_key, setting_value, setting_type, created_at, updated_at
)
values (
    %(key)s,
    null,
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
on conflict (id) do nothing
