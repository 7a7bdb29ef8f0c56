-- 001_test_user: the document's test user, with onboarding profile and ritual preferences.
-- Why: for development and tests. Running it again changes nothing, not even edited rows.

-- The user needs a login only where a team has added a foreign key from profiles to logins. Its
-- columns are those of the platform's release, '' where its auth server does not accept null.
do $$
declare
    login constant jsonb := jsonb_build_object(
        'instance_id', '00000000-0000-0000-0000-000000000000',
        'id', '550e8400-e29b-41d4-a716-446655440000',
        'aud', 'authenticated',
        'role', 'authenticated',
        'email', 'test@arami.ai',
        'encrypted_password', '',
        'email_confirmed_at', now(),
        'confirmation_token', '',
        'recovery_token', '',
        'email_change_token', '',
        'email_change_token_new', '',
        'email_change_token_current', '',
        'email_change', '',
        'phone_change_token', '',
        'phone_change', '',
        'reauthentication_token', '',
        'raw_app_meta_data', jsonb_build_object(
            'provider', 'email', 'providers', jsonb_build_array('email')
        ),
        'raw_user_meta_data', jsonb_build_object('name', 'Test User'),
        'created_at', now(),
        'updated_at', now()
    );
    columns text;
    inserted integer;
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
        and login ? a.attname;
    if columns is null then
        return;
    end if;

    execute format(
        'insert into auth.users (%1$s)
         select %1$s from jsonb_populate_record(null::auth.users, $1)
         on conflict (id) do nothing',
        columns
    )
    using login;
    get diagnostics inserted = row_count;
    if inserted = 1 then -- and a trigger has made the profile
        update public.users set onboarding_completed = true
        where id = '550e8400-e29b-41d4-a716-446655440000';
    end if;
end
$$;

insert into public.users (id, email, name, onboarding_completed)
values ('550e8400-e29b-41d4-a716-446655440000', 'test@arami.ai', 'Test User', true)
on conflict (id) do nothing;

insert into public.onboarding_profiles (user_id, disc_type, confidence_score)
values ('550e8400-e29b-41d4-a716-446655440000', 'I', 0.85)
on conflict (user_id) do nothing;

insert into public.ritual_preferences (user_id, timing, duration, style, voice_id, focus_area)
values (
    '550e8400-e29b-41d4-a716-446655440000',
    'morning_person',
    'quick_focused',
    'guided_structure',
    'warm_friend',
    'stress_management'
)
on conflict (user_id) do nothing;
