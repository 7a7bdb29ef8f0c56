-- == good team_accounts
-- Personal and team accounts in one table; an account's owner is made its member by a trigger.
-- alone
create schema app;
grant usage on schema app to authenticated, service_role;
create type app.account_role as enum ('owner', 'member');
create table app.accounts (
    id uuid primary key default gen_random_uuid(),
    primary_owner_user_id uuid not null default auth.uid() references auth.users,
    name text,
    slug text unique,
    personal boolean not null default false,
    created_at timestamptz not null default now()
);
create table app.account_user (
    user_id uuid not null references auth.users on delete cascade,
    account_id uuid not null references app.accounts on delete cascade,
    account_role app.account_role not null,
    primary key (user_id, account_id)
);
create table app.documents (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null references app.accounts on delete cascade,
    body text not null default ''
);
create function app.has_role(account uuid, wanted app.account_role default null) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from app.account_user as m
        where m.user_id = (select auth.uid()) and m.account_id = account
            and (m.account_role = wanted or wanted is null)
    )
$$;
create function app.add_owner() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into app.account_user (account_id, user_id, account_role)
    values (new.id, new.primary_owner_user_id, 'owner');
    return new;
end
$$;
create trigger add_owner after insert on app.accounts
for each row execute function app.add_owner();
create function app.new_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into app.accounts (primary_owner_user_id, name, personal)
    values (new.id, split_part(new.email, '@', 1), true);
    return new;
end
$$;
create trigger new_user after insert on auth.users
for each row execute function app.new_user();
revoke execute on all functions in schema app from public;
grant execute on function app.has_role(uuid, app.account_role) to authenticated;
alter table app.accounts enable row level security;
alter table app.account_user enable row level security;
alter table app.documents enable row level security;
create policy members on app.accounts for select to authenticated
using (app.has_role(id) or primary_owner_user_id = (select auth.uid()));
create policy creates on app.accounts for insert to authenticated
with check (primary_owner_user_id = (select auth.uid()) and not personal);
create policy owners on app.accounts for update to authenticated using (app.has_role(id, 'owner'));
create policy teammates on app.account_user for select to authenticated
using (user_id = (select auth.uid()) or app.has_role(account_id));
create policy owners_remove on app.account_user for delete to authenticated
using (app.has_role(account_id, 'owner'));
create policy members on app.documents to authenticated
using (app.has_role(account_id)) with check (app.has_role(account_id));
grant select, insert (name, slug), update (name, slug) on app.accounts to authenticated;
grant select, delete on app.account_user to authenticated;
grant select, insert, update, delete on app.documents to authenticated;
-- rows
insert into app.documents (account_id, body)
select id, case primary_owner_user_id when :b then 'secret' else 'mine' end from app.accounts;
-- attack
insert into app.account_user select :a, account_id, 'owner' from app.account_user;
-- works
select * from app.documents;

-- == good sign_up_profile
-- The profile is made by a trigger at sign-up, and refers to the login.
-- alone
create table here.profiles (
    id uuid primary key references auth.users on delete cascade,
    full_name text,
    private_note text
);
create function here.make_profile() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.profiles (id, full_name)
    values (new.id, new.raw_user_meta_data ->> 'full_name');
    return new;
end
$$;
revoke execute on function here.make_profile() from public;
create trigger make_profile after insert on auth.users
for each row execute function here.make_profile();
alter table here.profiles enable row level security;
create policy own_reads on here.profiles for select to authenticated
using ((select auth.uid()) = id);
create policy own_updates on here.profiles for update to authenticated
using ((select auth.uid()) = id) with check ((select auth.uid()) = id);
grant select, update (full_name, private_note) on here.profiles to authenticated;
-- rows
update here.profiles set private_note = 'secret' where id = :b;
-- attack
update here.profiles set full_name = 'x' where id = :b returning *;
-- works
update here.profiles set full_name = 'x' where id = :a returning *;

-- == good public_profile
-- Profiles are for everybody and say so; what is private stands in a table of its own.
create table here.profiles (
    user_id uuid primary key references public.users on delete cascade,
    handle text not null unique check (handle ~ '^[a-z0-9_]{3,20}$'),
    about text not null default ''
);
create table here.private_details (
    user_id uuid primary key references public.users on delete cascade,
    phone text
);
alter table here.profiles enable row level security;
alter table here.private_details enable row level security;
create policy everybody on here.profiles for select to anon, authenticated using (true);
create policy inserts on here.profiles for insert to authenticated
with check (user_id = (select auth.uid()));
create policy updates on here.profiles for update to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy own on here.private_details to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select on here.profiles to anon, authenticated;
grant insert, update on here.profiles to authenticated;
grant select, insert, update on here.private_details to authenticated;
-- rows
insert into here.profiles values (:a, 'person_a'), (:b, 'person_b');
insert into here.private_details values (:b, 'secret');
-- attack
update here.profiles set about = 'forged' where user_id = :b;
-- harm
select from here.profiles where user_id = :b and about = 'forged';
-- works
select * from here.profiles where handle = 'person_b';

