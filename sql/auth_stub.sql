-- auth_stub: the part of Supabase's auth schema that this schema needs, for plain Postgres.
-- Why: policies call auth.uid() and grants name the API roles. `arami-db migrate` applies this file
-- only where auth.uid() does not exist, so it never changes an auth schema of another owner.
-- The functions behave like Supabase's with the settings that PostgREST makes. A legacy setting for
-- one claim overrides the JSON of all claims; an empty string means unset; malformed values raise.
-- They qualify every name: Postgres would search pg_temp for types first, and the check of a
-- caller's temporary domain "uuid" would run as the owner of a function that calls these. A setting
-- of search_path would work too, but is slower: Postgres inlines only functions without settings
-- into a query, and calls others for each policy.

-- The roles that the API acts as, and the one it logs in as. If migrate may not create them, it
-- asks an administrator to, with these same statements (`arami-db doctor`); existing roles stay.
-- Roles belong to the whole cluster: a migration of another database may create them now.
do $$
begin
    if to_regrole('anon') is null then
        create role anon nologin noinherit;
    end if;
exception
    when duplicate_object or unique_violation then
        raise notice 'role anon appeared meanwhile';
end
$$;

do $$
begin
    if to_regrole('authenticated') is null then
        create role authenticated nologin noinherit;
    end if;
exception
    when duplicate_object or unique_violation then
        raise notice 'role authenticated appeared meanwhile';
end
$$;

do $$
begin
    if to_regrole('service_role') is null then
        create role service_role nologin noinherit bypassrls;
    end if;
exception
    when duplicate_object or unique_violation then
        raise notice 'role service_role appeared meanwhile';
end
$$;

do $$
begin
    if to_regrole('authenticator') is null then
        create role authenticator login noinherit;
    end if;
exception
    when duplicate_object or unique_violation then
        raise notice 'role authenticator appeared meanwhile';
end
$$;

-- authenticator becomes the API roles, and so does the role that migrates, to test their rights.
-- Since Postgres 16 a membership need not inherit those rights. What is refused here, an
-- administrator has to run, as for the roles.
do $$
declare
    api_role text;
    member text;
    options text := '';
    membership text := 'member';
begin
    if current_setting('server_version_num')::integer >= 160000 then
        options := ' with set true, inherit false';
        membership := 'set';
    end if;
    foreach api_role in array array['anon', 'authenticated', 'service_role'] loop
        foreach member in array array['authenticator', session_user] loop
            continue when pg_has_role(member, api_role, membership);
            begin
                execute format('grant %I to %I%s', api_role, member, options);
            exception
                when unique_violation or insufficient_privilege then
                    raise notice '% was not made a member of %: %', member, api_role, sqlerrm;
            end;
        end loop;
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
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')
    )::pg_catalog.jsonb
$$;

create function auth.uid()
returns uuid
language sql
stable
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.sub', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb
        operator(pg_catalog.->>) 'sub'
    )::pg_catalog.uuid
$$;

create function auth.role()
returns text
language sql
stable
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.role', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb
        operator(pg_catalog.->>) 'role'
    )
$$;

create function auth.email()
returns text
language sql
stable
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claim.email', true), ''),
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb
        operator(pg_catalog.->>) 'email'
    )
$$;

-- All columns of Supabase's table, so that the same SQL works; the id also has a default.
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
