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

create table auth.users (
    id uuid primary key default gen_random_uuid(),
    email text unique,
    phone text unique,
    created_at timestamptz not null default now()
);

alter table auth.users enable row level security;
revoke all on table auth.users from public, anon, authenticated, service_role;

comment on schema auth is 'Stand-in for Supabase auth, made by arami-db for plain Postgres.';
comment on function auth.jwt() is 'All claims of the request as JSON; null when there are none.';
comment on function auth.uid() is 'The signed-in user (claim sub); null when nobody is signed in.';
comment on function auth.role() is 'The role claim of the request.';
comment on function auth.email() is 'The email claim of the request.';
comment on table auth.users is 'Accounts, as far as a plain Postgres needs to know of them.';
