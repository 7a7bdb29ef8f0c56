-- == leak workspace_made: here.workspace_members
-- A trigger makes the founder a member; who is a member of anything reads all memberships.
create table here.workspaces (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null references public.users on delete cascade,
    name text not null
);
alter table here.workspaces enable row level security;
create policy own on here.workspaces to authenticated
using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
grant select, insert, update, delete on here.workspaces to authenticated;
create table here.workspace_members (
    id uuid primary key default gen_random_uuid(),
    workspace_id uuid not null references here.workspaces on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    salary text not null default 'secret',
    unique (workspace_id, user_id)
);
alter table here.workspace_members enable row level security;
create function here.is_member() returns boolean
language sql stable security definer set search_path = ''
return exists (select from here.workspace_members as m where m.user_id = (select auth.uid()));
create policy members on here.workspace_members for select to authenticated
using (here.is_member());
grant select on here.workspace_members to authenticated;
create function here.make_founder() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.workspace_members (workspace_id, user_id) values (new.id, new.owner_id);
    return new;
end
$$;
create trigger founder after insert on here.workspaces
for each row execute function here.make_founder();
-- rows
insert into here.workspaces (owner_id, name) values (:a, 'mine'), (:b, 'theirs');
-- attack
select * from here.workspace_members;

-- == leak wallet_address: here.wallets
-- Rows are of a form that only a pattern says, and every signed-in user reads them.
create table here.wallets (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    address text not null unique check (
        length(address) = 42 and address ~ '^0x[A-Fa-f0-9]{40}$'
    ),
    label text not null
);
alter table here.wallets enable row level security;
create policy own on here.wallets to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy all_of_them on here.wallets for select to authenticated using (true);
grant select, insert, update, delete on here.wallets to authenticated;
-- rows
insert into here.wallets (user_id, address, label)
values (:b, '0x' || repeat('b', 40), 'secret');
-- attack
select * from here.wallets;

-- == leak author_by_trigger: here.invitations
-- A trigger writes who is signed in as the author; fresh invitations are for all to read.
create table here.invitations (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null references public.users on delete cascade,
    token text not null default 'secret',
    created_at timestamptz not null default now()
);
alter table here.invitations enable row level security;
create function here.set_author() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.author_id := (select auth.uid());
    return new;
end
$$;
create trigger author before insert on here.invitations
for each row execute function here.set_author();
create policy own on here.invitations to authenticated
using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));
create policy fresh on here.invitations for select to authenticated
using (created_at > now() - interval '1 day');
grant select, insert, update, delete on here.invitations to authenticated;
-- rows
alter table here.invitations disable trigger author;
insert into here.invitations (author_id) values (:b);
alter table here.invitations enable trigger author;
-- attack
select * from here.invitations;

-- == leak referred_by_another: here.referrals
-- A row names two different users, and every signed-in user reads it.
create table here.referrals (
    id bigint generated always as identity primary key,
    referrer_id uuid not null references public.users on delete cascade,
    referred_id uuid not null references public.users on delete cascade,
    reward text not null,
    check (referrer_id <> referred_id)
);
alter table here.referrals enable row level security;
create policy referrer on here.referrals for select to authenticated
using (referrer_id = (select auth.uid()));
create policy rewards on here.referrals for select to authenticated using (reward is not null);
grant select on here.referrals to authenticated;
-- rows
insert into public.users (id, email) values (gen_random_uuid(), 'third@example.org');
insert into here.referrals (referrer_id, referred_id, reward)
select :b, u.id, 'secret' from public.users as u where u.email = 'third@example.org';
-- attack
select * from here.referrals;

-- == leak kind_of_contact: here.contacts
-- Checks tie columns to each other, one way or the other; recent contacts are for all to read.
create type here.contact_source as enum ('manual', 'external');
create table here.contacts (
    id bigint generated always as identity primary key,
    owner_id uuid not null references public.users on delete cascade,
    contact_id uuid references public.users on delete cascade,
    chain text,
    address text,
    source here.contact_source not null default 'manual',
    note text check (length(note) <= 500),
    check (contact_id is not null or address is not null),
    check (not (contact_id is not null and address is not null)),
    check ((address is null) = (chain is null)),
    check ((source = 'external') = (address is not null)),
    check (owner_id <> contact_id),
    check (
        address is null
        or (chain ~ '^eip155:\d+$' and address ~ '^0x[a-f0-9]{8}$')
        or (chain ~ '^solana:[a-z]+$' and address ~ '^[1-9A-H]{12,16}$')
    )
);
alter table here.contacts enable row level security;
create policy own on here.contacts to authenticated
using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy outside on here.contacts for select to authenticated using (source = 'external');
grant select, insert, update, delete on here.contacts to authenticated;
-- rows
insert into here.contacts (owner_id, chain, address, source, note)
values (:b, 'eip155:1', '0x0123abcd', 'external', 'secret');
-- attack
select * from here.contacts;

