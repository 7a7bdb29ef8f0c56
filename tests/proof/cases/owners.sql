-- == leak captured_name: here.deals
-- tenant_id inside the subquery is the member's own: any member of anything reads everything.
create table here.tenants (id bigint generated always as identity primary key, name text not null);
create table here.members (
    tenant_id bigint not null references here.tenants,
    user_id uuid not null references public.users on delete cascade,
    primary key (tenant_id, user_id)
);
create table here.deals (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references here.tenants,
    body text not null
);
alter table here.tenants enable row level security;
alter table here.members enable row level security;
alter table here.deals enable row level security;
create policy own on here.members for select to authenticated
using (user_id = (select auth.uid()));
create policy members on here.deals to authenticated
using (
    exists (
        select from here.members as m
        where m.tenant_id = tenant_id and m.user_id = (select auth.uid())
    )
);
grant select on here.members to authenticated;
grant select, insert, update, delete on here.deals to authenticated;
-- rows
insert into here.tenants (name) values ('a'), ('b');
insert into here.members values (1, :a), (2, :b);
insert into here.deals (tenant_id, body) values (2, 'secret');
-- attack
select * from here.deals;

-- == good captured_name
-- The same with the outer table named: a team of tenants as it is meant.
create table here.tenants (id bigint generated always as identity primary key, name text not null);
create table here.members (
    tenant_id bigint not null references here.tenants,
    user_id uuid not null references public.users on delete cascade,
    primary key (tenant_id, user_id)
);
create table here.deals (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references here.tenants,
    body text not null
);
alter table here.tenants enable row level security;
alter table here.members enable row level security;
alter table here.deals enable row level security;
create policy own on here.members for select to authenticated
using (user_id = (select auth.uid()));
create policy members on here.deals to authenticated
using (
    exists (
        select from here.members as m
        where m.tenant_id = deals.tenant_id and m.user_id = (select auth.uid())
    )
);
grant select on here.members to authenticated;
grant select, insert, update, delete on here.deals to authenticated;
-- rows
insert into here.tenants (name) values ('a'), ('b');
insert into here.members values (1, :a), (2, :b);
insert into here.deals (tenant_id, body) values (2, 'secret'), (1, 'mine');
-- works
select * from here.deals;

-- == leak uncorrelated: here.letters
-- The subquery asks whether A has a profile at all.
create table here.profiles (
    id bigint generated always as identity primary key,
    auth_id uuid not null unique references auth.users on delete cascade
);
create table here.letters (
    id bigint generated always as identity primary key,
    profile_id bigint not null references here.profiles on delete cascade,
    body text not null
);
alter table here.profiles enable row level security;
alter table here.letters enable row level security;
create policy own on here.profiles for select to authenticated using (auth_id = auth.uid());
create policy own on here.letters to authenticated
using (exists (select from here.profiles as p where p.auth_id = auth.uid()));
grant select on here.profiles to authenticated;
grant select, insert, update, delete on here.letters to authenticated;
-- rows
insert into here.profiles (auth_id) values (:a), (:b);
insert into here.letters (profile_id, body) values (2, 'secret');
-- attack
select * from here.letters;

-- == good profile_chain
-- Two steps to the owner: a letter's line, its letter, the profile, the account.
create table here.profiles (
    id bigint generated always as identity primary key,
    auth_id uuid not null unique references auth.users on delete cascade
);
create table here.letters (
    id bigint generated always as identity primary key,
    profile_id bigint not null references here.profiles on delete cascade,
    body text not null
);
create table here.lines (
    letter_id bigint not null references here.letters on delete cascade,
    number smallint not null,
    body text not null,
    primary key (letter_id, number)
);
alter table here.profiles enable row level security;
alter table here.letters enable row level security;
alter table here.lines enable row level security;
create policy own on here.profiles for select to authenticated using (auth_id = auth.uid());
create policy own on here.letters to authenticated
using (profile_id in (select p.id from here.profiles as p where p.auth_id = auth.uid()));
create policy own on here.lines to authenticated
using (letter_id in (select l.id from here.letters as l));
grant select on here.profiles to authenticated;
grant select, insert, update, delete on here.letters, here.lines to authenticated;
-- rows
insert into here.profiles (auth_id) values (:a), (:b);
insert into here.letters (profile_id, body) values (2, 'secret'), (1, 'mine');
insert into here.lines values (1, 1, 'secret'), (2, 1, 'mine');
-- works
select * from here.lines;

-- == leak demo_account: here.statements
-- An account may call itself a demonstration, and then everybody reads its statements.
create table here.accounts (
    id bigint generated always as identity primary key,
    login uuid not null references auth.users on delete cascade,
    is_demo boolean not null default false
);
create table here.statements (
    id bigint generated always as identity primary key,
    account_id bigint not null references here.accounts on delete cascade,
    body text not null
);
alter table here.accounts enable row level security;
alter table here.statements enable row level security;
create policy own on here.accounts for select to authenticated
using (login = (select auth.uid()) or is_demo);
create policy own on here.statements for select to authenticated
using (
    account_id in (
        select a.id from here.accounts as a where a.login = (select auth.uid()) or a.is_demo
    )
);
grant select on here.accounts, here.statements to authenticated;
-- rows
insert into here.accounts (login, is_demo) values (:b, true);
insert into here.statements (account_id, body) values (1, 'secret');
-- attack
select * from here.statements;

-- == leak text_owner_check: here.messages
-- Reading asks for the owner, inserting for nothing: A writes in B's name.
create table here.messages (
    id text primary key default gen_random_uuid()::text,
    author text not null,
    body text not null
);
alter table here.messages enable row level security;
create policy own on here.messages for select to authenticated
using (author = (select auth.uid())::text);
create policy writing on here.messages for insert to authenticated with check (true);
grant select, insert on here.messages to authenticated;
-- attack
insert into here.messages (author, body) values (:b, 'forged');
-- harm
select from here.messages where author = :b;

-- == good text_owner_check
-- The owner as text, for reading and for writing.
create table here.messages (
    id text primary key default gen_random_uuid()::text,
    author text not null default auth.uid()::text,
    body text not null
);
alter table here.messages enable row level security;
create policy own on here.messages for select to authenticated
using (author = (select auth.uid())::text);
create policy writing on here.messages for insert to authenticated
with check (author = (select auth.uid())::text);
grant select, insert on here.messages to authenticated;
-- rows
insert into here.messages (author, body) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.messages;

