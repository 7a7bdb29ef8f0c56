-- auth_stub: the part of Supabase's auth schema that this schema stands on, for plain Postgres.
-- Why: policies call auth.uid() and grants name the API roles. `arami-db migrate` applies this file
-- only where auth.uid() does not exist, so it never meets an auth schema that is somebody else's.
-- Semantics of the functions: Supabase's, as PostgREST feeds them. A legacy setting for one claim
-- wins over the JSON of all claims; an empty string means unset; what is malformed raises.
-- All they name, they name with its schema: types would be looked for in pg_temp first, and a
-- caller's temporary domain "uuid" would run its check as whoever owns a function that calls these.
-- A search_path of their own would do as well, and cost: such a function is called for each policy
-- of a query, where Postgres puts the text of others into the query.

-- The roles that the API acts as, and the one it logs in as. Whom migrate may not make, it asks an
-- administrator for, by these very words (`arami-db doctor`); a role that exists stays as it is.
-- Roles belong to the whole cluster: another database's migration may make them at this moment.
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

-- authenticator becomes the API roles, and so does whoever migrates, who proves what they may do.
-- Since Postgres 16 that need not bring their rights along. What is refused here is asked of an
-- administrator, as the roles are.
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
