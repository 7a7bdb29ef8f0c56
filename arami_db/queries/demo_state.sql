-- The parameters of the demo data that exists, the number of its users, the last, and today in UTC.
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