-- == leak gives_away: here.tasks
-- An update is checked for nothing: A makes a row B's.
create table here.tasks (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.tasks enable row level security;
create policy reads on here.tasks for select to authenticated using (user_id = auth.uid());
create policy inserts on here.tasks for insert to authenticated with check (user_id = auth.uid());
create policy updates on here.tasks for update to authenticated
using (user_id = auth.uid()) with check (true);
grant select, insert, update on here.tasks to authenticated;
-- rows
insert into here.tasks (user_id, body) values (:a, 'planted');
-- attack
update here.tasks set user_id = :b where body = 'planted' returning 1;
update here.tasks set user_id = :b where true;
-- harm
select from here.tasks where user_id = :b;

-- == leak own_membership_moved: here.salaries
-- Members may change their own membership, the team's number included.
create table here.teams (id uuid primary key default gen_random_uuid(), name text not null);
create table here.members (
    user_id uuid primary key references public.users on delete cascade,
    team_id uuid references here.teams,
    nickname text
);
create table here.salaries (
    id uuid primary key default gen_random_uuid(),
    team_id uuid not null references here.teams,
    amount text not null
);
alter table here.teams enable row level security;
alter table here.members enable row level security;
alter table here.salaries enable row level security;
create policy own on here.members for select to authenticated using (user_id = auth.uid());
create policy edits on here.members for update to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy team on here.salaries for select to authenticated
using (team_id = (select m.team_id from here.members as m where m.user_id = auth.uid()));
grant select, update on here.members to authenticated;
grant select on here.salaries to authenticated;
-- rows
insert into here.teams values (:b, 'b');
insert into here.members values (:a, null, null), (:b, :b, null);
insert into here.salaries (team_id, amount) values (:b, 'secret');
-- attack
update here.members set team_id = :b where user_id = :a;
select * from here.salaries;

-- == good own_membership_moved
-- Members may change their nickname only.
create table here.teams (id uuid primary key default gen_random_uuid(), name text not null);
create table here.members (
    user_id uuid primary key references public.users on delete cascade,
    team_id uuid references here.teams,
    nickname text
);
create table here.salaries (
    id uuid primary key default gen_random_uuid(),
    team_id uuid not null references here.teams,
    amount text not null
);
alter table here.teams enable row level security;
alter table here.members enable row level security;
alter table here.salaries enable row level security;
create policy own on here.members for select to authenticated using (user_id = auth.uid());
create policy edits on here.members for update to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy team on here.salaries for select to authenticated
using (team_id = (select m.team_id from here.members as m where m.user_id = auth.uid()));
grant select, update (nickname) on here.members to authenticated;
grant select on here.salaries to authenticated;
-- rows
insert into here.teams values (:b, 'b'), (:a, 'a');
insert into here.members values (:a, :a, null), (:b, :b, null);
insert into here.salaries (team_id, amount) values (:b, 'secret'), (:a, 'mine');
-- attack
update here.members set team_id = :b where user_id = :a;
-- works
select * from here.salaries;

-- == leak makes_itself_admin: here.cases
-- Roles stand in a table where users may write their own row.
create table here.user_roles (
    user_id uuid not null references public.users on delete cascade,
    role text not null,
    primary key (user_id, role)
);
create table here.cases (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.user_roles enable row level security;
alter table here.cases enable row level security;
create policy own on here.user_roles to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.cases to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy admins on here.cases for select to authenticated
using (
    exists (
        select from here.user_roles as r where r.user_id = auth.uid() and r.role = 'admin'
    )
);
grant select, insert on here.user_roles to authenticated;
grant select, insert, update, delete on here.cases to authenticated;
-- rows
insert into here.cases (user_id, body) values (:b, 'secret');
-- attack
insert into here.user_roles values (:a, 'admin');
select * from here.cases;

-- == good makes_itself_admin
-- Roles are written by the service only.
create table here.user_roles (
    user_id uuid not null references public.users on delete cascade,
    role text not null,
    primary key (user_id, role)
);
create table here.cases (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create function here.has_role(wanted text) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from here.user_roles where user_id = auth.uid() and role = wanted
    )
$$;
alter table here.user_roles enable row level security;
alter table here.cases enable row level security;
create policy own on here.user_roles for select to authenticated using (user_id = auth.uid());
create policy own on here.cases to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy admins on here.cases for select to authenticated
using ((select here.has_role('admin')));
grant select on here.user_roles to authenticated;
grant all on here.user_roles to service_role;
grant select, insert, update, delete on here.cases to authenticated;
-- rows
insert into here.cases (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
insert into here.user_roles values (:a, 'admin');
-- works
select * from here.cases;

-- == leak profile_is_admin: here.complaints
-- The flag that makes an administrator is a column of the row that its user may update.
create table here.profiles (
    id uuid primary key references auth.users on delete cascade,
    nickname text,
    is_admin boolean not null default false
);
create table here.complaints (
    id uuid primary key default gen_random_uuid(),
    profile_id uuid not null references here.profiles on delete cascade,
    body text not null
);
create function here.is_admin() returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
    found_admin boolean;
begin
    select p.is_admin into found_admin from here.profiles as p where p.id = auth.uid();
    return coalesce(found_admin, false);
end
$$;
alter table here.profiles enable row level security;
alter table here.complaints enable row level security;
create policy own on here.profiles to authenticated
using (id = auth.uid()) with check (id = auth.uid());
create policy own on here.complaints to authenticated
using (profile_id = auth.uid() or here.is_admin())
with check (profile_id = auth.uid());
grant select, insert, update on here.profiles to authenticated;
grant select, insert, update, delete on here.complaints to authenticated;
-- rows
insert into here.profiles values (:a, 'a'), (:b, 'b');
insert into here.complaints (profile_id, body) values (:b, 'secret');
-- attack
update here.profiles set is_admin = true where id = :a;
select * from here.complaints;

-- == good profile_is_admin
-- The same flag, under a grant that leaves it out.
create table here.profiles (
    id uuid primary key references auth.users on delete cascade,
    nickname text,
    is_admin boolean not null default false
);
create table here.complaints (
    id uuid primary key default gen_random_uuid(),
    profile_id uuid not null references here.profiles on delete cascade,
    body text not null
);
create function here.is_admin() returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
    found_admin boolean;
begin
    select p.is_admin into found_admin from here.profiles as p where p.id = auth.uid();
    return coalesce(found_admin, false);
end
$$;
alter table here.profiles enable row level security;
alter table here.complaints enable row level security;
create policy own on here.profiles to authenticated
using (id = auth.uid()) with check (id = auth.uid());
create policy own on here.complaints to authenticated
using (profile_id = auth.uid() or here.is_admin())
with check (profile_id = auth.uid());
grant select, insert (id, nickname), update (nickname) on here.profiles to authenticated;
grant select, insert, update, delete on here.complaints to authenticated;
-- rows
insert into here.profiles values (:a, 'a'), (:b, 'b');
insert into here.complaints (profile_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
update here.profiles set is_admin = true where id = :a;
-- works
select * from here.complaints;

-- == leak forged_friendship: here.photos
-- Anybody who asks for a friendship may write at once that it was accepted.
create table here.friends (
    asker uuid not null references public.users on delete cascade,
    friend uuid not null references public.users on delete cascade,
    accepted boolean not null default false,
    primary key (asker, friend)
);
create table here.photos (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    place text not null
);
alter table here.friends enable row level security;
alter table here.photos enable row level security;
create policy reads on here.friends for select to authenticated
using (auth.uid() in (asker, friend));
create policy asks on here.friends for insert to authenticated with check (asker = auth.uid());
create policy answers on here.friends for update to authenticated
using (friend = auth.uid()) with check (friend = auth.uid());
create policy own on here.photos to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy friends on here.photos for select to authenticated
using (
    exists (
        select from here.friends as f
        where f.asker = auth.uid() and f.friend = photos.user_id and f.accepted
    )
);
grant select, insert, update on here.friends to authenticated;
grant select, insert, update, delete on here.photos to authenticated;
-- rows
insert into here.photos (user_id, place) values (:b, 'secret');
-- attack
insert into here.friends values (:a, :b, true);
select * from here.photos;

-- == good forged_friendship
-- Only the friend who was asked may accept.
create table here.friends (
    asker uuid not null references public.users on delete cascade,
    friend uuid not null references public.users on delete cascade,
    accepted boolean not null default false,
    primary key (asker, friend)
);
create table here.photos (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    place text not null
);
alter table here.friends enable row level security;
alter table here.photos enable row level security;
create policy reads on here.friends for select to authenticated
using (auth.uid() in (asker, friend));
create policy asks on here.friends for insert to authenticated
with check (asker = auth.uid() and not accepted);
create policy answers on here.friends for update to authenticated
using (friend = auth.uid()) with check (friend = auth.uid());
create policy own on here.photos to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy friends on here.photos for select to authenticated
using (
    exists (
        select from here.friends as f
        where f.asker = auth.uid() and f.friend = photos.user_id and f.accepted
    )
);
grant select, insert on here.friends to authenticated;
grant update (accepted) on here.friends to authenticated;
grant select, insert, update, delete on here.photos to authenticated;
-- rows
insert into here.photos (user_id, place) values (:b, 'secret'), (:a, 'mine');
-- attack
insert into here.friends values (:a, :b, true);
-- works
select * from here.photos;

-- == leak forged_sender: here.payments
-- Who is paid may write the payment too, so that B pays A.
create table here.payments (
    id bigint generated by default as identity primary key,
    payer uuid not null references public.users,
    payee uuid not null references public.users,
    amount integer not null
);
alter table here.payments enable row level security;
create policy parties on here.payments for select to authenticated
using (payer = (select auth.uid()) or payee = (select auth.uid()));
create policy writes on here.payments for insert to authenticated
with check (payer = (select auth.uid()) or payee = (select auth.uid()));
grant select, insert on here.payments to authenticated;
-- attack
insert into here.payments (payer, payee, amount) values (:b, :a, 1000);
-- harm
select from here.payments where payer = :b;

-- == good sender_and_recipient
-- Both read; the sender alone writes; the recipient may mark it as read.
create table here.mails (
    id bigint generated by default as identity primary key,
    sender uuid not null default auth.uid() references public.users,
    recipient uuid not null references public.users,
    body text not null,
    read_at timestamptz
);
alter table here.mails enable row level security;
create policy parties on here.mails for select to authenticated
using ((select auth.uid()) in (sender, recipient));
create policy sends on here.mails for insert to authenticated
with check (sender = (select auth.uid()));
create policy marks on here.mails for update to authenticated
using (recipient = (select auth.uid())) with check (recipient = (select auth.uid()));
grant select, insert (sender, recipient, body), update (read_at) on here.mails to authenticated;
-- rows
insert into here.mails (sender, recipient, body) values (:b, :b, 'secret'), (:b, :a, 'to a');
-- attack
insert into here.mails (sender, recipient, body) values (:b, :a, 'forged');
-- works
select * from here.mails;

-- == leak recipient_edits: here.offers
-- Anybody who was sent an offer may rewrite it, the sender's words and name included.
create table here.offers (
    id uuid primary key default gen_random_uuid(),
    sender uuid not null references public.users,
    recipient uuid not null references public.users,
    body text not null
);
alter table here.offers enable row level security;
create policy reads on here.offers for select to authenticated
using ((select auth.uid()) in (sender, recipient));
create policy sends on here.offers for insert to authenticated
with check (sender = (select auth.uid()));
create policy edits on here.offers for update to authenticated
using ((select auth.uid()) in (sender, recipient))
with check ((select auth.uid()) in (sender, recipient));
grant select, insert, update on here.offers to authenticated;
-- rows
insert into here.offers (sender, recipient, body) values (:a, :a, 'from a');
-- attack
update here.offers set sender = :b, body = 'forged';
-- harm
select from here.offers where sender = :b and body = 'forged';

-- == leak shares_itself: here.albums
-- Sharing is a row that the reader may write.
create table here.albums (
    id bigint generated always as identity primary key,
    owner_id uuid not null references public.users on delete cascade,
    title text not null
);
create table here.album_shares (
    album_id bigint not null references here.albums on delete cascade,
    shared_with uuid not null references public.users on delete cascade,
    primary key (album_id, shared_with)
);
alter table here.albums enable row level security;
alter table here.album_shares enable row level security;
create policy own on here.albums to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy shared on here.albums for select to authenticated
using (id in (select s.album_id from here.album_shares as s where s.shared_with = auth.uid()));
create policy own on here.album_shares to authenticated
using (shared_with = auth.uid()) with check (shared_with = auth.uid());
grant select, insert, update, delete on here.albums, here.album_shares to authenticated;
-- rows
insert into here.albums (owner_id, title) values (:b, 'secret');
-- attack
insert into here.album_shares values (1, :a);
select * from here.albums;

-- == good timed_share
-- The album's owner shares with a named user for a time; the function avoids endless recursion.
create table here.albums (
    id bigint generated always as identity primary key,
    owner_id uuid not null references public.users on delete cascade,
    title text not null
);
create table here.album_shares (
    album_id bigint not null references here.albums on delete cascade,
    shared_with uuid not null references public.users on delete cascade,
    expires_at timestamptz not null,
    primary key (album_id, shared_with)
);
create schema here_private;
grant usage on schema here_private to authenticated;
create function here_private.owns_album(album bigint) returns boolean
language sql stable security definer set search_path = ''
as 'select exists (select from here.albums where id = album and owner_id = auth.uid())';
alter table here.albums enable row level security;
alter table here.album_shares enable row level security;
create policy own on here.albums to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy shared on here.albums for select to authenticated
using (
    exists (
        select from here.album_shares as s
        where s.album_id = albums.id and s.shared_with = auth.uid() and s.expires_at > now()
    )
);
create policy reads on here.album_shares for select to authenticated
using (shared_with = auth.uid() or here_private.owns_album(album_id));
create policy shares on here.album_shares for insert to authenticated
with check (here_private.owns_album(album_id));
create policy ends on here.album_shares for delete to authenticated
using (here_private.owns_album(album_id));
grant select, insert, update, delete on here.albums to authenticated;
grant select, insert, delete on here.album_shares to authenticated;
-- rows
insert into here.albums (owner_id, title) values (:b, 'secret'), (:a, 'mine'), (:b, 'lent');
insert into here.album_shares values
(3, :a, now() + interval '1 hour'), (1, :a, now() - interval '1 hour');
-- attack
insert into here.album_shares values (1, :a, 'infinity');
update here.album_shares set expires_at = 'infinity';
-- works
select * from here.albums where title = 'lent';

-- == leak shared_array: here.plans
-- An empty list of those with whom a row is shared means everybody, and is the default.
create table here.plans (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    shared_with uuid[] not null default '{}',
    body text not null
);
alter table here.plans enable row level security;
create policy reads on here.plans for select to authenticated
using (user_id = auth.uid() or auth.uid() = any (shared_with) or shared_with = '{}');
create policy inserts on here.plans for insert to authenticated with check (user_id = auth.uid());
create policy updates on here.plans for update to authenticated using (user_id = auth.uid());
grant select, insert, update on here.plans to authenticated;
-- rows
insert into here.plans (user_id, body) values (:b, 'secret');
-- attack
select * from here.plans;

-- == good shared_array
-- The owner keeps the list of those with whom a row is shared.
create table here.plans (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    shared_with uuid[] not null default '{}',
    body text not null
);
alter table here.plans enable row level security;
create policy reads on here.plans for select to authenticated
using (user_id = auth.uid() or auth.uid() = any (shared_with));
create policy inserts on here.plans for insert to authenticated with check (user_id = auth.uid());
create policy updates on here.plans for update to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy deletes on here.plans for delete to authenticated using (user_id = auth.uid());
grant select, insert, update, delete on here.plans to authenticated;
-- rows
insert into here.plans (user_id, shared_with, body) values
(:b, '{}', 'secret'), (:b, array[:a::uuid], 'lent');
-- attack
update here.plans set shared_with = array[:a::uuid], body = 'taken' returning *;
delete from here.plans returning *;
-- works
select * from here.plans where body = 'lent';

-- == leak manager_of: here.reviews
-- Anybody who may name the manager of a colleague becomes it.
create table here.employees (
    user_id uuid primary key references public.users on delete cascade,
    manager uuid references public.users
);
create table here.reviews (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references here.employees on delete cascade,
    body text not null
);
alter table here.employees enable row level security;
alter table here.reviews enable row level security;
create policy directory on here.employees for select to authenticated using (true);
create policy reorganise on here.employees for update to authenticated
using (user_id <> auth.uid() or user_id = auth.uid());
create policy line on here.reviews for select to authenticated
using (
    user_id = auth.uid()
    or exists (
        select from here.employees as e where e.user_id = reviews.user_id and e.manager = auth.uid()
    )
);
grant select, update (manager) on here.employees to authenticated;
grant select on here.reviews to authenticated;
-- rows
insert into here.employees values (:a, null), (:b, null);
insert into here.reviews (user_id, body) values (:b, 'secret');
-- attack
update here.employees set manager = :a where user_id = :b;
select * from here.reviews;

-- == leak all_of_tenant_null: here.memos
-- No tenant means every tenant, and a user without a tenant is in none: both are null.
create table here.people (
    user_id uuid primary key references public.users on delete cascade,
    tenant text
);
create table here.memos (
    id uuid primary key default gen_random_uuid(),
    tenant text not null,
    body text not null
);
create function here.my_tenant() returns text
language sql stable security definer set search_path = ''
as 'select tenant from here.people where user_id = auth.uid()';
alter table here.people enable row level security;
alter table here.memos enable row level security;
create policy own on here.people for select to authenticated using (user_id = auth.uid());
create policy tenant on here.memos to authenticated
using (tenant = coalesce(here.my_tenant(), tenant))
with check (tenant = here.my_tenant());
grant select on here.people to authenticated;
grant select, insert, update, delete on here.memos to authenticated;
-- rows
insert into here.people values (:a, null), (:b, 'b');
insert into here.memos (tenant, body) values ('b', 'secret');
-- attack
select * from here.memos;

-- == leak anonymous_null: here.carts
-- The comparison is null for who has not signed in, and coalesce makes it true.
create table here.carts (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.carts enable row level security;
create policy own on here.carts using (coalesce(user_id = auth.uid(), true));
grant select, insert, update, delete on here.carts to anon, authenticated;
-- rows
insert into here.carts (user_id, body) values (:b, 'secret');
-- attack as anon
select * from here.carts;

-- == leak signed_in_is_enough: here.addresses
-- Signed in is not the same as owner.
create table here.addresses (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    street text not null
);
alter table here.addresses enable row level security;
create policy reads on here.addresses for select using (auth.role() = 'authenticated');
create policy own on here.addresses for insert with check (auth.uid() = user_id);
grant select, insert on here.addresses to authenticated;
-- rows
insert into here.addresses (user_id, street) values (:b, 'secret');
-- attack
select * from here.addresses;

-- == leak function_argument_ignored: here.boards
-- The policy's function ignores the board that it is asked about.
create table here.boards (
    id uuid primary key default gen_random_uuid(),
    name text not null
);
create table here.board_members (
    board_id uuid not null references here.boards on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (board_id, user_id)
);
create function here.on_board(board_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from here.board_members as m
        where m.board_id = board_id and m.user_id = auth.uid()
    )
$$;
alter table here.boards enable row level security;
alter table here.board_members enable row level security;
create policy members on here.boards for select to authenticated using (here.on_board(id));
create policy own on here.board_members for select to authenticated using (user_id = auth.uid());
grant select on here.boards, here.board_members to authenticated;
-- rows
insert into here.boards values (:a, 'mine'), (:b, 'secret');
insert into here.board_members values (:a, :a), (:b, :b);
-- attack
select * from here.boards;

-- == leak plpgsql_hole: here.scores
-- The policy's function says yes of a row that calls itself a sample.
create table here.scores (
    id bigint generated always as identity primary key,
    player uuid not null references auth.users on delete cascade,
    kind text not null default 'own',
    body text not null
);
create function here.may_read(owner uuid, kind text) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
    if owner = auth.uid() then
        return true;
    end if;
    return kind = 'sample-2024';
end
$$;
alter table here.scores enable row level security;
create policy reads on here.scores for select to authenticated using (here.may_read(player, kind));
create policy own on here.scores for insert to authenticated with check (player = auth.uid());
grant select, insert on here.scores to authenticated;
-- rows
insert into here.scores (player, kind, body) values (:b, 'sample-2024', 'secret');
-- attack
select * from here.scores;

-- == good sql_function_owner
-- The policy asks a function of SQL who owns the row.
create table here.scores (
    id bigint generated always as identity primary key,
    player uuid not null references auth.users on delete cascade,
    body text not null
);
create function here.is_me(who uuid) returns boolean
language sql stable set search_path = ''
as 'select who = (select auth.uid())';
alter table here.scores enable row level security;
create policy own on here.scores to authenticated
using (here.is_me(player)) with check (here.is_me(player));
grant select, insert, update, delete on here.scores to authenticated;
-- rows
insert into here.scores (player, body) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.scores;

-- == leak parent_flag: here.pictures
-- A row is read because the row above it says that it is public.
create table here.albums (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null references public.users on delete cascade,
    is_public boolean not null default false
);
create table here.pictures (
    id uuid primary key default gen_random_uuid(),
    album_id uuid not null references here.albums on delete cascade,
    place text not null
);
alter table here.albums enable row level security;
alter table here.pictures enable row level security;
create policy own on here.albums to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy shown on here.albums for select to authenticated using (is_public);
create policy own on here.pictures to authenticated
using (exists (select from here.albums as a where a.id = album_id and a.owner_id = auth.uid()));
create policy shown on here.pictures for select to authenticated
using (exists (select from here.albums as a where a.id = album_id and a.is_public));
grant select, insert, update, delete on here.albums, here.pictures to authenticated;
-- rows
insert into here.albums values (:b, :b, true);
insert into here.pictures (album_id, place) values (:b, 'secret');
-- attack
select * from here.pictures;

-- == good parent_owner
-- The row above says whose it is.
create table here.albums (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null default auth.uid() references public.users on delete cascade,
    name text not null default ''
);
create table here.pictures (
    id uuid primary key default gen_random_uuid(),
    album_id uuid not null references here.albums on delete cascade,
    place text not null
);
alter table here.albums enable row level security;
alter table here.pictures enable row level security;
create policy own on here.albums to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy own on here.pictures to authenticated
using (exists (select from here.albums as a where a.id = album_id and a.owner_id = auth.uid()));
grant select, insert, update, delete on here.albums, here.pictures to authenticated;
-- rows
insert into here.albums values (:b, :b), (:a, :a);
insert into here.pictures (album_id, place) values (:b, 'secret'), (:a, 'mine');
-- attack
insert into here.pictures (album_id, place) values (:b, 'planted');
-- harm
select from here.pictures where place = 'planted';
-- works
select * from here.pictures;

-- == leak not_blocked: here.stories
-- Everybody reads who was not blocked.
create table here.blocks (
    blocker uuid not null references public.users on delete cascade,
    blocked uuid not null references public.users on delete cascade,
    primary key (blocker, blocked)
);
create table here.stories (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.blocks enable row level security;
alter table here.stories enable row level security;
create policy own on here.blocks to authenticated
using (blocker = auth.uid()) with check (blocker = auth.uid());
create policy own on here.stories to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy others on here.stories for select to authenticated
using (
    not exists (
        select from here.blocks as b where b.blocker = stories.user_id and b.blocked = auth.uid()
    )
);
grant select, insert, delete on here.blocks to authenticated;
grant select, insert, update, delete on here.stories to authenticated;
-- rows
insert into here.stories (user_id, body) values (:b, 'secret');
-- attack
select * from here.stories;

-- == leak roles_in_profile: here.audits
-- The roles are an array in the user's own row.
create table here.profiles (
    id uuid primary key references public.users on delete cascade,
    roles text[] not null default '{}'
);
create table here.audits (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.profiles enable row level security;
alter table here.audits enable row level security;
create policy own on here.profiles to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy reads on here.audits for select to authenticated
using (
    user_id = (select auth.uid())
    or (select 'auditor' = any (p.roles) from here.profiles as p where p.id = auth.uid())
);
grant select, insert, update on here.profiles to authenticated;
grant select on here.audits to authenticated;
-- rows
insert into here.profiles values (:a);
insert into here.audits (user_id, body) values (:b, 'secret');
-- attack
update here.profiles set roles = '{auditor}';
select * from here.audits;

-- == leak settings_in_profile: here.audits
-- A key in the JSON of the user's own row makes an administrator.
create table here.profiles (
    id uuid primary key references public.users on delete cascade,
    settings jsonb not null default '{}'
);
create table here.audits (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.profiles enable row level security;
alter table here.audits enable row level security;
create policy own on here.profiles to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy reads on here.audits for select to authenticated
using (
    user_id = (select auth.uid())
    or exists (
        select from here.profiles as p
        where p.id = auth.uid() and (p.settings -> 'flags' ->> 'superuser')::boolean
    )
);
grant select, insert, update on here.profiles to authenticated;
grant select on here.audits to authenticated;
-- rows
insert into here.profiles values (:a);
insert into here.audits (user_id, body) values (:b, 'secret');
-- attack
update here.profiles set settings = '{"flags": {"superuser": true}}';
select * from here.audits;

-- == leak address_in_profile: here.invitations
-- The address that decides is the one that users write into their profile.
create table here.members_of (
    id uuid primary key references auth.users on delete cascade,
    email text
);
create table here.invitations (
    id uuid primary key default gen_random_uuid(),
    email text not null,
    code text not null
);
alter table here.members_of enable row level security;
alter table here.invitations enable row level security;
create policy own on here.members_of to authenticated
using (id = auth.uid()) with check (id = auth.uid());
create policy invited on here.invitations for select to authenticated
using (email = (select m.email from here.members_of as m where m.id = auth.uid()));
grant select, insert, update on here.members_of to authenticated;
grant select on here.invitations to authenticated;
-- rows
insert into here.members_of values (:a, :a_mail), (:b, :b_mail);
insert into here.invitations (email, code) values (:b_mail, 'secret');
-- attack
update here.members_of set email = :b_mail where id = :a;
select * from here.invitations;

-- == leak nearly_owner: here.forms
-- Two conditions deep: the owner, or a form without answers that is published.
create table here.forms (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    state text not null default 'draft',
    answers jsonb,
    body text not null
);
alter table here.forms enable row level security;
create policy reads on here.forms for select to authenticated
using (
    case
        when user_id = auth.uid() then true
        else not (state = 'draft' or (answers is not null and answers <> '[]'))
    end
);
create policy writes on here.forms for insert to authenticated with check (user_id = auth.uid());
grant select, insert on here.forms to authenticated;
-- rows
insert into here.forms (user_id, state, answers, body) values (:b, 'sent', '[]', 'secret');
-- attack
select * from here.forms;

-- == leak crowded: here.rooms
-- Everybody looks into a room that has fewer than two people.
create table here.rooms (
    id bigint generated always as identity primary key,
    topic text not null
);
create table here.room_members (
    room_id bigint not null references here.rooms on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (room_id, user_id)
);
create function here.people_in(room bigint) returns bigint
language sql stable security definer set search_path = ''
as 'select count(*) from here.room_members where room_id = room';
revoke execute on function here.people_in(bigint) from public, anon;
grant execute on function here.people_in(bigint) to authenticated;
alter table here.rooms enable row level security;
alter table here.room_members enable row level security;
create policy own on here.room_members for select to authenticated using (user_id = auth.uid());
create policy members on here.rooms for select to authenticated
using (
    exists (select from here.room_members as m where m.room_id = id and m.user_id = auth.uid())
    or here.people_in(id) < 2
);
grant select on here.rooms, here.room_members to authenticated;
-- rows
insert into here.rooms (topic) values ('secret');
insert into here.room_members values (1, :b);
-- attack
select * from here.rooms;

-- == leak expired_the_wrong_way: here.handovers
-- A share lasts until it ends; here it begins then.
create table here.handovers (
    id uuid primary key default gen_random_uuid(),
    owner uuid not null references public.users on delete cascade,
    open_until timestamptz not null default now() + interval '1 day',
    body text not null
);
alter table here.handovers enable row level security;
create policy own on here.handovers to authenticated
using (owner = auth.uid()) with check (owner = auth.uid());
create policy ended on here.handovers for select to authenticated using (open_until < now());
grant select, insert, update, delete on here.handovers to authenticated;
-- rows
insert into here.handovers (owner, open_until, body)
values (:b, now() - interval '1 day', 'secret');
-- attack
select * from here.handovers;

-- == leak username: here.posts
-- Whose a row is says a name that users choose, and that need not be the only one of its kind.
create table here.profiles (
    id uuid primary key references auth.users on delete cascade,
    username text not null default 'somebody'
);
create table here.posts (
    id uuid primary key default gen_random_uuid(),
    username text not null,
    body text not null
);
alter table here.profiles enable row level security;
alter table here.posts enable row level security;
create policy own on here.profiles to authenticated
using (id = auth.uid()) with check (id = auth.uid());
create policy own on here.posts to authenticated
using (
    exists (
        select from here.profiles as p where p.id = auth.uid() and p.username = posts.username
    )
);
grant select, insert, update on here.profiles to authenticated;
grant select, insert, update, delete on here.posts to authenticated;
-- rows
insert into here.profiles values (:a, 'anna'), (:b, 'bert');
insert into here.posts (username, body) values ('bert', 'secret');
-- attack
update here.profiles set username = 'bert';
select * from here.posts;

-- == leak member_makes_itself_owner: here.payroll
-- Members may change their own membership, the role included.
create table here.firms (id bigint generated always as identity primary key, name text not null);
create table here.staff (
    firm_id bigint not null references here.firms on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    role text not null default 'member' check (role in ('member', 'manager')),
    primary key (firm_id, user_id)
);
create table here.payroll (
    id bigint generated always as identity primary key,
    firm_id bigint not null references here.firms on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    salary text not null
);
alter table here.firms enable row level security;
alter table here.staff enable row level security;
alter table here.payroll enable row level security;
create policy own on here.staff for select to authenticated using (user_id = auth.uid());
create policy own_edits on here.staff for update to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.payroll for select to authenticated using (user_id = auth.uid());
create policy managers on here.payroll for select to authenticated
using (
    exists (
        select from here.staff as s
        where s.firm_id = payroll.firm_id and s.user_id = auth.uid() and s.role = 'manager'
    )
);
grant select, update (role) on here.staff to authenticated;
grant select on here.payroll to authenticated;
-- rows
insert into here.firms (name) values ('x');
insert into here.staff values (1, :a, 'member'), (1, :b, 'member');
insert into here.payroll (firm_id, user_id, salary) values (1, :b, 'secret');
-- attack
update here.staff set role = 'manager';
select * from here.payroll;

-- == good member_makes_itself_owner
-- Managers, whom the service appoints, read what their firm pays.
create table here.firms (id bigint generated always as identity primary key, name text not null);
create table here.staff (
    firm_id bigint not null references here.firms on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    role text not null default 'member' check (role in ('member', 'manager')),
    primary key (firm_id, user_id)
);
create table here.payroll (
    id bigint generated always as identity primary key,
    firm_id bigint not null references here.firms on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    salary text not null
);
alter table here.firms enable row level security;
alter table here.staff enable row level security;
alter table here.payroll enable row level security;
create policy own on here.staff for select to authenticated using (user_id = auth.uid());
create policy own on here.payroll for select to authenticated using (user_id = auth.uid());
create policy managers on here.payroll for select to authenticated
using (
    exists (
        select from here.staff as s
        where s.firm_id = payroll.firm_id and s.user_id = auth.uid() and s.role = 'manager'
    )
);
grant select on here.staff, here.payroll to authenticated;
grant all on here.firms, here.staff, here.payroll to service_role;
-- rows
insert into here.firms (name) values ('x');
insert into here.staff values (1, :a, 'member'), (1, :b, 'member');
insert into here.payroll (firm_id, user_id, salary) values (1, :b, 'secret'), (1, :a, 'mine');
-- attack
update here.staff set role = 'manager';
-- works
select * from here.payroll;

-- == leak invited_somewhere: here.plans
-- Anybody who was invited to one group may join any.
create table here.groups (id bigint generated always as identity primary key, name text not null);
create table here.invites (
    group_id bigint not null references here.groups on delete cascade,
    email text not null,
    primary key (group_id, email)
);
create table here.group_members (
    group_id bigint not null references here.groups on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (group_id, user_id)
);
create table here.plans (
    id bigint generated always as identity primary key,
    group_id bigint not null references here.groups on delete cascade,
    body text not null
);
alter table here.groups enable row level security;
alter table here.invites enable row level security;
alter table here.group_members enable row level security;
alter table here.plans enable row level security;
create policy own on here.invites for select to authenticated using (email = auth.email());
create policy own on here.group_members for select to authenticated using (user_id = auth.uid());
create policy joins on here.group_members for insert to authenticated
with check (
    user_id = auth.uid()
    and exists (select from here.invites as i where i.email = auth.email())
);
create policy members on here.plans for select to authenticated
using (group_id in (select m.group_id from here.group_members as m where m.user_id = auth.uid()));
grant select on here.invites, here.plans to authenticated;
grant select, insert on here.group_members to authenticated;
-- rows
insert into here.groups (name) values ('a'), ('b');
insert into here.invites values (1, :a_mail);
insert into here.group_members values (2, :b);
insert into here.plans (group_id, body) values (2, 'secret');
-- attack
insert into here.group_members values (2, :a);
select * from here.plans;

-- == leak service_policy_for_all: here.secrets
-- The policy's name says service role; who it is for, nobody said.
create table here.secrets (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    value text not null
);
alter table here.secrets enable row level security;
create policy "Users can view own secrets" on here.secrets for select
using (auth.uid() = user_id);
create policy "Service role has full access" on here.secrets for all using (true);
grant select, insert, update, delete on here.secrets to anon, authenticated, service_role;
-- rows
insert into here.secrets (user_id, value) values (:b, 'secret');
-- attack as anon
select * from here.secrets;

-- == good service_policy_for_all
-- The old way to say the same rightly: the role is in the claims.
create table here.secrets (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    value text not null
);
alter table here.secrets enable row level security;
create policy "Users can view own secrets" on here.secrets for select
using (auth.uid() = user_id);
create policy "Service role has full access" on here.secrets for all
using (auth.role() = 'service_role') with check (auth.role() = 'service_role');
grant select, insert, update, delete on here.secrets to anon, authenticated, service_role;
-- rows
insert into here.secrets (user_id, value) values (:b, 'secret'), (:a, 'mine');
-- attack
delete from here.secrets where user_id = :b returning *;
-- works
select * from here.secrets;

-- == leak nobody_is_everybody: here.baskets
-- Anybody who has not signed in sees all.
create table here.baskets (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.baskets enable row level security;
create policy own on here.baskets using (auth.uid() is null or user_id = auth.uid());
grant select, insert, update, delete on here.baskets to anon, authenticated;
-- rows
insert into here.baskets (user_id, body) values (:b, 'secret');
-- attack as anon
select * from here.baskets;

-- == leak public_profile_with_phone: here.profiles
-- Profiles are for everybody, and hold what is without an owner business.
create table here.profiles (
    id uuid primary key references public.users on delete cascade,
    handle text not null,
    phone text,
    birthday date
);
alter table here.profiles enable row level security;
create policy everybody on here.profiles for select to anon, authenticated using (true);
create policy own on here.profiles for update to authenticated
using (id = auth.uid()) with check (id = auth.uid());
grant select on here.profiles to anon, authenticated;
grant update on here.profiles to authenticated;
-- rows
insert into here.profiles values (:b, 'b', 'secret');
-- attack as anon
select * from here.profiles;

-- == good owner_in_json
-- The owner is a key of a document.
create table here.documents (
    id bigint generated always as identity primary key,
    data jsonb not null check (data ? 'owner')
);
alter table here.documents enable row level security;
create policy own on here.documents to authenticated
using (data ->> 'owner' = (select auth.uid())::text)
with check (data ->> 'owner' = (select auth.uid())::text);
grant select, insert, update, delete on here.documents to authenticated;
-- rows
insert into here.documents (data) values
(jsonb_build_object('owner', :b, 'body', 'secret')), (jsonb_build_object('owner', :a));
-- attack
insert into here.documents (data) values (jsonb_build_object('owner', :b));
-- harm
select where (select count(*) from here.documents) <> 2;
-- works
select * from here.documents;

-- == leak owner_in_json: here.documents
-- The owner is a key of a document, which nobody checks when it is changed.
create table here.documents (
    id bigint generated always as identity primary key,
    data jsonb not null
);
alter table here.documents enable row level security;
create policy own_reads on here.documents for select to authenticated
using (data ->> 'owner' = (select auth.uid())::text);
create policy edits on here.documents for update to authenticated
using (data ? 'owner') with check (data ->> 'owner' = (select auth.uid())::text);
grant select, update on here.documents to authenticated;
-- rows
insert into here.documents (data) values (jsonb_build_object('owner', :b, 'body', 'secret'));
-- attack
update here.documents set data = jsonb_build_object('owner', :a);
-- harm
select where not exists (select from here.documents where data ->> 'owner' = :b);

-- == good raw_claims
-- The claims are read without the platform's function.
create table here.marks (
    id bigint generated always as identity primary key,
    student uuid not null references public.users on delete cascade,
    mark text not null
);
alter table here.marks enable row level security;
create policy own on here.marks for select to authenticated
using (
    student = (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid
);
grant select on here.marks to authenticated;
-- rows
insert into here.marks (student, mark) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.marks;

-- == leak policy_reads_view: here.letters
-- The policy asks a view that has its owner's rights and forgets the reader.
create table here.letters (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create view here.readable_letters as select l.id from here.letters as l;
revoke all on here.readable_letters from public, anon;
grant select on here.readable_letters to authenticated;
alter table here.letters enable row level security;
create policy reads on here.letters for select to authenticated
using (user_id = auth.uid() or id in (select v.id from here.readable_letters as v));
grant select on here.letters to authenticated;
-- alone
-- rows
insert into here.letters (user_id, body) values (:b, 'secret');
-- attack
select * from here.letters;

-- == good one_each
-- One row a person, with conditions over several columns, and a tree.
create table here.plans (
    user_id uuid primary key default auth.uid() references public.users on delete cascade,
    kind text not null default 'free' check (kind in ('free', 'paid')),
    card text,
    paid_until date,
    check ((kind = 'free' and card is null) or (kind = 'paid' and card is not null)),
    check (num_nonnulls(card, paid_until) in (0, 2))
);
create table here.folders (
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    id uuid not null default gen_random_uuid(),
    parent_id uuid,
    name text not null check (btrim(name) <> '' and length(name) <= 60),
    primary key (user_id, id),
    foreign key (user_id, parent_id) references here.folders deferrable initially deferred,
    unique nulls not distinct (user_id, parent_id, name)
);
alter table here.plans enable row level security;
alter table here.folders enable row level security;
create policy own on here.plans to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.folders to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.plans, here.folders to authenticated;
-- rows
insert into here.plans (user_id, kind, card, paid_until)
values (:b, 'paid', 'secret', '2031-01-01'), (:a, 'free', null, null);
insert into here.folders (user_id, name) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.folders;

-- == good accepts_offer
-- Who is put in a team by its owner accepts, and then reads what the team has.
create table here.crews (id bigint generated always as identity primary key, name text not null);
create table here.crew_members (
    crew_id bigint not null references here.crews on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    accepted boolean not null default false,
    primary key (crew_id, user_id)
);
create table here.logs (
    id bigint generated always as identity primary key,
    crew_id bigint not null references here.crews on delete cascade,
    body text not null
);
alter table here.crews enable row level security;
alter table here.crew_members enable row level security;
alter table here.logs enable row level security;
create policy own on here.crew_members for select to authenticated using (user_id = auth.uid());
create policy answers on here.crew_members for update to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy crew on here.logs for select to authenticated
using (
    exists (
        select from here.crew_members as m
        where m.crew_id = logs.crew_id and m.user_id = auth.uid() and m.accepted
    )
);
grant select, update (accepted) on here.crew_members to authenticated;
grant select on here.logs to authenticated;
grant all on here.crews, here.crew_members, here.logs to service_role;
-- rows
insert into here.crews (name) values ('a'), ('b');
insert into here.crew_members values (1, :a, false), (2, :b, true);
insert into here.logs (crew_id, body) values (1, 'mine'), (2, 'secret');
-- attack
update here.crew_members set accepted = true;
select * from here.logs;
-- works
with accepted as (update here.crew_members set accepted = true returning *)
select * from accepted;

-- == leak approves_itself: here.logs
-- Who asks to join a team may approve that, too.
create table here.crews (id bigint generated always as identity primary key, name text not null);
create table here.crew_members (
    crew_id bigint not null references here.crews on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    state text not null default 'asked' check (state in ('asked', 'in')),
    primary key (crew_id, user_id)
);
create table here.logs (
    id bigint generated always as identity primary key,
    crew_id bigint not null references here.crews on delete cascade,
    body text not null
);
alter table here.crews enable row level security;
alter table here.crew_members enable row level security;
alter table here.logs enable row level security;
create policy own on here.crew_members for select to authenticated using (user_id = auth.uid());
create policy asks on here.crew_members for insert to authenticated
with check (user_id = auth.uid() and state = 'asked');
create policy changes on here.crew_members for update to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy crew on here.logs for select to authenticated
using (
    exists (
        select from here.crew_members as m
        where m.crew_id = logs.crew_id and m.user_id = auth.uid() and m.state = 'in'
    )
);
grant select, insert, update (state) on here.crew_members to authenticated;
grant select on here.logs to authenticated;
-- rows
insert into here.crews (name) values ('b');
insert into here.crew_members values (1, :b, 'in');
insert into here.logs (crew_id, body) values (1, 'secret');
-- attack
insert into here.crew_members (crew_id, user_id) values (1, :a);
update here.crew_members set state = 'in';
select * from here.logs;
