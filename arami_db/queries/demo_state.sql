-- What the demo data there was made from, its users, the last of them, and today by UTC.
select
    (select s.setting_value from public.app_settings as s where s.id = %(key)s),
    (select count(*) from public.users as u where u.id between %(first)s and %(last)s),
    (
        select u.id::text
        from public.users as u
        where u.id between %(first)s and %(last)s
        order by u.id desc
        limit 1
    ),
    (now() at time zone 'UTC')::date
