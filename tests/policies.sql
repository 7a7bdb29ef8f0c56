-- Tables, views and functions that the policies of tests/test_policies.py speak of.
create schema app;

create type app.mood as enum ('calm', 'angry', 'open');

create domain app.percent as integer check (value between 0 and 100);

create table app.teams (
    id uuid primary key default gen_random_uuid(),
    name text not null default 'team',
    owner_id uuid references public.users (id)
);

create table app.members (
    team_id uuid not null references app.teams (id),
    user_id uuid not null references public.users (id),
    role text not null default 'member' check (role in ('member', 'admin', 'owner')),
    accepted_at timestamptz,
    primary key (team_id, user_id)
);

create table app.profiles (
    id uuid primary key references public.users (id),
    role text not null default 'user',
    org_id bigint,
    is_admin boolean not null default false,
    perms text[] not null default '{}'
);

create table app.follows (
    follower uuid references public.users (id),
    followee uuid references public.users (id)
);

create table app.posts (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users (id),
    reader_id uuid references public.users (id),
    owner_email text,
    team_id uuid references app.teams (id),
    profile_id uuid references app.profiles (id),
    org_id bigint,
    status text not null default 'draft' check (status in ('draft', 'published', 'archived')),
    visibility integer not null default 0 check (visibility between 0 and 3),
    is_public boolean not null default false,
    hidden boolean,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    deleted_at timestamptz,
    day date,
    amount numeric(10, 2),
    qty integer,
    flags integer not null default 0,
    title text,
    slug varchar(20),
    path text,
    meta jsonb not null default '{}',
    tags text[] not null default '{}',
    shared_with uuid[] not null default '{}',
    mood app.mood,
    score app.percent,
    period tstzrange,
    addr inet,
    is_long boolean generated always as (char_length(title) > 30) stored
);

create view app.memberships as
select team_id, role from app.members where user_id = auth.uid();

create function app.is_admin()
returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (select 1 from app.profiles as p where p.id = auth.uid() and p.role = 'admin')
$$;

create function app.has_role(wanted text, team uuid default null)
returns boolean
language sql stable security definer set search_path = app
as $$
    select exists (
        select from members
        where user_id = auth.uid() and role = wanted and (team is null or team_id = team)
    )
$$;

create function app.my_org()
returns bigint
language sql stable
begin atomic
    select org_id from app.profiles where id = auth.uid();
end;

create function app.my_teams()
returns setof uuid
language sql stable security definer set search_path = ''
as 'select team_id from app.members where user_id = auth.uid()';

create function app.can_read(post app.posts)
returns boolean
language plpgsql stable
as $$
declare
    found_role text;
begin
    if post.is_public then
        return true;
    end if;
    select p.role into found_role from app.profiles as p where p.id = auth.uid();
    if not found then
        return false;
    end if;
    return found_role = 'editor' and post.status = 'published';
end
$$;

create function app.level_of(plan text)
returns integer
language plpgsql stable
as $$
declare
    held text;
    level integer := 0;
begin
    held := coalesce(auth.jwt() -> 'app_metadata' ->> 'plan', 'free');
    case held
        when plan then
            level := 2;
        when 'team', 'all' then
            level := 3;
        else
            raise notice 'no plan';
    end case;
    return level;
exception
    when others then
        return 0;
end
$$;

create function app.takes(value integer)
returns boolean
language sql immutable
as 'select value > 3';

create function app.takes(value text)
returns boolean
language sql immutable
as $$ select value = 'x' $$;

-- As Supabase has them.
create schema storage;

create function storage.foldername(name text)
returns text[]
language plpgsql
as $$
declare
    _parts text[];
begin
    select string_to_array(name, '/') into _parts;
    return _parts[1:array_length(_parts, 1) - 1];
end
$$;

create function storage.extension(name text)
returns text
language sql
as $$ select reverse(split_part(reverse(name), '.', 1)) $$;

create function app.loops()
returns boolean
language plpgsql stable
as $$
begin
    for i in 1..3 loop
        return i > 5;
    end loop;
    return false;
end
$$;
