-- 023_accounts: a profile for every login, from sign-up to deletion.
-- Why: the platform's auth server uses only auth.users. These triggers create the profile, update
-- it with the login's e-mail and phone, and delete the profile, and with it everything, when the
-- login is deleted. There is no foreign key: profiles without a login are allowed; the document's
-- own seed script makes one.
--
-- A sign-up never fails because of the profile. On an error (an e-mail that another profile has, a
-- lock, a value that a constraint refuses) the profile lacks the value, or is not created: a
-- warning reports it, and `arami-db verify` counts such logins. A deletion fails as a whole if it
-- has to.
--
-- The triggers name no column: otherwise the platform could not alter that column, and its older
-- releases lack some. So a login is read as JSON. Triggers fire in the order of their names, and
-- these names sort last: an application's own trigger that creates the profile fires before them.
-- Users may change their profile: a phone entered there stays when the login's e-mail changes.

create function audit.keep_profile(login jsonb, before jsonb default null)
returns void
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '1s' -- a sign-up waits that long, twice at most
as $$
declare
    person constant uuid := (login ->> 'id')::uuid;
    -- A soft deletion keeps the row, with hashes where an e-mail and a phone were.
    is_gone constant boolean := (login ->> 'deleted_at') is not null;
    login_email constant text := case when not is_gone then nullif(login ->> 'email', '') end;
    login_phone constant text := case when not is_gone then nullif(login ->> 'phone', '') end;
    -- The profile takes the values that changed; all that the login has if the former row is
    -- unknown or was deleted softly.
    was_there constant boolean := before is not null and (before ->> 'deleted_at') is null;
    email_follows constant boolean := is_gone or case
        when was_there then nullif(before ->> 'email', '') is distinct from login_email
        else login_email is not null
    end;
    phone_follows constant boolean := is_gone or case
        when was_there then nullif(before ->> 'phone', '') is distinct from login_phone
        else login_phone is not null
    end;
    -- The user writes the metadata at sign-up: any JSON, of any size.
    metadata constant jsonb := login -> 'raw_user_meta_data';
    called constant text := case
        when jsonb_typeof(metadata -> 'name') = 'string' and length(metadata ->> 'name') <= 200
            then nullif(btrim(metadata ->> 'name', e' \t\n\r\f\v'), '')
    end;
    speaks constant text := case
        when metadata -> 'preferred_language' in ('"en"', '"pt"', '"es"', '"fr"')
            then metadata ->> 'preferred_language'
        else 'en'
    end;
    own_email text := login_email;
    own_phone text := login_phone;
    problem text;
begin
    for attempt in 1..2 loop
        begin
            -- Not DO UPDATE: it fires the change log's trigger for every insert.
            insert into public.users (id, email, phone, name, preferred_language)
            values (person, own_email, own_phone, called, speaks)
            on conflict (id) do nothing;
            if not found then
                update public.users as u
                set
                    email = case when email_follows then own_email else u.email end,
                    phone = case when phone_follows then own_phone else u.phone end,
                    name = case when not is_gone then u.name end
                where
                    u.id = person
                    and (
                        is_gone
                        or (email_follows and u.email is distinct from own_email)
                        or (phone_follows and u.phone is distinct from own_phone)
                    );
            end if;

            if problem is not null then
                raise warning 'login %: its e-mail or phone is another profile''s', person
                    using hint = 'The profile is without it: see `arami-db verify`.';
            end if;
            return;
        exception
            when unique_violation then
                problem := sqlerrm;
                if exists (select from public.users where email = own_email and id <> person) then
                    own_email := null;
                end if;
                if exists (select from public.users where phone = own_phone and id <> person) then
                    own_phone := null;
                end if;
            when others then
                problem := sqlerrm;
                exit;
        end;
    end loop;

    begin
        insert into public.users (id) values (person) on conflict (id) do nothing;
        raise warning 'login %: its profile does not have what the login has: %', person, problem
            using hint = 'See `arami-db verify`.';
    exception
        when others then
            raise warning 'login %: its profile was neither made nor changed: %', person, sqlerrm
                using hint = 'See `arami-db verify`.';
    end;
