-- auth_stub: the part of Supabase's auth schema that this schema stands on, for plain Postgres.
-- Why: policies call auth.uid() and grants name the API roles. `arami-db migrate` applies this file
-- only where auth.uid() does not exist, so it never meets an auth schema that is somebody else's.
-- Semantics of the functions: Supabase's, as PostgREST feeds them. A legacy setting for one claim
-- wins over the JSON of all claims; an empty string means unset; what is malformed raises.
-- Their search_path names pg_temp, and last: unnamed, it is where types are looked for first, and a
-- caller's temporary domain "uuid" would run its check as whoever owns a function that calls these.

-- Roles belong to the whole cluster: another database's migration may create them at this moment.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (values
            ('anon', 'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role', 'nologin noinherit bypassrls'),
            ('authenticator', 'login noinherit')
        ) as roles (name, attributes)
    loop
        continue when to_regrole(wanted.name) is not null;
        begin
            execute format('create role %I %s', wanted.name, wanted.attributes);
        exception
            when duplicate_object or unique_violation then
                raise notice 'role % appeared meanwhile', wanted.name;
            when insufficient_privilege then
                raise exception 'role "%" does not exist, and % may not create it',
                    wanted.name, current_user
                    using errcode = 'insufficient_privilege',
                        hint = format(
                            'Let an administrator run: create role %I %s;',
                            wanted.name, wanted.attributes
                        );
        end;
    end loop;
end
$$;

do $$
declare
    api_role text;
begin
    foreach api_role in array array['anon', 'authenticated', 'service_role'] loop
        continue when pg_has_role('authenticator', api_role, 'member');
        begin
            execute format('grant %I to authenticator', api_role);
        exception
            when unique_violation or insufficient_privilege then
                raise notice 'authenticator was not made a member of %: %', api_role, sqlerrm;
        end;
    end loop;
end
$$;

create schema auth;
revoke all on schema auth from public;
grant usage on schema auth to anon, authenticated, service_role;

create function auth.jwt()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
$$;

create function auth.uid()
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

create function auth.role()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
$$;

create function auth.email()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )
$$;

-- All columns that Supabase's has, so that the same SQL serves; the ids make themselves besides.
create table auth.users (
    instance_id uuid,
    id uuid primary key default gen_random_uuid(),
    aud varchar(255),
    role varchar(255),
    email varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_token varchar(255),
    confirmation_sent_at timestamptz,
    recovery_token varchar(255),
    recovery_sent_at timestamptz,
    email_change_token_new varchar(255),
    email_change varchar(255),
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    phone text unique,
    phone_confirmed_at timestamptz,
    phone_change text default '',
    phone_change_token varchar(255) default '',
    phone_change_sent_at timestamptz,
    confirmed_at timestamptz
    generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    email_change_token_current varchar(255) default '',
    email_change_confirm_status smallint default 0
    check (email_change_confirm_status between 0 and 2),
    banned_until timestamptz,
    reauthentication_token varchar(255) default '',
    reauthentication_sent_at timestamptz,
    is_sso_user boolean not null default false,
    deleted_at timestamptz,
    is_anonymous boolean not null default false
);

-- Logins of single sign-on may share an e-mail.
create unique index users_email_partial_key on auth.users (email) where not is_sso_user;

alter table auth.users enable row level security;
revoke all on table auth.users from public, anon, authenticated, service_role;

comment on schema auth is 'Stand-in for Supabase auth, made by arami-db for plain Postgres.';
comment on function auth.jwt() is 'All claims of the request as JSON; null when there are none.';
comment on function auth.uid() is 'The signed-in user (claim sub); null when nobody is signed in.';
comment on function auth.role() is 'The role claim of the request.';
comment on function auth.email() is 'The email claim of the request.';
comment on table auth.users is 'Accounts, as far as a plain Postgres needs to know of them.';
