-- 010_logins: a login for each user, only where profiles refer to logins by a foreign key.
-- Why: a team may have added that key; otherwise logins are not needed. They have no password, so
-- that nobody can sign in. The trigger for sign-ups makes a profile at once: it is deleted again,
-- without a line in the change log, since the next file makes the real profile.
--
-- How the files of this folder work: `arami-db seed demo` runs all of them in order, in one
-- transaction for each batch of users, with these settings. By hand, in psql:
--     begin;
--     set local timezone = 'UTC';
--     set local arami_db.demo_first = 'de300000-0000-8000-8000-000000000001';
--     set local arami_db.demo_last = 'de300000-0000-8000-8000-0000000000c8';
--     set local arami_db.demo_random_seed = 1;
--     set local arami_db.demo_begin = '2024-01-01';   -- the first possible sign-up
--     set local arami_db.demo_end = '2027-01-01';     -- all data is from before
--     \i sql/demo/010_logins.sql                      -- and all that follow, then commit
-- All random values are bytes of SHA-256 over the random seed and the user of the row: the same on
-- every server, unlike random(). They do not depend on plans or other rows, so user 7 is the same
-- with any number of users. Only their ids identify demo users: de300000-0000-8000-8000-… with the
-- number in hexadecimal. That is a UUID of version 8, which neither gen_random_uuid() nor an auth
-- server makes.

do $$
declare
    columns text;
begin
    select string_agg(quote_ident(a.attname), ', ')
    into columns
    from pg_catalog.pg_constraint as k
    inner join pg_catalog.pg_attribute as a on k.confrelid = a.attrelid
    where
        k.conrelid = 'public.users'::regclass
        and k.contype = 'f'
        and k.confrelid = to_regclass('auth.users')
        and not a.attisdropped
        and a.attgenerated = ''
        and a.attname in (
            'instance_id', 'id', 'aud', 'role', 'email', 'encrypted_password', 'email_confirmed_at',
            'confirmation_token', 'recovery_token', 'email_change_token',
            'email_change_token_new', 'email_change_token_current', 'email_change',
            'phone_change_token', 'phone_change', 'reauthentication_token', 'raw_app_meta_data',
            'raw_user_meta_data', 'created_at', 'updated_at'
        );
    if columns is null then
        return;
    end if;

    -- '' where the platform's auth server reads no null.
    execute format(
        $login$
            insert into auth.users (%1$s)
            select %1$s
            from generate_series(
                ('x' || right($1, 12))::bit(48)::bigint, ('x' || right($2, 12))::bit(48)::bigint
            ) as numbers (n)
            cross join lateral jsonb_populate_record(
                null::auth.users,
                jsonb_build_object(
                    'instance_id', '00000000-0000-0000-0000-000000000000',
                    'id', 'de300000-0000-8000-8000-' || lpad(to_hex(n), 12, '0'),
                    'aud', 'authenticated', 'role', 'authenticated',
                    'email', format('demo-%%s@example.com', n),
                    'encrypted_password', '', 'email_confirmed_at', now(),
                    'confirmation_token', '', 'recovery_token', '', 'email_change_token', '',
                    'email_change_token_new', '', 'email_change_token_current', '',
                    'email_change', '', 'phone_change_token', '', 'phone_change', '',
                    'reauthentication_token', '',
                    'raw_app_meta_data', '{"provider": "email", "providers": ["email"]}'::jsonb,
                    'raw_user_meta_data', '{}'::jsonb,
                    'created_at', now(), 'updated_at', now()
                )
            ) as login
            on conflict (id) do nothing
        $login$,
        columns
    )
    using current_setting('arami_db.demo_first'), current_setting('arami_db.demo_last');

    perform set_config('arami_db.moving', 'on', true);
    delete from public.users as u
    where
        u.id between
        current_setting('arami_db.demo_first')::uuid and current_setting('arami_db.demo_last')::uuid;
    perform set_config('arami_db.moving', 'off', true);
end
$$;