end
$$;

create function audit.follow_login()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set row_security = off -- a policy that hides a row is an error, so that none is left
as $$
declare
    login jsonb;
    before jsonb;
begin
    if tg_op = 'TRUNCATE' then
        delete from public.users as u using auth.users as l where u.id = l.id;
        return null;
    end if;
    if tg_op = 'DELETE' then
        delete from public.users where id = old.id;
        return null;
    end if;

    begin
        login := to_jsonb(new);
        if tg_op = 'UPDATE' then
            before := to_jsonb(old);
            if (before ->> 'email', before ->> 'phone', before ->> 'deleted_at')
                is not distinct from (login ->> 'email', login ->> 'phone', login ->> 'deleted_at')
            then
                return null;
            end if;
        end if;
        perform audit.keep_profile(login, before);
    exception
        when others then
            raise warning 'login %: its profile was not kept: %', login ->> 'id', sqlerrm
                using hint = 'See `arami-db verify`.';
    end;
    return null;
end
$$;

-- Only public.delete_account() calls it, for the signed-in user: API roles may execute it but have
-- no USAGE on this schema, so that they cannot name it.
create function audit.delete_caller()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    caller constant uuid := auth.uid();
begin
    if caller is null then
        raise exception 'nobody is signed in'
            using errcode = 'insufficient_privilege',
                hint = 'Call it with the access token of the account that is to be deleted.';
    end if;
    if to_regclass('auth.users') is not null then
        execute 'delete from auth.users where id = $1' using caller;
    end if;
    delete from public.users where id = caller;
end
$$;

revoke all on function audit.keep_profile(jsonb, jsonb)
from public, anon, authenticated, service_role;
revoke all on function audit.follow_login() from public, anon, authenticated, service_role;
revoke all on function audit.delete_caller() from public, anon, authenticated, service_role;
grant execute on function audit.delete_caller() to authenticated;

comment on function audit.keep_profile(jsonb, jsonb) is
'Creates or updates the profile of a login, a row of auth.users as JSON; never fails. The former'
' row says what changed; without it, the profile takes all that the login has.';
comment on function audit.follow_login() is
'Trigger function of auth.users: creates, updates and deletes the profile with the login.';
comment on function audit.delete_caller() is
'Deletes the login and the profile of the signed-in user; for public.delete_account().';

-- Only where the platform has logins: plain Postgres has those of the stub, other servers may have
-- none. Existing logins get their profiles here, while sign-ups wait: 100 000 take 3 s.
do $$
declare
    logins constant oid := (
        select c.oid
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
        where
            n.nspname = 'auth'
            and c.relname = 'users'
            and c.relkind in ('r', 'p')
            and a.attname = 'id'
            and a.atttypid = 'uuid'::regtype
    );
    needed text;
begin
    if logins is null then
        return;
    end if;

    select string_agg(x.grants, ' ')
    into needed
    from (
        values
        (
            has_schema_privilege('auth', 'usage'),
            format('grant usage on schema auth to %I;', current_user)
        ),
        (
            has_table_privilege(logins, 'select')
            and has_table_privilege(logins, 'delete')
            and has_table_privilege(logins, 'trigger'),
            format('grant select, delete, trigger on auth.users to %I;', current_user)
        ),
        (
            not row_security_active(logins),
            format('alter role %I bypassrls;', current_user)
        )
    ) as x (held, grants)
    where not x.held;
    if needed is not null then
        raise exception '% may not keep a profile for every login in auth.users', current_user
            using errcode = 'insufficient_privilege',
                hint = 'Let an administrator run: ' || needed;
    end if;

    create or replace trigger zz_sync_profile_insert
    after insert on auth.users
    for each row execute function audit.follow_login();

    create or replace trigger zz_sync_profile_update
    after update on auth.users
    for each row execute function audit.follow_login();

    create or replace trigger zz_sync_profile_delete
    after delete on auth.users
    for each row execute function audit.follow_login();

    create or replace trigger zz_sync_profile_truncate
    before truncate on auth.users
    for each statement execute function audit.follow_login();

    perform audit.keep_profile(to_jsonb(l)) from auth.users as l;
end
$$;
