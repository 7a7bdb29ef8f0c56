-- A database as Supabase sets one up, as far as verification can tell: roles, default privileges,
-- and schemas of the platform, in shape and ownership like those of its own migrations
-- (https://github.com/supabase/postgres, /auth, /storage, /realtime; pg_cron stands in as tables).
grant usage on schema public to anon, authenticated, service_role;
grant usage, create on schema public to app;

alter default privileges for role app in schema public
grant all on tables to anon, authenticated, service_role;
alter default privileges for role app in schema public
grant all on sequences to anon, authenticated, service_role;
alter default privileges for role app in schema public
grant all on functions to anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
grant all on tables to app, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
grant all on sequences to app, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
grant all on functions to app, anon, authenticated, service_role;

create publication supabase_realtime;
alter publication supabase_realtime owner to app;

set role supabase_admin;
create schema extensions;
grant usage on schema extensions to app, anon, authenticated, service_role;
grant create on schema extensions to app;

create schema auth authorization supabase_auth_admin;
grant usage on schema auth to app, anon, authenticated, service_role, supabase_storage_admin;
set role supabase_auth_admin;
create table auth.users (
    instance_id uuid,
    id uuid primary key,
    aud varchar(255),
    role varchar(255),
    email varchar(255),
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz,
    updated_at timestamptz,
    phone text unique default null
);
create table auth.identities (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    identity_data jsonb not null
);
alter table auth.users enable row level security;
alter table auth.identities enable row level security;
create function auth.uid() returns uuid language sql stable as $$
select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
)::uuid
$$;
create function auth.role() returns text language sql stable as $$
select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
)::text
$$;
comment on function auth.uid() is 'Deprecated. Use auth.jwt() -> ''sub'' instead.';
grant all on auth.users, auth.identities to app with grant option;

set role supabase_admin;
create schema storage authorization supabase_admin;
grant usage on schema storage to app, anon, authenticated, service_role;
grant all on schema storage to supabase_storage_admin;
set role supabase_storage_admin;
create table storage.buckets (id text primary key, name text not null unique, owner uuid);
create table storage.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text references storage.buckets,
    name text,
    owner_id text,
    updated_at timestamptz default now(),
    metadata jsonb
);
create unique index bucketid_objname on storage.objects (bucket_id, name);
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
create policy "Own files" on storage.objects for all to authenticated
using ((select auth.uid())::text = owner_id);
create function storage.foldername(name text) returns text[] language plpgsql as $$
begin return string_to_array(name, '/'); end
$$;
create function storage.update_updated_at_column() returns trigger language plpgsql as $$
begin new.updated_at = now(); return new; end
$$;
create trigger update_objects_updated_at before update on storage.objects
for each row execute function storage.update_updated_at_column();
grant all on storage.buckets, storage.objects to app, anon, authenticated, service_role;
insert into storage.buckets (id, name) values ('avatars', 'avatars');

set role supabase_admin;
create schema realtime authorization supabase_admin;
grant usage on schema realtime to app, anon, authenticated, service_role;
create type realtime.action as enum ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'ERROR');
create table realtime.subscription (
    id bigint generated always as identity primary key,
    entity regclass not null,
    claims jsonb not null
);
create table realtime.messages (
    topic text not null,
    payload jsonb,
    inserted_at timestamp not null default now(),
    id uuid not null default gen_random_uuid(),
    primary key (id, inserted_at)
) partition by range (inserted_at);
create table realtime.messages_today partition of realtime.messages default;
alter table realtime.messages enable row level security;
create policy "Own topic" on realtime.messages for select to authenticated
using (topic = (select auth.uid())::text);
create function realtime.topic() returns text language sql stable as $$
select nullif(current_setting('realtime.topic', true), '')::text
$$;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

create schema cron authorization supabase_admin;
grant usage on schema cron to app with grant option;
create table cron.job (
    jobid bigserial primary key,
    schedule text not null,
    command text not null,
    username text not null default current_user
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
create function cron.schedule(schedule text, command text) returns bigint language sql as $$
insert into cron.job (schedule, command) values (schedule, command) returning jobid
$$;
grant select on cron.job to app with grant option;
insert into cron.job (schedule, command) values ('0 3 * * *', 'select 1');
comment on table cron.job is 'Jobs.';
reset role;