-- == leak role_in_a_list: here.cases
-- The role is an enum, compared with a list of words, and users write it themselves.
create type here.app_role as enum ('member', 'staff', 'admin');
create table here.cases (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    story text not null
);
alter table here.cases enable row level security;
create function here.my_role() returns here.app_role
language sql stable set search_path = ''
as $$ select ((select auth.jwt()) -> 'user_metadata' ->> 'app_role')::here.app_role $$;
create function here.is_staff() returns boolean
language sql stable set search_path = ''
as $$ select here.my_role() in ('staff', 'admin') $$;
create policy own on here.cases to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy staff on here.cases for select to authenticated using (here.is_staff());
grant select, insert, update, delete on here.cases to authenticated;
-- rows
insert into here.cases (user_id, story) values (:b, 'secret');
-- attack with {"user_metadata": {"app_role": "staff"}}
select * from here.cases;

-- == leak dropped_column: here.entries
-- A column was dropped, and checks of other tables are not its; every signed-in user reads it.
create table here.bounds (
    id bigint generated always as identity primary key,
    low integer not null check (low > 10),
    high integer not null check (high < 5)
);
create table here.entries (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    mood text,
    story text not null check (length(story) between 3 and 200)
);
alter table here.entries drop column mood;
alter table here.bounds enable row level security;
alter table here.entries enable row level security;
create policy own on here.entries to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy told on here.entries for select to authenticated using (length(story) > 2);
grant select, insert, update, delete on here.entries to authenticated;
-- rows
insert into here.entries (user_id, story) values (:b, 'secret');
-- attack
select * from here.entries;

-- == leak admin_of_profiles: here.profiles
-- Administrators are found in the very table that they read, and people write their own role.
create type here.app_role as enum ('waiter', 'admin');
create table here.profiles (
    id uuid primary key references public.users on delete cascade,
    full_name text,
    role here.app_role not null default 'waiter'
);
alter table here.profiles enable row level security;
create function here.is_admin() returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select from here.profiles where id = auth.uid() and role = 'admin') $$;
create policy own on here.profiles to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy admins on here.profiles for select to authenticated using (here.is_admin());
grant select, insert, update on here.profiles to authenticated;
-- rows
insert into here.profiles (id, full_name) values (:a, 'mine'), (:b, 'secret');
-- attack
update here.profiles set role = 'admin';
select * from here.profiles;

-- == good admin_of_profiles
-- People write their name only.
create type here.app_role as enum ('waiter', 'admin');
create table here.profiles (
    id uuid primary key references public.users on delete cascade,
    full_name text,
    role here.app_role not null default 'waiter'
);
alter table here.profiles enable row level security;
create function here.is_admin() returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select from here.profiles where id = auth.uid() and role = 'admin') $$;
create policy own on here.profiles to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy admins on here.profiles for select to authenticated using (here.is_admin());
grant select, insert (id, full_name), update (full_name) on here.profiles to authenticated;
-- rows
insert into here.profiles (id, full_name) values (:a, 'mine'), (:b, 'secret');
-- attack
update here.profiles set role = 'admin';
select * from here.profiles;
-- works
update here.profiles set full_name = 'me' where id = :a returning id;

-- == good roles_by_administrators
-- Roles stand in a table of their own, which administrators of that very table write.
create type here.app_role as enum ('admin', 'user');
create table here.user_roles (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    role here.app_role not null,
    unique (user_id, role)
);
alter table here.user_roles enable row level security;
create function here.has_role(_user_id uuid, _role here.app_role) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (select 1 from here.user_roles where user_id = _user_id and role = _role)
$$;
create policy own on here.user_roles for select to authenticated
using (user_id = auth.uid() or here.has_role(auth.uid(), 'admin'));
create policy admins on here.user_roles to authenticated
using (here.has_role(auth.uid(), 'admin')) with check (here.has_role(auth.uid(), 'admin'));
grant select, insert, update, delete on here.user_roles to authenticated;
-- rows
insert into here.user_roles (user_id, role) values (:a, 'user'), (:b, 'user');
-- attack
insert into here.user_roles (user_id, role) values (:a, 'admin');
update here.user_roles set role = 'admin';
select 'secret' from here.user_roles where user_id = :b;
-- works
select id from here.user_roles where user_id = :a;

-- == good states_for_all
-- What is published is for all who sign in; nobody is promised to read own drafts.
create table here.wallpapers (
    id uuid primary key default gen_random_uuid(),
    state text not null default 'processing' check (state in ('processing', 'published')),
    title text not null
);
create table here.wallpaper_files (
    id uuid primary key default gen_random_uuid(),
    wallpaper_id uuid not null references here.wallpapers,
    path text not null
);
alter table here.wallpapers enable row level security;
alter table here.wallpaper_files enable row level security;
create policy published on here.wallpapers for select to anon, authenticated
using (state = 'published');
create policy published on here.wallpaper_files for select to anon, authenticated using (
    exists (select from here.wallpapers as w where w.id = wallpaper_id and w.state = 'published')
);
grant select on here.wallpapers, here.wallpaper_files to anon, authenticated;
-- rows
insert into here.wallpapers (state, title) values ('published', 'sea'), ('processing', 'secret');
-- attack
select * from here.wallpapers;
-- works
select id from here.wallpapers;