-- == good append_only_audit
-- The audit is written by a trigger; nobody changes it, the table's owner included.
create table here.change_log (
    id bigint generated always as identity primary key,
    user_id uuid not null,
    changed text not null,
    happened_at timestamptz not null default clock_timestamp()
);
create function here.log_note() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.change_log (user_id, changed)
    values (coalesce(new.user_id, old.user_id), tg_op);
    return null;
end
$$;
create function here.refuse() returns trigger language plpgsql set search_path = ''
as $$
begin
    raise exception 'the audit is only written to';
end
$$;
revoke execute on function here.log_note(), here.refuse() from public;
create table here.letters (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users,
    body text not null
);
create trigger log_note after insert or update or delete on here.letters
for each row execute function here.log_note();
create trigger refuse before update or delete on here.change_log
for each row execute function here.refuse();
alter table here.letters enable row level security;
alter table here.change_log enable row level security;
create policy own on here.letters to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.change_log for select to authenticated using (user_id = auth.uid());
grant select, insert, update, delete on here.letters to authenticated;
grant select on here.change_log to authenticated;
grant select, insert on here.change_log to service_role;
-- rows
insert into here.letters (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.change_log;

-- == good queue
-- Jobs are the service's alone: no policy, no grant.
create table here.jobs (
    id bigint generated always as identity primary key,
    kind text not null,
    payload jsonb not null,
    run_at timestamptz not null default now(),
    attempts smallint not null default 0
);
create index jobs_due on here.jobs (run_at);
alter table here.jobs enable row level security;
revoke all on here.jobs from public, anon, authenticated;
grant select, insert, update, delete on here.jobs to service_role;
create function here.next_job() returns setof here.jobs
language sql security definer set search_path = ''
as $$
    update here.jobs set attempts = attempts + 1
    where id = (select id from here.jobs where run_at <= now() limit 1 for update skip locked)
    returning *
$$;
revoke execute on function here.next_job() from public, anon, authenticated;
grant execute on function here.next_job() to service_role;
-- rows
insert into here.jobs (kind, payload) values ('mail', '"secret"');
-- attack
select here.next_job();

-- == good rpc_only
-- The table is reached by functions only, each of which asks for the caller.
create table here.balances (
    user_id uuid primary key references public.users on delete cascade,
    cents bigint not null default 0
);
alter table here.balances enable row level security;
revoke all on here.balances from public, anon, authenticated;
create function here.my_balance() returns bigint
language sql stable security definer set search_path = ''
as 'select cents from here.balances where user_id = auth.uid()';
create function here.open_balance() returns void
language sql security definer set search_path = ''
as $$
    insert into here.balances (user_id) values (auth.uid()) on conflict do nothing
$$;
revoke execute on function here.my_balance(), here.open_balance() from public;
grant execute on function here.my_balance(), here.open_balance() to authenticated;
-- rows
insert into here.balances values (:b, 4711), (:a, 12);
-- attack
select 'secret' where here.my_balance() = 4711;
-- works
select 1 where here.my_balance() = 12;

-- == good insert_only_feedback
-- Feedback is given once, and not read back.
create table here.feedback (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    stars smallint not null check (stars between 1 and 5),
    words text not null default ''
);
alter table here.feedback enable row level security;
create policy gives on here.feedback for insert to authenticated
with check (user_id = (select auth.uid()));
grant insert (stars, words) on here.feedback to authenticated;
grant select on here.feedback to service_role;
-- rows
insert into here.feedback (user_id, stars, words) values (:b, 1, 'secret');

-- == good catalogue
-- Countries are everybody's to read.
create table here.countries (
    code char(2) primary key check (code ~ '^[A-Z]{2}$'),
    name text not null unique
);
alter table here.countries enable row level security;
create policy everybody on here.countries for select using (true);
grant select on here.countries to anon, authenticated, service_role;
-- rows
insert into here.countries values ('NL', 'Netherlands');
-- works
select * from here.countries;

-- == good articles
-- What is published is for everybody, said by name; drafts are their author's.
create table here.articles (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null default auth.uid() references public.users,
    title text not null,
    published boolean not null default false
);
create table here.article_drafts (
    article_id uuid primary key references here.articles on delete cascade,
    author_id uuid not null default auth.uid() references public.users,
    body text not null
);
alter table here.articles enable row level security;
alter table here.article_drafts enable row level security;
create policy everybody on here.articles for select to anon, authenticated using (true);
create policy writes on here.articles for insert to authenticated
with check (author_id = auth.uid());
create policy edits on here.articles for update to authenticated
using (author_id = auth.uid()) with check (author_id = auth.uid());
create policy own on here.article_drafts to authenticated
using (author_id = auth.uid()) with check (
    author_id = auth.uid()
    and exists (select from here.articles as a where a.id = article_id and a.author_id = auth.uid())
);
grant select on here.articles to anon, authenticated;
grant insert, update on here.articles to authenticated;
grant select, insert, update, delete on here.article_drafts to authenticated;
-- rows
insert into here.articles (id, author_id, title) values (:b, :b, 'of b');
insert into here.article_drafts (article_id, author_id, body) values (:b, :b, 'secret');
-- attack
insert into here.article_drafts (article_id, body) values (:b, 'forged');
-- works
select * from here.articles;

-- == good owned_by_api_role_forced
-- Row level security is forced, so that it binds the table's owner too.
create table here.scratch (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null,
    body text not null
);
alter table here.scratch enable row level security;
alter table here.scratch force row level security;
create policy own on here.scratch to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.scratch to authenticated;
-- rows
insert into here.scratch (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.scratch;

-- == good default_privileges_as_on_the_platform
-- Everything is granted by default, as the platform does it; the policies hold.
-- alone
alter default privileges in schema here grant all on tables to anon, authenticated, service_role;
alter default privileges in schema here grant all on sequences to anon, authenticated, service_role;
create table here.todos (
    id bigserial primary key,
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    task text not null,
    is_complete boolean not null default false
);
revoke truncate, references, trigger on here.todos from anon, authenticated;
alter table here.todos enable row level security;
create policy "Individuals can create todos." on here.todos for insert
with check ((select auth.uid()) = user_id);
create policy "Individuals can view their own todos." on here.todos for select
using ((select auth.uid()) = user_id);
create policy "Individuals can update their own todos." on here.todos for update
using ((select auth.uid()) = user_id);
create policy "Individuals can delete their own todos." on here.todos for delete
using ((select auth.uid()) = user_id);
-- rows
insert into here.todos (user_id, task) values (:b, 'secret'), (:a, 'mine');
-- attack
update here.todos set task = 'x' where id = 1 returning *;
-- works
update here.todos set task = 'x' where id = 2 returning *;

-- == good bigint_accounts
-- Accounts with numbers, in a table that is not called users; orders and their lines below them.
create table here.customers (
    id bigint generated always as identity primary key,
    login_id uuid not null unique default auth.uid() references auth.users on delete cascade,
    shoe_size smallint
);
create table here.orders (
    id bigint generated always as identity primary key,
    customer_id bigint not null references here.customers on delete cascade,
    address text not null
);
create table here.order_lines (
    order_id bigint not null references here.orders on delete cascade,
    line smallint not null,
    article text not null,
    primary key (order_id, line)
);
alter table here.customers enable row level security;
alter table here.orders enable row level security;
alter table here.order_lines enable row level security;
create policy own on here.customers to authenticated
using (login_id = (select auth.uid())) with check (login_id = (select auth.uid()));
create policy own on here.orders to authenticated
using (
    exists (
        select from here.customers as c
        where c.id = orders.customer_id and c.login_id = (select auth.uid())
    )
);
create policy own on here.order_lines to authenticated
using (
    exists (
        select from here.orders as o
        inner join here.customers as c on c.id = o.customer_id
        where o.id = order_lines.order_id and c.login_id = (select auth.uid())
    )
);
grant select, insert, update on here.customers to authenticated;
grant select, insert, update, delete on here.orders, here.order_lines to authenticated;
-- rows
insert into here.customers (login_id) values (:a), (:b);
insert into here.orders (customer_id, address) values (2, 'secret'), (1, 'mine');
insert into here.order_lines values (1, 1, 'secret'), (2, 1, 'mine');
-- attack
insert into here.orders (customer_id, address) values (2, 'forged');
-- harm
select from here.orders where address = 'forged';
-- works
select * from here.order_lines;

-- == good text_keys
-- Keys and owners are text, as the other system that logs people in gives them.
create table here.bookmarks (
    id text primary key default md5(random()::text || clock_timestamp()::text),
    owner text not null default (auth.jwt() ->> 'sub'),
    url text not null check (url ~ '^https://')
);
alter table here.bookmarks enable row level security;
create policy own on here.bookmarks to authenticated
using (owner = (select auth.jwt() ->> 'sub')) with check (owner = (select auth.jwt() ->> 'sub'));
grant select, insert, update, delete on here.bookmarks to authenticated;
-- rows
insert into here.bookmarks (owner, url) values (:b, 'https://secret'), (:a, 'https://mine');
-- works
select * from here.bookmarks;

-- == good roles_and_permissions
-- Permissions of roles in tables that only the service writes; editors edit, others read.
create type here.permission as enum ('pages.edit', 'pages.delete');
create table here.role_permissions (
    role text not null,
    permission here.permission not null,
    primary key (role, permission)
);
create table here.user_roles (
    user_id uuid primary key references auth.users on delete cascade,
    role text not null
);
create table here.pages (slug text primary key, body text not null);
create function here.may(wanted here.permission) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from here.user_roles as u
        inner join here.role_permissions as p on p.role = u.role
        where u.user_id = auth.uid() and p.permission = wanted
    )
$$;
revoke execute on function here.may(here.permission) from public;
grant execute on function here.may(here.permission) to authenticated;
alter table here.role_permissions enable row level security;
alter table here.user_roles enable row level security;
alter table here.pages enable row level security;
create policy own on here.user_roles for select to authenticated using (user_id = auth.uid());
create policy reads on here.pages for select to authenticated using (true);
create policy edits on here.pages for update to authenticated
using ((select here.may('pages.edit'))) with check ((select here.may('pages.edit')));
create policy deletes on here.pages for delete to authenticated
using ((select here.may('pages.delete')));
grant select on here.user_roles to authenticated;
grant select, update (body), delete on here.pages to authenticated;
grant all on here.role_permissions, here.user_roles, here.pages to service_role;
-- rows
insert into here.pages values ('home', 'hello');
-- attack
update here.pages set body = 'forged';
delete from here.pages;
-- harm
select where not exists (select from here.pages where body = 'hello');
-- works
select * from here.pages;

-- == good conversations
-- Participants are added by a function; each sees the conversations that they take part in.
create table here.conversations (
    id uuid primary key default gen_random_uuid(),
    created_at timestamptz not null default now()
);
create table here.participants (
    conversation_id uuid not null references here.conversations on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (conversation_id, user_id)
);
create table here.messages (
    id bigint generated always as identity primary key,
    conversation_id uuid not null references here.conversations on delete cascade,
    author_id uuid not null default auth.uid() references public.users,
    body text not null
);
create function here.takes_part(conversation uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from here.participants
        where conversation_id = conversation and user_id = auth.uid()
    )
$$;
create function here.start_conversation(with_user uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    made uuid;
begin
    if auth.uid() is null then
        raise exception 'sign in first';
    end if;
    insert into here.conversations default values returning id into made;
    insert into here.participants values (made, auth.uid()), (made, with_user);
    return made;
end
$$;
revoke execute on function here.takes_part(uuid), here.start_conversation(uuid) from public;
grant execute on function here.takes_part(uuid), here.start_conversation(uuid) to authenticated;
alter table here.conversations enable row level security;
alter table here.participants enable row level security;
alter table here.messages enable row level security;
create policy participants on here.conversations for select to authenticated
using (here.takes_part(id));
create policy participants on here.participants for select to authenticated
using (here.takes_part(conversation_id));
create policy participants on here.messages for select to authenticated
using (here.takes_part(conversation_id));
create policy writes on here.messages for insert to authenticated
with check (author_id = auth.uid() and here.takes_part(conversation_id));
grant select on here.conversations, here.participants, here.messages to authenticated;
grant insert (conversation_id, body) on here.messages to authenticated;
-- rows
insert into here.conversations (id) values (:a), (:b);
insert into here.participants values (:b, :b), (:a, :a);
insert into here.messages (conversation_id, author_id, body) values
(:b, :b, 'secret'), (:a, :a, 'mine');
-- attack
insert into here.messages (conversation_id, body) values (:b, 'forged');
insert into here.participants values (:b, :a);
-- harm
select from here.messages where body = 'forged';
-- works
select * from here.messages;

-- == good likes
-- One like a person and post; who liked what is public, and said so.
create table here.posts (
    id bigint generated always as identity primary key,
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    body text not null
);
create table here.likes (
    post_id bigint not null references here.posts on delete cascade,
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    primary key (post_id, user_id)
);
alter table here.posts enable row level security;
alter table here.likes enable row level security;
create policy everybody on here.posts for select to anon, authenticated using (true);
create policy own on here.posts for insert to authenticated with check (author_id = auth.uid());
create policy own_deletes on here.posts for delete to authenticated using (author_id = auth.uid());
create policy everybody on here.likes for select to anon, authenticated using (true);
create policy likes on here.likes for insert to authenticated with check (user_id = auth.uid());
create policy unlikes on here.likes for delete to authenticated using (user_id = auth.uid());
grant select on here.posts, here.likes to anon, authenticated;
grant insert, delete on here.posts, here.likes to authenticated;
-- rows
insert into here.posts (author_id, body) values (:b, 'of b');
insert into here.likes values (1, :b);
-- attack
delete from here.likes;
delete from here.posts;
insert into here.likes values (1, :b);
-- harm
select where (select count(*) from here.likes) <> 1;
-- works
insert into here.likes (post_id) values (1) returning *;

-- == good webhook_secrets
-- The owner writes a secret, and reads all but the secret.
create table here.webhooks (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    url text not null,
    signing_key text not null
);
alter table here.webhooks enable row level security;
create policy own on here.webhooks to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select (id, user_id, url), insert (url, signing_key), update (url, signing_key), delete
on here.webhooks to authenticated;
-- rows
insert into here.webhooks (user_id, url, signing_key) values
(:b, 'secret', 'secret'), (:a, 'x', 'y');
-- attack
select id, user_id, url from here.webhooks;
-- works
select id, url from here.webhooks;

-- == good trigger_sets_owner
-- The owner is set by a trigger, whatever the client sends.
create table here.samples (
    id uuid primary key default gen_random_uuid(),
    user_id uuid references public.users on delete cascade,
    value numeric not null
);
create function here.set_owner() returns trigger language plpgsql set search_path = ''
as $$
begin
    new.user_id := auth.uid();
    return new;
end
$$;
create trigger set_owner before insert on here.samples
for each row execute function here.set_owner();
alter table here.samples enable row level security;
create policy own on here.samples to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, delete on here.samples to authenticated;
-- attack
insert into here.samples (user_id, value) values (:b, 1);
-- harm
select from here.samples where user_id = :b;
-- works
insert into here.samples (value) values (2) returning *;

-- == good composite_key
-- Children carry their owner, and the foreign key holds them together.
create table here.trips (
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    id uuid not null default gen_random_uuid(),
    place text not null,
    primary key (user_id, id)
);
create table here.stops (
    user_id uuid not null default auth.uid(),
    trip_id uuid not null,
    number smallint not null,
    place text not null,
    primary key (user_id, trip_id, number),
    foreign key (user_id, trip_id) references here.trips on delete cascade
);
alter table here.trips enable row level security;
alter table here.stops enable row level security;
create policy own on here.trips to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.stops to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.trips, here.stops to authenticated;
-- rows
insert into here.trips values (:b, :b, 'secret'), (:a, :a, 'mine');
insert into here.stops values (:b, :b, 1, 'secret');
-- attack
insert into here.stops values (:a, :b, 1, 'x');
-- harm
select from here.stops where place = 'x';
-- works
select * from here.trips;

-- == good reserved_handle
-- A function tells whether a handle is free: handles are public, and only they are asked for.
create table here.handles (
    handle text primary key check (handle ~ '^[a-z]{3,20}$'),
    user_id uuid not null unique default auth.uid() references public.users on delete cascade
);
alter table here.handles enable row level security;
create policy everybody on here.handles for select to anon, authenticated using (true);
create policy takes on here.handles for insert to authenticated with check (user_id = auth.uid());
grant select on here.handles to anon, authenticated;
grant insert (handle) on here.handles to authenticated;
create function here.is_free(wanted text) returns boolean
language sql stable security invoker set search_path = ''
as 'select not exists (select from here.handles where handle = lower(wanted))';
-- rows
insert into here.handles values ('bob', :b);
-- attack
insert into here.handles (handle, user_id) values ('forged', :b);
-- harm
select from here.handles where handle = 'forged';
-- works
select 1 where here.is_free('free');

-- == good tenant_by_app_metadata
-- The tenant is a claim that the operator writes.
create table here.tenants (id uuid primary key default gen_random_uuid(), name text not null);
create table here.invoices (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references here.tenants on delete cascade,
    body text not null
);
create function here.tenant_id() returns uuid
language sql stable set search_path = ''
as $$
    select nullif((auth.jwt() -> 'app_metadata' ->> 'tenant_id'), '')::uuid
$$;
alter table here.tenants enable row level security;
alter table here.invoices enable row level security;
create policy own on here.tenants for select to authenticated
using (id = (select here.tenant_id()));
create policy tenant on here.invoices to authenticated
using (tenant_id = (select here.tenant_id())) with check (tenant_id = (select here.tenant_id()));
grant select on here.tenants to authenticated;
grant select, insert, update, delete on here.invoices to authenticated;
-- rows
insert into here.tenants values (:b, 'secret'), (:a, 'a');
insert into here.invoices (tenant_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack with {"app_metadata": {"tenant_id": "aaaaaaaa-0000-4000-8000-00000000000a"}}
select * from here.invoices;
-- works with {"app_metadata": {"tenant_id": "aaaaaaaa-0000-4000-8000-00000000000a"}}
select * from here.invoices;

-- == good like_counter
-- A trigger counts likes on the post that was liked, whosever it is.
create table here.posts (
    id bigint generated always as identity primary key,
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    body text not null,
    likes integer not null default 0
);
create table here.likes (
    post_id bigint not null references here.posts on delete cascade,
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    primary key (post_id, user_id)
);
create function here.count_likes() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update here.posts
    set likes = (select count(*) from here.likes as l where l.post_id = posts.id)
    where id = coalesce(new.post_id, old.post_id);
    return null;
end
$$;
revoke execute on function here.count_likes() from public;
create trigger count_likes after insert or delete on here.likes
for each row execute function here.count_likes();
alter table here.posts enable row level security;
alter table here.likes enable row level security;
create policy everybody on here.posts for select to anon, authenticated using (true);
create policy writes on here.posts for insert to authenticated with check (author_id = auth.uid());
create policy edits on here.posts for update to authenticated
using (author_id = auth.uid()) with check (author_id = auth.uid());
create policy everybody on here.likes for select to anon, authenticated using (true);
create policy own_likes on here.likes for insert to authenticated with check (user_id = auth.uid());
create policy unlikes on here.likes for delete to authenticated using (user_id = auth.uid());
grant select on here.posts, here.likes to anon, authenticated;
grant insert (body), update (body) on here.posts to authenticated;
grant insert (post_id), delete on here.likes to authenticated;
-- rows
insert into here.posts (author_id, body) values (:b, 'of b');
-- attack
update here.posts set likes = 1000;
-- harm
select from here.posts where likes > 1;
-- works
insert into here.likes (post_id) values (1) returning *;

-- == good notifications
-- A trigger writes a notification for the author of the topic that gets a reply.
create table here.topics (
    id bigint generated always as identity primary key,
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    title text not null
);
create table here.replies (
    id bigint generated always as identity primary key,
    topic_id bigint not null references here.topics on delete cascade,
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    body text not null
);
create table here.notifications (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    reply_id bigint not null references here.replies on delete cascade,
    seen_at timestamptz
);
create function here.notify_author() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.notifications (user_id, reply_id)
    select t.author_id, new.id from here.topics as t
    where t.id = new.topic_id and t.author_id <> new.author_id;
    return null;
end
$$;
revoke execute on function here.notify_author() from public;
create trigger notify_author after insert on here.replies
for each row execute function here.notify_author();
alter table here.topics enable row level security;
alter table here.replies enable row level security;
alter table here.notifications enable row level security;
create policy everybody on here.topics for select to anon, authenticated using (true);
create policy starts on here.topics for insert to authenticated
with check (author_id = auth.uid());
create policy everybody on here.replies for select to anon, authenticated using (true);
create policy answers on here.replies for insert to authenticated
with check (author_id = auth.uid());
create policy own on here.notifications for select to authenticated using (user_id = auth.uid());
create policy sees on here.notifications for update to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select on here.topics, here.replies to anon, authenticated;
grant insert (title) on here.topics to authenticated;
grant insert (topic_id, body) on here.replies to authenticated;
grant select, update (seen_at) on here.notifications to authenticated;
-- rows
insert into here.topics (author_id, title) values (:b, 'of b');
-- attack
insert into here.notifications (user_id, reply_id) values (:b, 1);
-- harm
select from here.notifications;
-- works
insert into here.replies (topic_id, body) values (1, 'x') returning *;

-- == good cascade_of_replies
-- Anybody who deletes a topic deletes the replies to it, other people's included: that is meant.
create table here.topics (
    id bigint generated always as identity primary key,
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    title text not null
);
create table here.replies (
    id bigint generated always as identity primary key,
    topic_id bigint not null references here.topics on delete cascade,
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    body text not null
);
alter table here.topics enable row level security;
alter table here.replies enable row level security;
create policy everybody on here.topics for select to anon, authenticated using (true);
create policy starts on here.topics for insert to authenticated
with check (author_id = auth.uid());
create policy ends on here.topics for delete to authenticated using (author_id = auth.uid());
create policy everybody on here.replies for select to anon, authenticated using (true);
create policy answers on here.replies for insert to authenticated
with check (author_id = auth.uid());
create policy removes on here.replies for delete to authenticated using (author_id = auth.uid());
grant select on here.topics, here.replies to anon, authenticated;
grant insert, delete on here.topics, here.replies to authenticated;
-- rows
insert into here.topics (author_id, title) values (:b, 'of b');
insert into here.replies (topic_id, author_id, body) values (1, :b, 'of b');
-- attack
delete from here.topics;
delete from here.replies;
-- harm
select where not exists (select from here.replies);
-- works
insert into here.replies (topic_id, body) values (1, 'x') returning *;

-- == good hard_to_make
-- A table whose rows are not easily made: domains, checks over columns, an exclusion, a reference.
create domain here.e_mail as text check (value ~ '^[^@\s]+@[^@\s]+\.[a-z]{2,}$');
create type here.stage as enum ('asked', 'agreed', 'done');
create table here.rooms (
    code text primary key check (code ~ '^R-[0-9]{3}$'),
    seats smallint not null check (seats between 2 and 40)
);
create table here.bookings (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    room text not null references here.rooms,
    contact here.e_mail not null,
    stage here.stage not null default 'asked',
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    people smallint not null default 2 check (people > 0),
    extras jsonb not null default '{}' check (jsonb_typeof(extras) = 'object'),
    colour char(7) not null default '#000000' check (colour ~ '^#[0-9a-f]{6}$'),
    minutes integer generated always as (
        (extract(epoch from (ends_at - starts_at)) / 60)::integer
    ) stored,
    updated_at timestamptz not null default now(),
    check (ends_at > starts_at and ends_at < starts_at + interval '1 day'),
    check (stage <> 'done' or extras ? 'invoice')
);
create unique index one_open_booking on here.bookings (user_id) where stage = 'asked';
create function here.touch() returns trigger language plpgsql set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
create trigger touch before update on here.bookings
for each row execute function here.touch();
alter table here.rooms enable row level security;
alter table here.bookings enable row level security;
create policy everybody on here.rooms for select to authenticated using (true);
create policy own on here.bookings to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select on here.rooms to authenticated;
grant select, insert, update, delete on here.bookings to authenticated;
-- rows
insert into here.rooms values ('R-001', 4);
insert into here.bookings (user_id, room, contact, starts_at, ends_at)
select id::uuid, 'R-001', 'secret@example.net', '2031-01-01 10:00', '2031-01-01 11:00'
from (values (:b)) as b (id);
-- attack
update here.bookings set stage = 'agreed' returning *;
-- works
insert into here.bookings (room, contact, starts_at, ends_at)
values ('R-001', 'a@example.org', '2031-01-01 10:00', '2031-01-01 11:00') returning *;

-- == good drafts_only
-- The owner edits and deletes while the report is a draft; what was sent in stays.
create table here.reports (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    state text not null default 'draft' check (state in ('draft', 'sent', 'accepted')),
    body text not null
);
alter table here.reports enable row level security;
create policy own_reads on here.reports for select to authenticated using (user_id = auth.uid());
create policy starts on here.reports for insert to authenticated
with check (user_id = auth.uid() and state = 'draft');
create policy edits on here.reports for update to authenticated
using (user_id = auth.uid() and state = 'draft')
with check (user_id = auth.uid() and state in ('draft', 'sent'));
create policy drops on here.reports for delete to authenticated
using (user_id = auth.uid() and state = 'draft');
grant select, insert, update, delete on here.reports to authenticated;
-- rows
insert into here.reports (user_id, state, body) values
(:b, 'sent', 'secret'), (:a, 'sent', 'sent'), (:a, 'draft', 'mine');
-- attack
update here.reports set body = 'x' where state = 'sent' returning *;
delete from here.reports where state = 'sent' returning *;
-- harm
select where (select count(*) from here.reports where state = 'sent' and body <> 'x') <> 2;
-- works
update here.reports set state = 'sent' where state = 'draft' returning *;

-- == good owner_is_fixed
-- A trigger refuses that a row gets another owner, and more than three rows a person.
create table here.lists (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    title text not null
);
create function here.guard_owner() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and new.user_id is distinct from old.user_id then
        raise exception 'a list keeps its owner';
    end if;
    if tg_op = 'INSERT' and (select count(*) from here.lists where user_id = new.user_id) >= 3 then
        raise exception 'three lists are enough';
    end if;
    return new;
end
$$;
revoke execute on function here.guard_owner() from public;
create trigger guard_owner before insert or update on here.lists
for each row execute function here.guard_owner();
alter table here.lists enable row level security;
create policy own on here.lists to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.lists to authenticated;
-- rows
insert into here.lists (user_id, title) values (:b, 'secret'), (:a, 'mine');
-- attack
update here.lists set title = 'x' where user_id = :b returning *;
-- works
insert into here.lists (title) values ('second') returning *;

-- == good service_function
-- A function for the service, granted to it alone; another tells the caller about itself.
create table here.credits (
    user_id uuid primary key references public.users on delete cascade,
    left_over integer not null default 10
);
alter table here.credits enable row level security;
create policy own on here.credits for select to authenticated using (user_id = (select auth.uid()));
grant select on here.credits to authenticated;
grant select, insert, update on here.credits to service_role;
create function here.charge(who uuid, many integer) returns integer
language sql security definer set search_path = ''
as $$
    update here.credits set left_over = left_over - many where user_id = who returning left_over
$$;
revoke execute on function here.charge(uuid, integer) from public, anon, authenticated;
grant execute on function here.charge(uuid, integer) to service_role;
create function here.who_am_i() returns json
language sql stable set search_path = ''
as $$
    select json_build_object('id', auth.uid(), 'role', auth.role(), 'email', auth.email())
$$;
-- rows
insert into here.credits values (:b), (:a);
-- attack
select here.charge(:b, 5);
-- harm
select from here.credits where user_id = :b and left_over <> 10;
-- works
select * from here.credits;

-- == good comments_where_one_may_read
-- A comment may be written on what its writer may read: the policy asks the other table's policy.
create table here.papers (
    id bigint generated always as identity primary key,
    owner_id uuid not null default auth.uid() references public.users on delete cascade,
    reviewers uuid[] not null default '{}',
    title text not null
);
create table here.remarks (
    id bigint generated always as identity primary key,
    paper_id bigint not null references here.papers on delete cascade,
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    body text not null
);
alter table here.papers enable row level security;
alter table here.remarks enable row level security;
create policy readers on here.papers for select to authenticated
using (owner_id = auth.uid() or reviewers @> array[auth.uid()]);
create policy owners on here.papers for insert to authenticated with check (owner_id = auth.uid());
create policy owners_edit on here.papers for update to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy readers on here.remarks for select to authenticated
using (exists (select from here.papers as p where p.id = paper_id));
create policy writers on here.remarks for insert to authenticated
with check (
    author_id = auth.uid() and exists (select from here.papers as p where p.id = paper_id)
);
create policy withdraw on here.remarks for delete to authenticated using (author_id = auth.uid());
grant select, insert, update on here.papers to authenticated;
grant select, insert, delete on here.remarks to authenticated;
-- rows
insert into here.papers (owner_id, title) values (:b, 'secret'), (:a, 'mine');
insert into here.remarks (paper_id, author_id, body) values (1, :b, 'secret'), (2, :b, 'to a');
-- attack
insert into here.remarks (paper_id, body) values (1, 'x');
delete from here.remarks where body = 'to a' returning *;
-- harm
select from here.remarks where body = 'x';
-- works
select * from here.remarks where body = 'to a';

-- == good published
-- What is published is for everybody, said by name; the author decides, and drafts are private.
create table here.posts (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null default auth.uid() references public.users on delete cascade,
    title text not null,
    published boolean not null default false
);
alter table here.posts enable row level security;
create policy "Published posts are viewable by everyone" on here.posts for select
to anon, authenticated using (published);
create policy own_reads on here.posts for select to authenticated using (author_id = auth.uid());
create policy own_inserts on here.posts for insert to authenticated
with check (author_id = auth.uid());
create policy own_updates on here.posts for update to authenticated
using (author_id = auth.uid()) with check (author_id = auth.uid());
create policy own_deletes on here.posts for delete to authenticated
using (author_id = auth.uid());
grant select on here.posts to anon, authenticated;
grant insert, update, delete on here.posts to authenticated;
-- rows
insert into here.posts (author_id, title, published) values
(:b, 'secret', false), (:b, 'for all', true);
-- attack
update here.posts set published = true where title = 'secret' returning *;
update here.posts set title = 'forged' returning *;
-- harm
select from here.posts where title = 'forged';
-- works
select * from here.posts;

-- == good admin_roles_claim
-- Roles are a list in app_metadata; administrators read and delete, nobody else.
create table here.flags (
    id bigint generated always as identity primary key,
    reporter uuid not null default auth.uid() references public.users on delete cascade,
    reason text not null
);
alter table here.flags enable row level security;
create policy reports on here.flags for insert to authenticated with check (reporter = auth.uid());
create policy own on here.flags for select to authenticated using (reporter = auth.uid());
create policy admins on here.flags for select to authenticated
using (coalesce((select auth.jwt()) -> 'app_metadata' -> 'roles', '[]') ? 'admin');
create policy admins_delete on here.flags for delete to authenticated
using (coalesce((select auth.jwt()) -> 'app_metadata' -> 'roles', '[]') ? 'admin');
grant select, insert (reason), delete on here.flags to authenticated;
-- rows
insert into here.flags (reporter, reason) values (:b, 'secret'), (:a, 'mine');
-- attack with {"user_metadata": {"roles": ["admin"]}, "roles": ["admin"]}
select * from here.flags;
delete from here.flags returning *;
-- works with {"app_metadata": {"roles": ["admin"]}}
delete from here.flags returning *;

-- == good link_with_token
-- Who holds the secret of a link, and sends it in a header, may read what the link leads to.
create table here.drawings (
    id uuid primary key default gen_random_uuid(),
    drawn_by uuid not null references public.users,
    notes text
);
create table here.drawing_links (
    id uuid primary key default gen_random_uuid(),
    link_token text not null unique default gen_random_uuid()::text,
    drawing_id uuid not null references here.drawings on delete cascade
);
alter table here.drawings enable row level security;
alter table here.drawing_links enable row level security;
create function here.is_linked(p_drawing uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select 1 from here.drawing_links as l
        where
            l.drawing_id = p_drawing
            and l.link_token
            = current_setting('request.headers', true)::json ->> 'x-link-token'
    )
$$;
create policy own on here.drawings to authenticated
using (drawn_by = auth.uid()) with check (drawn_by = auth.uid());
create policy by_link on here.drawings for select to anon, authenticated
using (here.is_linked(id));
grant select on here.drawings to anon;
grant select, insert, update, delete on here.drawings to authenticated;
-- rows
insert into here.drawings values ('30000000-0000-4000-8000-000000000002', :b, 'secret sketch');
insert into here.drawing_links (drawing_id) values ('30000000-0000-4000-8000-000000000002');
-- attack as anon
select notes from here.drawings;

-- == good slot_claimed
-- A free slot is of no user: who books it first has it.
create table here.slots (
    id bigint generated always as identity primary key,
    starts_at timestamptz not null,
    booked_by uuid references public.users,
    wish text
);
alter table here.slots enable row level security;
create policy see on here.slots for select to authenticated
using (booked_by is null or booked_by = auth.uid());
create policy book on here.slots for update to authenticated
using (booked_by is null) with check (booked_by = auth.uid());
grant select, update (booked_by, wish) on here.slots to authenticated;
-- rows
insert into here.slots (starts_at, booked_by, wish) values (now(), :b, 'secret wish');
-- attack
update here.slots set booked_by = :a;
select * from here.slots;

-- == good chosen_language
-- The language that a reader likes picks among texts that are everybody's.
create table here.help_texts (
    id uuid primary key default gen_random_uuid(),
    language text not null,
    body text
);
alter table here.help_texts enable row level security;
create policy in_own_language on here.help_texts for select to authenticated
using (language = auth.jwt() -> 'user_metadata' ->> 'language');
grant select on here.help_texts to authenticated;
-- rows
insert into here.help_texts (language, body) values ('de', 'Hilfe');
-- works with {"user_metadata": {"language": "de"}}
select * from here.help_texts;

-- == good profile_number
-- Posts belong to a profile by its number, and the profile to who signs in.
create table here.writers (
    id bigint generated always as identity primary key,
    user_id uuid not null unique references public.users
);
create table here.essays (
    id bigint generated always as identity primary key,
    writer_id bigint not null references here.writers,
    body text
);
alter table here.writers enable row level security;
alter table here.essays enable row level security;
create policy own on here.writers for select to authenticated using (user_id = auth.uid());
create policy own on here.essays to authenticated using (
    exists (
        select 1 from here.writers as w
        where w.id = essays.writer_id and w.user_id = auth.uid()
    )
);
grant select on here.writers to authenticated;
grant select, insert, update, delete on here.essays to authenticated;
-- rows
insert into here.writers (user_id) values (:a), (:b);
insert into here.essays (writer_id, body)
select w.id, case w.user_id when :b then 'secret' else 'mine' end from here.writers as w;
-- attack
select * from here.essays;
-- works
select * from here.essays;

-- == good words_beside_profiles
-- A profile's id is a user's; a word's id, of the same name and type, is of no user.
create table here.profiles (
    id uuid primary key references public.users on delete cascade,
    nickname text
);
create table here.words (
    id uuid primary key default gen_random_uuid(),
    word text not null
);
alter table here.profiles enable row level security;
alter table here.words enable row level security;
create policy own on here.profiles to authenticated
using (id = auth.uid()) with check (id = auth.uid());
create policy everybody on here.words for select to authenticated using (true);
grant select, insert, update, delete on here.profiles to authenticated;
grant select on here.words to authenticated;
-- rows
insert into here.profiles values (:a, 'mine'), (:b, 'secret');
insert into here.words (word) values ('house');
-- attack
select nickname from here.profiles;
-- works
select * from here.words;
