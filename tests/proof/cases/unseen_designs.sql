-- == good app_team_chat
-- Members of a room read and write in it; others come in when invited; a helper avoids recursion.
create schema here_private;
grant usage on schema here_private to authenticated;
create table here.profiles (
    id uuid primary key references auth.users on delete cascade,
    display_name text not null check (char_length(display_name) between 1 and 40)
);
create table here.rooms (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    created_by uuid not null default auth.uid() references here.profiles on delete cascade
);
create table here.room_members (
    room_id uuid references here.rooms on delete cascade,
    profile_id uuid references here.profiles on delete cascade,
    joined_at timestamptz not null default now(),
    primary key (room_id, profile_id)
);
create table here.room_invites (
    room_id uuid references here.rooms on delete cascade,
    profile_id uuid references here.profiles on delete cascade,
    primary key (room_id, profile_id)
);
create table here.messages (
    id bigint generated always as identity primary key,
    room_id uuid not null references here.rooms on delete cascade,
    sender_id uuid not null default auth.uid() references here.profiles on delete cascade,
    body text not null,
    sent_at timestamptz not null default now()
);
create table here.reactions (
    message_id bigint references here.messages on delete cascade,
    profile_id uuid default auth.uid() references here.profiles on delete cascade,
    emoji text not null,
    primary key (message_id, profile_id, emoji)
);
create function here_private.in_room(room uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select 1 from here.room_members as m
        where m.room_id = room and m.profile_id = (select auth.uid())
    )
$$;
alter table here.profiles enable row level security;
alter table here.rooms enable row level security;
alter table here.room_members enable row level security;
alter table here.room_invites enable row level security;
alter table here.messages enable row level security;
alter table here.reactions enable row level security;
create policy own on here.profiles to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy roommates on here.profiles for select to authenticated
using (
    exists (
        select 1 from here.room_members as m
        where m.profile_id = profiles.id and here_private.in_room(m.room_id)
    )
);
create policy seen on here.rooms for select to authenticated
using (created_by = (select auth.uid()) or here_private.in_room(id));
create policy made on here.rooms for insert to authenticated
with check (created_by = (select auth.uid()));
create policy renamed on here.rooms for update to authenticated
using (created_by = (select auth.uid())) with check (created_by = (select auth.uid()));
create policy closed on here.rooms for delete to authenticated
using (created_by = (select auth.uid()));
create policy seen on here.room_members for select to authenticated
using (profile_id = (select auth.uid()) or here_private.in_room(room_id));
create policy join_in on here.room_members for insert to authenticated
with check (
    profile_id = (select auth.uid())
    and (
        exists (
            select 1 from here.rooms as r
            where r.id = room_id and r.created_by = (select auth.uid())
        )
        or exists (
            select 1 from here.room_invites as i
            where i.room_id = room_members.room_id and i.profile_id = (select auth.uid())
        )
    )
);
create policy invited on here.room_invites for select to authenticated
using (profile_id = (select auth.uid()));
create policy by_maker on here.room_invites to authenticated
using (room_id in (select r.id from here.rooms as r where r.created_by = (select auth.uid())))
with check (
    room_id in (select r.id from here.rooms as r where r.created_by = (select auth.uid()))
);
create policy leave on here.room_members for delete to authenticated
using (profile_id = (select auth.uid()));
create policy read on here.messages for select to authenticated
using (here_private.in_room(room_id));
create policy write on here.messages for insert to authenticated
with check (sender_id = (select auth.uid()) and here_private.in_room(room_id));
create policy edit on here.messages for update to authenticated
using (sender_id = (select auth.uid()) and here_private.in_room(room_id))
with check (sender_id = (select auth.uid()) and here_private.in_room(room_id));
create policy retract on here.messages for delete to authenticated
using (sender_id = (select auth.uid()));
create policy read on here.reactions for select to authenticated
using (exists (select 1 from here.messages as m where m.id = message_id));
create policy react on here.reactions for insert to authenticated
with check (
    profile_id = (select auth.uid())
    and exists (select 1 from here.messages as m where m.id = message_id)
);
create policy unreact on here.reactions for delete to authenticated
using (profile_id = (select auth.uid()));
grant select, insert, update (display_name) on here.profiles to authenticated;
grant select, insert, update (name), delete on here.rooms to authenticated;
grant select, insert, delete on here.room_members, here.room_invites to authenticated;
grant select, insert (room_id, body), update (body), delete on here.messages to authenticated;
grant select, insert, delete on here.reactions to authenticated;
-- rows
insert into here.profiles values (:a, 'ann'), (:b, 'secret bob');
insert into here.rooms values
('c0000000-0000-4000-8000-000000000001', 'secret room', :b),
('c0000000-0000-4000-8000-000000000002', 'lobby', :a);
insert into here.room_members (room_id, profile_id) values
('c0000000-0000-4000-8000-000000000001', :b),
('c0000000-0000-4000-8000-000000000002', :a);
insert into here.messages (room_id, sender_id, body)
values ('c0000000-0000-4000-8000-000000000001', :b, 'secret');
-- attack
select * from here.messages;
insert into here.room_members values ('c0000000-0000-4000-8000-000000000001', :a);
insert into here.messages (room_id, body)
values ('c0000000-0000-4000-8000-000000000001', 'let me in');
select * from here.messages;
-- works
insert into here.messages (room_id, body)
values ('c0000000-0000-4000-8000-000000000002', 'hello') returning body;

-- == good app_marketplace
-- Buyers see their orders, sellers the orders of their goods; orders are placed by a function.
create type here.order_state as enum ('placed', 'paid', 'shipped', 'delivered', 'cancelled');
create table here.sellers (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null unique references auth.users on delete cascade,
    shop_name text not null unique
);
create table here.seller_bank_accounts (
    seller_id uuid primary key references here.sellers on delete cascade,
    iban text not null check (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$')
);
create table here.products (
    id uuid primary key default gen_random_uuid(),
    seller_id uuid not null references here.sellers on delete cascade,
    title text not null,
    price_cents integer not null check (price_cents > 0),
    is_active boolean not null default false
);
create table here.orders (
    id uuid primary key default gen_random_uuid(),
    buyer_id uuid not null references auth.users on delete cascade,
    seller_id uuid not null references here.sellers,
    state here.order_state not null default 'placed',
    ship_to text not null,
    created_at timestamptz not null default now()
);
create table here.order_items (
    order_id uuid references here.orders on delete cascade,
    product_id uuid references here.products,
    quantity smallint not null check (quantity between 1 and 99),
    unit_price_cents integer not null,
    primary key (order_id, product_id)
);
create table here.reviews (
    product_id uuid references here.products on delete cascade,
    order_id uuid references here.orders on delete cascade,
    stars smallint not null check (stars between 1 and 5),
    body text,
    primary key (order_id, product_id)
);
create function here.my_seller_id() returns uuid
language sql stable security definer set search_path = ''
as $$ select s.id from here.sellers as s where s.account_id = (select auth.uid()) $$;
revoke execute on function here.my_seller_id() from public;
grant execute on function here.my_seller_id() to authenticated;
alter table here.sellers enable row level security;
alter table here.seller_bank_accounts enable row level security;
alter table here.products enable row level security;
alter table here.orders enable row level security;
alter table here.order_items enable row level security;
alter table here.reviews enable row level security;
create policy own on here.sellers for select to authenticated
using (account_id = (select auth.uid()));
create policy open_shop on here.sellers for insert to authenticated
with check (account_id = (select auth.uid()));
create policy own on here.seller_bank_accounts to authenticated
using (seller_id = here.my_seller_id()) with check (seller_id = here.my_seller_id());
create policy on_sale on here.products for select to anon, authenticated using (is_active);
create policy own on here.products to authenticated
using (seller_id = here.my_seller_id()) with check (seller_id = here.my_seller_id());
create policy bought on here.orders for select to authenticated
using (buyer_id = (select auth.uid()));
create policy sold on here.orders for select to authenticated
using (seller_id = here.my_seller_id());
create policy fulfil on here.orders for update to authenticated
using (seller_id = here.my_seller_id() and state in ('paid', 'shipped'))
with check (seller_id = here.my_seller_id() and state in ('shipped', 'delivered'));
create policy of_my_orders on here.order_items for select to authenticated
using (exists (select 1 from here.orders as o where o.id = order_id));
create policy all_read on here.reviews for select to anon, authenticated using (true);
create policy after_delivery on here.reviews for insert to authenticated
with check (
    exists (
        select 1
        from here.orders as o
        inner join here.order_items as i on i.order_id = o.id
        where
            o.id = reviews.order_id and i.product_id = reviews.product_id
            and o.buyer_id = (select auth.uid()) and o.state = 'delivered'
    )
);
grant select, insert on here.sellers to authenticated;
grant select, insert, update on here.seller_bank_accounts to authenticated;
grant select on here.products, here.reviews to anon;
grant select, insert, update, delete on here.products to authenticated;
grant select, update (state) on here.orders to authenticated;
grant select on here.order_items to authenticated;
grant select, insert on here.reviews to authenticated;
create function here.place_order(product uuid, quantity integer, ship_to text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    bought here.products;
    made uuid;
begin
    if auth.uid() is null then
        raise exception 'sign in first' using errcode = '28000';
    end if;
    select * into bought from here.products as p where p.id = product and p.is_active;
    if not found then
        raise exception 'not on sale';
    end if;
    insert into here.orders (buyer_id, seller_id, ship_to)
    values (auth.uid(), bought.seller_id, place_order.ship_to) returning id into made;
    insert into here.order_items values (made, bought.id, quantity, bought.price_cents);
    return made;
end
$$;
revoke execute on function here.place_order(uuid, integer, text) from public;
grant execute on function here.place_order(uuid, integer, text) to authenticated;
-- rows
insert into here.sellers (id, account_id, shop_name)
values ('c0000000-0000-4000-8000-000000000001', :b, 'bobs');
insert into here.seller_bank_accounts
values ('c0000000-0000-4000-8000-000000000001', 'DE12SECRETSECRET00');
insert into here.products values
(
    'd0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001',
    'a lamp', 1200, true
),
(
    'd0000000-0000-4000-8000-000000000002', 'c0000000-0000-4000-8000-000000000001',
    'secret lamp', 1200, false
);
insert into here.orders (id, buyer_id, seller_id, ship_to) values
(
    'e0000000-0000-4000-8000-000000000001', :b, 'c0000000-0000-4000-8000-000000000001',
    'secret street 1'
);
-- attack
select * from here.orders;
select here.place_order('d0000000-0000-4000-8000-000000000002', 1, 'x');
insert into here.reviews values (
    'd0000000-0000-4000-8000-000000000001', 'e0000000-0000-4000-8000-000000000001', 1, 'bad'
);
update here.products set price_cents = 1;
-- works
select here.place_order('d0000000-0000-4000-8000-000000000001', 2, 'my street');

-- == good app_blog
-- All read what is published; drafts are their author's; likes are counted by a trigger.
create table here.authors (
    id uuid primary key references auth.users on delete cascade,
    handle text not null unique check (handle ~ '^[a-z0-9_]{3,20}$'),
    bio text
);
create table here.posts (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null default auth.uid() references here.authors on delete cascade,
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    title text not null,
    body text not null default '',
    status text not null default 'draft' check (status in ('draft', 'published', 'archived')),
    like_count integer not null default 0 check (like_count >= 0),
    published_at timestamptz,
    check (status <> 'published' or published_at is not null)
);
create table here.tags (
    id smallint generated always as identity primary key,
    label text not null unique
);
create table here.post_tags (
    post_id uuid references here.posts on delete cascade,
    tag_id smallint references here.tags on delete restrict,
    primary key (post_id, tag_id)
);
create table here.comments (
    id bigint generated always as identity primary key,
    post_id uuid not null references here.posts on delete cascade,
    author_id uuid not null default auth.uid() references here.authors on delete cascade,
    body text not null check (length(body) <= 2000),
    created_at timestamptz not null default now()
);
create table here.likes (
    post_id uuid references here.posts on delete cascade,
    author_id uuid default auth.uid() references here.authors on delete cascade,
    primary key (post_id, author_id)
);
create function here.count_likes() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update here.posts as p
    set like_count = (select count(*) from here.likes as l where l.post_id = p.id)
    where p.id = coalesce(new.post_id, old.post_id);
    return null;
end
$$;
revoke execute on function here.count_likes() from public;
create trigger count_likes after insert or delete on here.likes
for each row execute function here.count_likes();
alter table here.authors enable row level security;
alter table here.posts enable row level security;
alter table here.tags enable row level security;
alter table here.post_tags enable row level security;
alter table here.comments enable row level security;
alter table here.likes enable row level security;
create policy everybody on here.authors for select to anon, authenticated using (true);
create policy mine on here.authors for insert to authenticated
with check (id = (select auth.uid()));
create policy mine_too on here.authors for update to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy published on here.posts for select to anon, authenticated
using (status = 'published' and published_at <= now());
create policy mine on here.posts to authenticated
using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));
create policy everybody on here.tags for select to anon, authenticated using (true);
create policy of_posts on here.post_tags for select to anon, authenticated
using (exists (select 1 from here.posts as p where p.id = post_id));
create policy mine on here.post_tags for insert to authenticated
with check (
    exists (
        select 1 from here.posts as p
        where p.id = post_id and p.author_id = (select auth.uid())
    )
);
create policy mine_away on here.post_tags for delete to authenticated
using (
    exists (
        select 1 from here.posts as p
        where p.id = post_id and p.author_id = (select auth.uid())
    )
);
create policy of_posts on here.comments for select to anon, authenticated
using (exists (select 1 from here.posts as p where p.id = post_id));
create policy mine on here.comments for insert to authenticated
with check (
    author_id = (select auth.uid())
    and exists (select 1 from here.posts as p where p.id = post_id)
);
create policy mine_away on here.comments for delete to authenticated
using (author_id = (select auth.uid()));
create policy mine on here.likes for select to authenticated
using (author_id = (select auth.uid()));
create policy like_it on here.likes for insert to authenticated
with check (
    author_id = (select auth.uid())
    and exists (select 1 from here.posts as p where p.id = post_id)
);
create policy unlike_it on here.likes for delete to authenticated
using (author_id = (select auth.uid()));
grant select on here.authors, here.posts, here.tags, here.post_tags, here.comments to anon;
grant select on here.authors, here.posts, here.tags, here.post_tags, here.comments, here.likes
to authenticated;
grant insert, update (handle, bio) on here.authors to authenticated;
grant insert (slug, title, body, status, published_at) on here.posts to authenticated;
grant update (slug, title, body, status, published_at), delete on here.posts to authenticated;
grant insert, delete on here.post_tags, here.likes to authenticated;
grant insert (post_id, body), delete on here.comments to authenticated;
-- rows
insert into here.authors values (:a, 'ann', null), (:b, 'bob', 'writes');
insert into here.posts (id, author_id, slug, title, status, published_at) values
('c0000000-0000-4000-8000-000000000001', :b, 'first', 'hello', 'published', now()),
('c0000000-0000-4000-8000-000000000002', :b, 'next', 'secret', 'draft', null),
('c0000000-0000-4000-8000-000000000003', :b, 'later', 'secret', 'published', now() + '1 day');
insert into here.comments (post_id, author_id, body)
values ('c0000000-0000-4000-8000-000000000002', :b, 'secret note');
-- attack
select * from here.posts;
insert into here.comments (post_id, body) values ('c0000000-0000-4000-8000-000000000002', 'x');
update here.posts set title = 'mine now' where slug = 'first';
insert into here.likes (post_id) values ('c0000000-0000-4000-8000-000000000003');
-- works
insert into here.comments (post_id, body)
values ('c0000000-0000-4000-8000-000000000001', 'nice') returning id;

-- == good app_saas
-- Members of an organisation work on its projects; admins invite by e-mail and see its keys.
create type here.org_role as enum ('member', 'admin', 'owner');
create table here.organisations (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    slug text not null unique
);
create table here.memberships (
    organisation_id uuid references here.organisations on delete cascade,
    user_id uuid references auth.users on delete cascade,
    role here.org_role not null default 'member',
    primary key (organisation_id, user_id)
);
create table here.invitations (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references here.organisations on delete cascade,
    email text not null check (email = lower(email)),
    role here.org_role not null default 'member' check (role <> 'owner'),
    accepted_at timestamptz,
    expires_at timestamptz not null default now() + interval '7 days',
    unique (organisation_id, email)
);
create table here.projects (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references here.organisations on delete cascade,
    name text not null,
    archived boolean not null default false,
    unique (organisation_id, id)
);
create table here.project_tasks (
    organisation_id uuid not null,
    project_id uuid not null,
    position integer not null,
    title text not null,
    primary key (project_id, position),
    foreign key (organisation_id, project_id)
    references here.projects (organisation_id, id) on delete cascade
);
create table here.api_keys (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references here.organisations on delete cascade,
    label text not null,
    key_hash text not null
);
create function here.has_role(organisation uuid, at_least here.org_role) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select 1 from here.memberships as m
        where
            m.organisation_id = organisation
            and m.user_id = (select auth.uid())
            and m.role >= at_least
    )
$$;
create function here.create_organisation(name text, slug text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    made uuid;
begin
    if auth.uid() is null then
        raise exception 'not signed in';
    end if;
    insert into here.organisations (name, slug)
    values (create_organisation.name, create_organisation.slug) returning id into made;
    insert into here.memberships values (made, auth.uid(), 'owner');
    return made;
end
$$;
create function here.accept_invitation(invitation uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    found_one here.invitations;
begin
    update here.invitations set accepted_at = now()
    where
        id = invitation and accepted_at is null and expires_at > now()
        and email = lower(auth.jwt() ->> 'email')
    returning * into found_one;
    if found_one.id is null then
        raise exception 'no such invitation';
    end if;
    insert into here.memberships values (found_one.organisation_id, auth.uid(), found_one.role)
    on conflict do nothing;
end
$$;
revoke execute on function here.create_organisation(text, text) from public;
revoke execute on function here.accept_invitation(uuid) from public;
grant execute on function here.create_organisation(text, text) to authenticated;
grant execute on function here.accept_invitation(uuid) to authenticated;
alter table here.organisations enable row level security;
alter table here.memberships enable row level security;
alter table here.invitations enable row level security;
alter table here.projects enable row level security;
alter table here.project_tasks enable row level security;
alter table here.api_keys enable row level security;
create policy members on here.organisations for select to authenticated
using (here.has_role(id, 'member'));
create policy admins on here.organisations for update to authenticated
using (here.has_role(id, 'admin')) with check (here.has_role(id, 'admin'));
create policy owners on here.organisations for delete to authenticated
using (here.has_role(id, 'owner'));
create policy members on here.memberships for select to authenticated
using (here.has_role(organisation_id, 'member'));
create policy owners on here.memberships for update to authenticated
using (here.has_role(organisation_id, 'owner'))
with check (here.has_role(organisation_id, 'owner'));
create policy leave on here.memberships for delete to authenticated
using (user_id = (select auth.uid()) or here.has_role(organisation_id, 'owner'));
create policy admins on here.invitations to authenticated
using (here.has_role(organisation_id, 'admin'))
with check (here.has_role(organisation_id, 'admin') and accepted_at is null);
create policy invited on here.invitations for select to authenticated
using (email = lower((select auth.jwt()) ->> 'email') and expires_at > now());
create policy members on here.projects to authenticated
using (here.has_role(organisation_id, 'member'))
with check (here.has_role(organisation_id, 'member'));
create policy members on here.project_tasks to authenticated
using (here.has_role(organisation_id, 'member'))
with check (here.has_role(organisation_id, 'member'));
create policy admins on here.api_keys for select to authenticated
using (here.has_role(organisation_id, 'admin'));
grant select, update (name, slug), delete on here.organisations to authenticated;
grant select, update (role), delete on here.memberships to authenticated;
grant select, insert (organisation_id, email, role), delete on here.invitations to authenticated;
grant select, insert, update, delete on here.projects, here.project_tasks to authenticated;
grant select (id, organisation_id, label) on here.api_keys to authenticated;
-- rows
insert into here.organisations values
('c0000000-0000-4000-8000-000000000001', 'secret org', 'b'),
('c0000000-0000-4000-8000-000000000002', 'mine', 'a');
insert into here.memberships values
('c0000000-0000-4000-8000-000000000001', :b, 'owner'),
('c0000000-0000-4000-8000-000000000002', :a, 'owner');
insert into here.projects (id, organisation_id, name) values
('d0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001', 'secret');
insert into here.invitations (id, organisation_id, email) values (
    'e0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000001',
    'secret@example.net'
);
insert into here.api_keys (organisation_id, label, key_hash)
values ('c0000000-0000-4000-8000-000000000001', 'secret', 'x');
-- attack
select here.accept_invitation('e0000000-0000-4000-8000-000000000001');
select * from here.projects;
insert into here.project_tasks values (
    'c0000000-0000-4000-8000-000000000002', 'd0000000-0000-4000-8000-000000000001', 1, 'x'
);
update here.memberships set role = 'owner';
select * from here.organisations;
-- works
insert into here.projects (organisation_id, name)
values ('c0000000-0000-4000-8000-000000000002', 'ours') returning id;

-- == good app_todo_lists
-- A list is its owner's and of those whom the owner gave it to, to read or to edit.
create table here.lists (
    id bigint generated by default as identity primary key,
    owner_id uuid not null default auth.uid() references auth.users on delete cascade,
    title text not null
);
create table here.list_shares (
    list_id bigint references here.lists on delete cascade,
    shared_with uuid references auth.users on delete cascade,
    can_edit boolean not null default false,
    primary key (list_id, shared_with)
);
create table here.todos (
    id bigint generated by default as identity primary key,
    list_id bigint not null references here.lists on delete cascade,
    task text not null check (task <> ''),
    done boolean not null default false,
    due_on date
);
create table here.reminders (
    todo_id bigint references here.todos on delete cascade,
    user_id uuid default auth.uid() references auth.users on delete cascade,
    remind_at timestamptz not null,
    primary key (todo_id, user_id)
);
create schema here_guard;
grant usage on schema here_guard to authenticated;
create function here_guard.owns(list bigint) returns boolean
language sql stable security definer set search_path = ''
return exists (
    select 1 from here.lists as l where l.id = list and l.owner_id = auth.uid()
);
create function here_guard.may(list bigint, editing boolean) returns boolean
language sql stable security definer set search_path = ''
return here_guard.owns(list) or exists (
    select 1 from here.list_shares as s
    where s.list_id = list and s.shared_with = auth.uid() and (s.can_edit or not editing)
);
alter table here.lists enable row level security;
alter table here.list_shares enable row level security;
alter table here.todos enable row level security;
alter table here.reminders enable row level security;
create policy owner on here.lists to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy shared on here.lists for select to authenticated
using (here_guard.may(id, false));
create policy owner on here.list_shares to authenticated
using (here_guard.owns(list_id)) with check (here_guard.owns(list_id));
create policy receiver on here.list_shares for select to authenticated
using (shared_with = auth.uid());
create policy reading on here.todos for select to authenticated
using (here_guard.may(list_id, false));
create policy adding on here.todos for insert to authenticated
with check (here_guard.may(list_id, true));
create policy changing on here.todos for update to authenticated
using (here_guard.may(list_id, true)) with check (here_guard.may(list_id, true));
create policy removing on here.todos for delete to authenticated
using (here_guard.may(list_id, true));
create policy own on here.reminders to authenticated
using (user_id = auth.uid())
with check (
    user_id = auth.uid()
    and exists (select 1 from here.todos as t where t.id = todo_id)
);
grant select, insert, update, delete on here.lists, here.list_shares, here.todos, here.reminders
to authenticated;
-- rows
insert into here.lists values (101, :b, 'secret'), (102, :a, 'mine'), (103, :b, 'for us');
insert into here.list_shares values (103, :a, false);
insert into here.todos (id, list_id, task)
values (101, 101, 'secret'), (102, 102, 'milk'), (103, 103, 'x');
-- attack
select * from here.todos;
insert into here.list_shares values (101, :a, true);
update here.list_shares set can_edit = true;
update here.todos set list_id = 101;
insert into here.todos (list_id, task) values (103, 'may only read');
select * from here.lists;
-- works
insert into here.todos (list_id, task) values (102, 'bread') returning id;

-- == good app_clinic
-- Therapists see the clients assigned to them; clients see their own file, not the notes.
create table here.staff (
    user_id uuid primary key references auth.users on delete cascade,
    full_name text not null,
    active boolean not null default true
);
create table here.clients (
    id uuid primary key default gen_random_uuid(),
    user_id uuid unique references auth.users on delete set null,
    full_name text not null,
    born_on date check (born_on < current_date),
    insurance_no char(10) check (insurance_no ~ '^[A-Z][0-9]{9}$')
);
create table here.assignments (
    client_id uuid references here.clients on delete cascade,
    staff_id uuid references here.staff on delete cascade,
    during daterange not null default daterange(current_date, null),
    primary key (client_id, staff_id)
);
create table here.case_notes (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references here.clients on delete cascade,
    written_by uuid not null default auth.uid() references here.staff,
    body text not null
);
create table here.appointments (
    id uuid primary key default gen_random_uuid(),
    client_id uuid not null references here.clients on delete cascade,
    staff_id uuid not null references here.staff,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    check (ends_at > starts_at and ends_at - starts_at <= interval '3 hours')
);
create function here.treats(client uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select 1
        from here.assignments as a
        inner join here.staff as s on s.user_id = a.staff_id
        where
            a.client_id = client and s.user_id = (select auth.uid())
            and s.active and a.during @> current_date
    )
$$;
revoke execute on function here.treats(uuid) from public;
grant execute on function here.treats(uuid) to authenticated;
alter table here.staff enable row level security;
alter table here.clients enable row level security;
alter table here.assignments enable row level security;
alter table here.case_notes enable row level security;
alter table here.appointments enable row level security;
create policy self on here.staff for select to authenticated
using (user_id = (select auth.uid()));
create policy self on here.clients for select to authenticated
using (user_id = (select auth.uid()));
create policy treated on here.clients for select to authenticated using (here.treats(id));
create policy mine on here.assignments for select to authenticated
using (staff_id = (select auth.uid()));
create policy treated on here.case_notes for select to authenticated
using (here.treats(client_id));
create policy note on here.case_notes for insert to authenticated
with check (here.treats(client_id) and written_by = (select auth.uid()));
create policy treated on here.appointments to authenticated
using (here.treats(client_id) and staff_id = (select auth.uid()))
with check (here.treats(client_id) and staff_id = (select auth.uid()));
create policy self on here.appointments for select to authenticated
using (client_id in (select c.id from here.clients as c where c.user_id = (select auth.uid())));
grant select on here.staff, here.clients, here.assignments to authenticated;
grant select, insert (client_id, body) on here.case_notes to authenticated;
grant select, insert, update, delete on here.appointments to authenticated;
-- rows
insert into here.staff values (:b, 'Dr. Secret', true);
insert into here.clients (id, user_id, full_name, insurance_no) values
('c0000000-0000-4000-8000-000000000001', :a, 'ann', 'A123456789'),
('c0000000-0000-4000-8000-000000000002', null, 'secret person', 'B123456789');
insert into here.assignments values
('c0000000-0000-4000-8000-000000000001', :b), ('c0000000-0000-4000-8000-000000000002', :b);
insert into here.case_notes (client_id, written_by, body) values
('c0000000-0000-4000-8000-000000000001', :b, 'secret'),
('c0000000-0000-4000-8000-000000000002', :b, 'secret');
-- attack
select * from here.case_notes;
select * from here.clients;
insert into here.assignments values ('c0000000-0000-4000-8000-000000000002', :a);
insert into here.case_notes (client_id, body)
values ('c0000000-0000-4000-8000-000000000001', 'I am well');
-- works
select full_name from here.clients;

-- == good app_booking
-- A seat is booked once at a time; who booked it is theirs to know; all see that it is taken.
-- alone
create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;
create extension if not exists btree_gist with schema extensions;
create table here.desks (
    id integer generated always as identity primary key,
    label text not null unique
);
create table here.bookings (
    id uuid primary key default gen_random_uuid(),
    desk_id integer not null references here.desks,
    booked_by uuid not null default auth.uid() references auth.users on delete cascade,
    during tstzrange not null check (not isempty(during) and upper_inf(during) is false),
    purpose text,
    constraint no_double_booking
    exclude using gist (desk_id extensions.gist_int4_ops with =, during with &&)
);
alter table here.desks enable row level security;
alter table here.bookings enable row level security;
create policy everybody on here.desks for select to anon, authenticated using (true);
create policy own on here.bookings to authenticated
using (booked_by = (select auth.uid())) with check (booked_by = (select auth.uid()));
grant select on here.desks to anon, authenticated;
grant select, insert, delete on here.bookings to authenticated;
create function here.taken(day date) returns table (desk_id integer, during tstzrange)
language sql stable security definer set search_path = ''
as $$
    select b.desk_id, b.during
    from here.bookings as b
    where b.during && tstzrange(day::timestamptz, (day + 1)::timestamptz)
$$;
revoke execute on function here.taken(date) from public;
grant execute on function here.taken(date) to authenticated;
-- rows
insert into here.desks (label) values ('window');
insert into here.bookings (desk_id, booked_by, during, purpose)
values (1, :b, '[2031-01-01 09:00+00,2031-01-01 10:00+00)', 'secret meeting');
-- attack
select * from here.bookings;
insert into here.bookings (desk_id, during)
values (1, '[2031-01-01 09:30+00,2031-01-01 10:00+00)');
delete from here.bookings;
-- works
insert into here.bookings (desk_id, during)
values (1, '[2031-01-01 10:00+00,2031-01-01 11:00+00)') returning id;

-- == good app_billing
-- The payment provider's webhook writes as service_role; customers read what is theirs.
create table here.plans (
    id text primary key check (id like 'price\_%'),
    name text not null,
    amount_cents integer not null check (amount_cents >= 0),
    currency char(3) not null default 'EUR' check (currency = upper(currency))
);
create table here.customers (
    user_id uuid primary key references auth.users on delete cascade,
    provider_id text not null unique check (provider_id ~ '^cus_[A-Za-z0-9]{6,}$')
);
create table here.subscriptions (
    id text primary key,
    user_id uuid not null references here.customers on delete cascade,
    plan_id text not null references here.plans,
    status text not null check (status in ('trialing', 'active', 'past_due', 'canceled')),
    current_period_end timestamptz not null
);
create table here.invoices (
    id text primary key,
    subscription_id text not null references here.subscriptions on delete cascade,
    total_cents integer not null,
    hosted_url text not null check (hosted_url like 'https://%')
);
create table here.webhook_events (
    id text primary key,
    payload jsonb not null,
    received_at timestamptz not null default now(),
    handled_at timestamptz
);
alter table here.plans enable row level security;
alter table here.customers enable row level security;
alter table here.subscriptions enable row level security;
alter table here.invoices enable row level security;
alter table here.webhook_events enable row level security;
create policy everybody on here.plans for select to anon, authenticated using (true);
create policy own on here.subscriptions for select to authenticated
using (user_id = (select auth.uid()));
create policy own on here.invoices for select to authenticated
using (
    subscription_id in (
        select s.id from here.subscriptions as s where s.user_id = (select auth.uid())
    )
);
grant select on here.plans to anon, authenticated;
grant select on here.subscriptions, here.invoices to authenticated;
grant select, insert, update, delete
on here.plans, here.customers, here.subscriptions, here.invoices, here.webhook_events
to service_role;
create function here.is_subscribed() returns boolean
language sql stable security invoker set search_path = ''
as $$
    select exists (
        select 1 from here.subscriptions as s
        where s.status in ('trialing', 'active') and s.current_period_end > now()
            and s.user_id = (select auth.uid())
    )
$$;
-- rows
insert into here.plans values ('price_1', 'pro', 900);
insert into here.customers values (:b, 'cus_secret01'), (:a, 'cus_annann1');
insert into here.subscriptions values
('sub_secret', :b, 'price_1', 'active', now() + '1 month'),
('sub_a', :a, 'price_1', 'active', now() + '1 month');
insert into here.invoices values ('in_1', 'sub_secret', 900, 'https://pay/secret');
insert into here.webhook_events values ('evt_1', '{"customer": "secret"}');
-- attack
select * from here.invoices;
select * from here.webhook_events;
insert into here.subscriptions values ('sub_x', :a, 'price_1', 'active', now());
update here.subscriptions set current_period_end = 'infinity';
-- works
select 1 from here.subscriptions where here.is_subscribed();

-- == good app_file_paths
-- A file lies in the folder of its owner's id; a bucket may be open to all.
create table here.buckets (
    id text primary key,
    is_open boolean not null default false
);
create table here.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null references here.buckets,
    name text not null check (name !~ '(^/|//|/$)'),
    metadata jsonb,
    path_tokens text[] generated always as (string_to_array(name, '/')) stored,
    unique (bucket_id, name)
);
alter table here.buckets enable row level security;
alter table here.objects enable row level security;
create policy own_folder on here.objects to authenticated
using (bucket_id = 'private' and path_tokens[1] = (select auth.uid())::text)
with check (bucket_id = 'private' and split_part(name, '/', 1) = (select auth.uid())::text);
create policy avatars on here.objects for select to anon, authenticated
using (bucket_id = 'avatars');
create policy own_avatar on here.objects for insert to authenticated
with check (bucket_id = 'avatars' and name = (select auth.uid())::text || '/avatar.png');
grant select on here.objects to anon;
grant select, insert, delete on here.objects to authenticated;
-- rows
insert into here.buckets values ('private', false), ('avatars', true);
insert into here.objects (bucket_id, name) values
('private', :b || '/secret.pdf'), ('avatars', :b || '/avatar.png');
-- attack
select * from here.objects;
insert into here.objects (bucket_id, name) values ('private', :b || '/x.pdf');
insert into here.objects (bucket_id, name) values ('avatars', :b || '/avatar2.png');
delete from here.objects where bucket_id = 'avatars';
-- works
insert into here.objects (bucket_id, name) values ('private', :a || '/x.pdf') returning id;

-- == good app_feature_flags
-- Flags and countries are for all to read; what a user has switched on is the user's.
create table here.countries (
    code char(2) primary key check (code ~ '^[A-Z]{2}$'),
    name text not null
);
create table here.flags (
    key text primary key check (key ~ '^[a-z]+(\.[a-z]+)*$'),
    on_by_default boolean not null default false,
    rollout_percent smallint not null default 0 check (rollout_percent between 0 and 100)
);
create table here.flag_overrides (
    flag_key text references here.flags on delete cascade,
    user_id uuid default auth.uid() references auth.users on delete cascade,
    is_on boolean not null,
    primary key (flag_key, user_id)
);
alter table here.countries enable row level security;
alter table here.flags enable row level security;
alter table here.flag_overrides enable row level security;
create policy readable on here.countries for select using (true);
create policy readable on here.flags for select to anon, authenticated using (true);
create policy own on here.flag_overrides to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select on here.countries, here.flags to anon, authenticated;
grant select, insert, update, delete on here.flag_overrides to authenticated;
create function here.is_on(flag text) returns boolean
language sql stable set search_path = ''
as $$
    select coalesce(o.is_on, f.on_by_default)
    from here.flags as f
    left join here.flag_overrides as o on o.flag_key = f.key and o.user_id = auth.uid()
    where f.key = flag
$$;
revoke execute on function here.is_on(text) from public;
grant execute on function here.is_on(text) to authenticated;
-- rows
insert into here.countries values ('AT', 'Austria');
insert into here.flags values ('new.editor', false, 10), ('dark', true, 100);
insert into here.flag_overrides values ('new.editor', :b, true);
-- attack
update here.flags set on_by_default = true;
update here.flag_overrides set is_on = false;
insert into here.flag_overrides values ('dark', :b, false);
-- harm
select 1 from here.flag_overrides where user_id = :b and not is_on;
-- works
insert into here.flag_overrides (flag_key, is_on) values ('dark', false) returning 1;

-- == good app_open_profiles
-- A person's phone is theirs; a view shows all people's name and picture and nothing else.
create table here.people (
    id uuid primary key references auth.users on delete cascade,
    username text not null unique check (username ~ '^[a-z][a-z0-9]{2,15}$'),
    avatar_url text,
    phone text check (phone ~ '^\+[1-9][0-9]{6,14}$'),
    private_bio text,
    wants_to_be_found boolean not null default false
);
alter table here.people enable row level security;
create policy own on here.people to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
grant select, insert, update on here.people to authenticated;
create view here.directory with (security_barrier) as
select username, avatar_url from here.people where wants_to_be_found;
grant select on here.directory to anon, authenticated;
-- rows
insert into here.people values
(:a, 'ann', null, null, null, true), (:b, 'bob', 'https://x/b.png', '+43123456789', 'secret', true);
-- attack
select * from here.directory;
select * from here.people;
update here.directory set username = 'x';
-- works
select 1 from here.directory where username = 'bob';

-- == good app_followers
-- A follower reads posts for followers once the followed has said yes.
create table here.follows (
    follower_id uuid default auth.uid() references auth.users on delete cascade,
    followed_id uuid references auth.users on delete cascade,
    accepted boolean not null default false,
    primary key (follower_id, followed_id),
    check (follower_id <> followed_id)
);
create table here.updates (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null default auth.uid() references auth.users on delete cascade,
    audience text not null default 'followers' check (audience in ('me', 'followers')),
    body text not null
);
alter table here.follows enable row level security;
alter table here.updates enable row level security;
create policy either on here.follows for select to authenticated
using ((select auth.uid()) in (follower_id, followed_id));
create policy ask on here.follows for insert to authenticated
with check (follower_id = (select auth.uid()) and not accepted);
create policy answer on here.follows for update to authenticated
using (followed_id = (select auth.uid())) with check (followed_id = (select auth.uid()));
create policy part on here.follows for delete to authenticated
using (follower_id = (select auth.uid()) or followed_id = (select auth.uid()));
create policy own on here.updates to authenticated
using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));
create policy followed on here.updates for select to authenticated
using (
    audience = 'followers'
    and exists (
        select 1 from here.follows as f
        where
            f.followed_id = updates.author_id
            and f.follower_id = (select auth.uid()) and f.accepted
    )
);
grant select, insert (followed_id), update (accepted), delete on here.follows to authenticated;
grant select, insert, update (body, audience), delete on here.updates to authenticated;
-- rows
insert into here.updates (author_id, audience, body)
values (:b, 'followers', 'secret'), (:b, 'me', 'secret');
insert into here.follows values (:b, :a, true);
-- attack
insert into here.follows (followed_id) values (:b);
update here.follows set accepted = true where follower_id = :a;
select * from here.updates;
insert into here.follows values (:a, :b, true);
select * from here.updates;
-- works
insert into here.updates (body) values ('for my followers') returning id;

-- == good app_polls
-- A vote is secret; the sum of votes, kept by a trigger, is for all; one vote a person.
create table here.polls (
    id uuid primary key default gen_random_uuid(),
    question text not null,
    closes_at timestamptz not null default now() + interval '1 day'
);
create table here.options (
    poll_id uuid references here.polls on delete cascade,
    number smallint,
    label text not null,
    votes bigint not null default 0,
    primary key (poll_id, number)
);
create table here.votes (
    poll_id uuid,
    number smallint not null,
    voter_id uuid default auth.uid() references auth.users on delete cascade,
    primary key (poll_id, voter_id),
    foreign key (poll_id, number) references here.options on delete cascade
);
create function here.tally() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update here.options as o set votes = o.votes + 1
    where o.poll_id = new.poll_id and o.number = new.number;
    return new;
end
$$;
revoke execute on function here.tally() from public;
create trigger tally after insert on here.votes
for each row execute function here.tally();
alter table here.polls enable row level security;
alter table here.options enable row level security;
alter table here.votes enable row level security;
create policy everybody on here.polls for select to anon, authenticated using (true);
create policy everybody on here.options for select to anon, authenticated using (true);
create policy mine on here.votes for select to authenticated
using (voter_id = (select auth.uid()));
create policy vote on here.votes for insert to authenticated
with check (
    voter_id = (select auth.uid())
    and exists (select 1 from here.polls as p where p.id = poll_id and p.closes_at > now())
);
grant select on here.polls, here.options to anon, authenticated;
grant select, insert on here.votes to authenticated;
-- rows
insert into here.polls (id, question) values ('c0000000-0000-4000-8000-000000000001', 'tea?');
insert into here.options values
('c0000000-0000-4000-8000-000000000001', 1, 'yes'),
('c0000000-0000-4000-8000-000000000001', 2, 'no');
insert into here.votes values ('c0000000-0000-4000-8000-000000000001', 2, :b);
-- attack
select 'secret' from here.votes;
update here.votes set number = 1;
insert into here.votes values ('c0000000-0000-4000-8000-000000000001', 1, :b);
update here.options set votes = 99;
-- harm
select 1 from here.options where votes = 99;
-- works
insert into here.votes values ('c0000000-0000-4000-8000-000000000001', 1, :a) returning 1;

-- == good app_audit_log
-- A trigger writes who changed what; only auditors, by app_metadata, read it; none changes it.
create table here.contracts (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null default auth.uid() references auth.users on delete cascade,
    title text not null,
    value numeric(12, 2) not null check (value > 0)
);
create table here.audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    actor uuid default auth.uid(),
    table_name text not null,
    action text not null check (action in ('INSERT', 'UPDATE', 'DELETE')),
    old_row jsonb,
    new_row jsonb
);
create function here.audit() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.audit_log (table_name, action, old_row, new_row)
    values (
        tg_table_name, tg_op,
        case when tg_op <> 'INSERT' then to_jsonb(old) end,
        case when tg_op <> 'DELETE' then to_jsonb(new) end
    );
    return coalesce(new, old);
end
$$;
revoke execute on function here.audit() from public;
create trigger audit after insert or update or delete on here.contracts
for each row execute function here.audit();
alter table here.contracts enable row level security;
alter table here.audit_log enable row level security;
create policy own on here.contracts to authenticated
using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy auditors on here.audit_log for select to authenticated
using ((select auth.jwt()) -> 'app_metadata' ->> 'role' = 'auditor');
grant select, insert, update, delete on here.contracts to authenticated;
grant select on here.audit_log to authenticated;
-- rows
insert into here.contracts (owner_id, title, value) values (:b, 'secret deal', 10);
-- attack with {"user_metadata": {"role": "auditor"}}
select * from here.audit_log;
delete from here.audit_log;
update here.contracts set value = 1;
-- works
insert into here.contracts (title, value) values ('mine', 5) returning id;

-- == good app_moderation
-- Who reports sees their reports; moderators, by app_metadata, see and settle all.
create table here.content (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null default auth.uid() references auth.users on delete cascade,
    body text not null,
    hidden_at timestamptz
);
create table here.reports (
    id uuid primary key default gen_random_uuid(),
    content_id uuid not null references here.content on delete cascade,
    reporter_id uuid not null default auth.uid() references auth.users on delete cascade,
    reason text not null check (reason in ('spam', 'abuse', 'other')),
    note text,
    settled_by uuid references auth.users,
    verdict text check (verdict in ('kept', 'hidden')),
    check ((settled_by is null) = (verdict is null))
);
create function here.is_moderator() returns boolean
language sql stable set search_path = ''
as $$
    select coalesce((auth.jwt() -> 'app_metadata' -> 'roles') ? 'moderator', false)
$$;
alter table here.content enable row level security;
alter table here.reports enable row level security;
create policy visible on here.content for select to anon, authenticated
using (hidden_at is null);
create policy own on here.content for select to authenticated
using (author_id = (select auth.uid()));
create policy own_new on here.content for insert to authenticated
with check (author_id = (select auth.uid()) and hidden_at is null);
create policy moderators on here.content for select to authenticated
using ((select here.is_moderator()));
create policy moderators_hide on here.content for update to authenticated
using ((select here.is_moderator())) with check ((select here.is_moderator()));
create policy own on here.reports for select to authenticated
using (reporter_id = (select auth.uid()));
create policy report on here.reports for insert to authenticated
with check (reporter_id = (select auth.uid()) and settled_by is null and verdict is null);
create policy moderators on here.reports for select to authenticated
using ((select here.is_moderator()));
create policy moderators_settle on here.reports for update to authenticated
using ((select here.is_moderator()) and verdict is null)
with check ((select here.is_moderator()) and settled_by = (select auth.uid()));
grant select on here.content to anon, authenticated;
grant insert (body), update (hidden_at) on here.content to authenticated;
grant select, insert (content_id, reason, note), update (settled_by, verdict)
on here.reports to authenticated;
-- rows
insert into here.content (id, author_id, body, hidden_at) values
('c0000000-0000-4000-8000-000000000001', :b, 'hello', null),
('c0000000-0000-4000-8000-000000000002', :b, 'secret', now());
insert into here.reports (content_id, reporter_id, reason, note)
values ('c0000000-0000-4000-8000-000000000001', :b, 'spam', 'secret');
-- attack with {"user_metadata": {"roles": ["moderator"]}, "roles": ["moderator"]}
select * from here.reports;
select * from here.content;
update here.reports set settled_by = :a, verdict = 'kept';
update here.content set hidden_at = now();
-- works
insert into here.reports (content_id, reason)
values ('c0000000-0000-4000-8000-000000000001', 'abuse') returning id;

-- == good app_second_factor
-- Payout accounts are their owner's, and only after a second factor.
create table here.payout_accounts (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    iban text not null
);
alter table here.payout_accounts enable row level security;
create policy own on here.payout_accounts to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy second_factor on here.payout_accounts as restrictive to authenticated
using ((select auth.jwt()) ->> 'aal' = 'aal2')
with check ((select auth.jwt()) ->> 'aal' = 'aal2');
grant select, insert, update, delete on here.payout_accounts to authenticated;
-- rows
insert into here.payout_accounts (user_id, iban) values (:b, 'secret'), (:a, 'secret of mine');
-- attack with {"aal": "aal1"}
select * from here.payout_accounts;
insert into here.payout_accounts (iban) values ('x');
-- works with {"aal": "aal2"}
select iban from here.payout_accounts;

-- == good app_journal
-- A diary is written and read, never rewritten; a trigger holds even for its owner.
create table here.journal (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    mood smallint check (mood between -2 and 2),
    entry text not null check (length(btrim(entry)) > 0),
    written_at timestamptz not null default now()
);
create function here.refuse() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'the journal is never rewritten' using errcode = '55000';
end
$$;
create trigger never before update on here.journal
for each row execute function here.refuse();
alter table here.journal enable row level security;
create policy read on here.journal for select to authenticated
using (user_id = (select auth.uid()));
create policy append on here.journal for insert to authenticated
with check (user_id = (select auth.uid()) and written_at = now());
grant select, insert (mood, entry) on here.journal to authenticated;
-- rows
insert into here.journal (user_id, entry) values (:b, 'secret');
-- attack
select * from here.journal;
update here.journal set entry = 'x';
delete from here.journal;
insert into here.journal (user_id, entry) values (:b, 'x');
-- works
insert into here.journal (mood, entry) values (2, 'a good day') returning id;

-- == good app_ledger
-- Money moves by one function, from the caller's own wallet, never below nothing.
create table here.wallets (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null unique references auth.users on delete restrict,
    balance_cents bigint not null default 0 check (balance_cents >= 0)
);
create table here.entries (
    id bigint generated always as identity primary key,
    wallet_id uuid not null references here.wallets,
    amount_cents bigint not null check (amount_cents <> 0),
    memo text,
    booked_at timestamptz not null default now()
);
alter table here.wallets enable row level security;
alter table here.entries enable row level security;
create policy own on here.wallets for select to authenticated
using (owner_id = (select auth.uid()));
create policy own on here.entries for select to authenticated
using (
    exists (
        select 1 from here.wallets as w
        where w.id = wallet_id and w.owner_id = (select auth.uid())
    )
);
grant select on here.wallets, here.entries to authenticated;
create function here.pay(to_wallet uuid, amount_cents bigint, memo text default null)
returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
    mine here.wallets;
begin
    if amount_cents is null or amount_cents <= 0 then
        raise exception 'pay a positive amount' using errcode = '22023';
    end if;
    select * into mine from here.wallets as w where w.owner_id = auth.uid() for update;
    if mine.id is null or mine.balance_cents < amount_cents or mine.id = to_wallet then
        raise exception 'not enough money';
    end if;
    update here.wallets as w set balance_cents = w.balance_cents - pay.amount_cents
    where w.id = mine.id;
    update here.wallets as w set balance_cents = w.balance_cents + pay.amount_cents
    where w.id = to_wallet;
    if not found then
        raise exception 'no such wallet';
    end if;
    insert into here.entries (wallet_id, amount_cents, memo)
    values (mine.id, -amount_cents, pay.memo), (to_wallet, amount_cents, pay.memo);
    return mine.balance_cents - amount_cents;
end
$$;
revoke execute on function here.pay(uuid, bigint, text) from public;
grant execute on function here.pay(uuid, bigint, text) to authenticated;
-- rows
insert into here.wallets values
('c0000000-0000-4000-8000-000000000001', :b, 500),
('c0000000-0000-4000-8000-000000000002', :a, 100);
insert into here.entries (wallet_id, amount_cents, memo)
values ('c0000000-0000-4000-8000-000000000001', 500, 'secret');
-- attack
select * from here.entries;
select here.pay('c0000000-0000-4000-8000-000000000001', -100);
select here.pay('c0000000-0000-4000-8000-000000000001', 10000);
update here.wallets set balance_cents = 1000;
-- harm
select 1 from here.wallets where owner_id = :b and balance_cents < 500;
-- works
select here.pay('c0000000-0000-4000-8000-000000000001', 60, 'lunch');

-- == good app_rpc_only
-- Nobody touches the table; functions give and take the caller's own vault entries.
create table here.vault (
    user_id uuid references auth.users on delete cascade,
    name text check (name ~ '^[A-Z_]+$'),
    value text not null,
    primary key (user_id, name)
);
alter table here.vault enable row level security;
create function here.vault_put(name text, value text) returns void
language sql security definer set search_path = ''
as $$
    insert into here.vault values (auth.uid(), $1, $2)
    on conflict on constraint vault_pkey do update set value = excluded.value
$$;
create function here.vault_get(name text) returns text
language sql stable security definer set search_path = ''
as $$
    select v.value from here.vault as v where v.user_id = auth.uid() and v.name = $1
$$;
create function here.vault_names() returns setof text
language sql stable security definer set search_path = ''
as $$
    select v.name from here.vault as v where v.user_id = auth.uid() order by v.name
$$;
revoke execute on function here.vault_put(text, text) from public;
revoke execute on function here.vault_get(text) from public;
revoke execute on function here.vault_names() from public;
grant execute on function here.vault_put(text, text) to authenticated;
grant execute on function here.vault_get(text) to authenticated;
grant execute on function here.vault_names() to authenticated;
-- rows
insert into here.vault values (:b, 'TOKEN', 'secret'), (:a, 'TOKEN', 'mine');
-- attack
select * from here.vault;
select here.vault_get('TOKEN');
select here.vault_put('TOKEN', 'overwritten');
-- harm
select 1 from here.vault where user_id = :b and value <> 'secret';
-- works
select here.vault_get('TOKEN');

-- == good app_api_schema
-- Views of the caller's rights show columns of tables kept in a schema apart.
create schema here_core;
grant usage on schema here_core to authenticated;
create table here_core.households (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    internal_score integer not null default 0
);
create table here_core.residents (
    household_id uuid references here_core.households on delete cascade,
    user_id uuid references auth.users on delete cascade,
    primary key (household_id, user_id)
);
create table here_core.meter_readings (
    id bigint generated always as identity primary key,
    household_id uuid not null references here_core.households on delete cascade,
    read_on date not null,
    kwh numeric(9, 3) not null check (kwh >= 0),
    unique (household_id, read_on)
);
create function here_core.my_households() returns setof uuid
language sql stable security definer set search_path = ''
as $$ select r.household_id from here_core.residents as r where r.user_id = auth.uid() $$;
alter table here_core.households enable row level security;
alter table here_core.residents enable row level security;
alter table here_core.meter_readings enable row level security;
create policy residents on here_core.households for select to authenticated
using (id in (select here_core.my_households()));
create policy self on here_core.residents for select to authenticated
using (user_id = auth.uid());
create policy residents on here_core.meter_readings for select to authenticated
using (household_id in (select here_core.my_households()));
create policy residents_new on here_core.meter_readings for insert to authenticated
with check (household_id in (select here_core.my_households()));
grant select (id, name) on here_core.households to authenticated;
grant select on here_core.residents, here_core.meter_readings to authenticated;
grant insert on here_core.meter_readings to authenticated;
create view here.households with (security_invoker = true) as
select id, name from here_core.households;
create view here.readings with (security_invoker = true) as
select household_id, read_on, kwh from here_core.meter_readings;
create view here.yearly with (security_invoker = on) as
select
    household_id,
    extract(year from read_on) as year,
    sum(kwh) as kwh
from here_core.meter_readings
group by household_id, extract(year from read_on);
grant select on here.households, here.yearly to authenticated;
grant select, insert on here.readings to authenticated;
-- rows
insert into here_core.households (id, name) values
('c0000000-0000-4000-8000-000000000001', 'secret house'),
('c0000000-0000-4000-8000-000000000002', 'my house');
insert into here_core.residents values
('c0000000-0000-4000-8000-000000000001', :b), ('c0000000-0000-4000-8000-000000000002', :a);
insert into here_core.meter_readings (household_id, read_on, kwh)
values ('c0000000-0000-4000-8000-000000000001', '2031-01-01', 12.5);
-- attack
select * from here.households;
select 'secret' from here.yearly;
insert into here.readings values ('c0000000-0000-4000-8000-000000000001', '2031-01-02', 1);
-- works
insert into here.readings values ('c0000000-0000-4000-8000-000000000002', '2031-01-02', 1)
returning kwh;

-- == good app_soft_delete
-- What is thrown away is seen by nobody, and brought back by its owner through a function.
create table here.documents (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null default auth.uid() references auth.users on delete cascade,
    title text not null,
    deleted_at timestamptz
);
create unique index one_title on here.documents (owner_id, lower(title))
where deleted_at is null;
alter table here.documents enable row level security;
create policy live on here.documents for select to authenticated
using (owner_id = (select auth.uid()) and deleted_at is null);
create policy added on here.documents for insert to authenticated
with check (owner_id = (select auth.uid()) and deleted_at is null);
create policy renamed on here.documents for update to authenticated
using (owner_id = (select auth.uid()) and deleted_at is null)
with check (owner_id = (select auth.uid()) and deleted_at is null);
grant select, insert (title), update (title) on here.documents to authenticated;
create function here.throw_away(document uuid) returns void
language sql security definer set search_path = ''
as $$
    update here.documents set deleted_at = now()
    where id = document and owner_id = auth.uid() and deleted_at is null
$$;
create function here.bring_back(document uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update here.documents set deleted_at = null
    where id = document and owner_id = auth.uid() and deleted_at > now() - interval '30 days';
    return found;
end
$$;
revoke execute on function here.throw_away(uuid), here.bring_back(uuid) from public;
grant execute on function here.throw_away(uuid), here.bring_back(uuid) to authenticated;
-- rows
insert into here.documents (id, owner_id, title, deleted_at) values
('c0000000-0000-4000-8000-000000000001', :b, 'secret', null),
('c0000000-0000-4000-8000-000000000002', :a, 'secret of mine', now()),
('c0000000-0000-4000-8000-000000000003', :b, 'secret', now());
-- attack
select * from here.documents;
select here.throw_away('c0000000-0000-4000-8000-000000000001');
select here.bring_back('c0000000-0000-4000-8000-000000000003');
-- harm
select 1 from here.documents
where id = 'c0000000-0000-4000-8000-000000000001' and deleted_at is not null
union all
select 1 from here.documents
where id = 'c0000000-0000-4000-8000-000000000003' and deleted_at is null;
-- works
select 1 where here.bring_back('c0000000-0000-4000-8000-000000000002');

-- == good app_outbox
-- A trigger puts what is to be sent into a queue that only the worker reads.
create table here.contact_requests (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    topic text not null check (topic in ('sales', 'support')),
    message text not null
);
create table here.outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    payload jsonb not null,
    attempts smallint not null default 0,
    locked_until timestamptz,
    done_at timestamptz
);
create function here.enqueue() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.outbox (topic, payload) values (new.topic, to_jsonb(new));
    perform pg_notify('outbox', new.topic);
    return new;
end
$$;
revoke execute on function here.enqueue() from public;
create trigger enqueue after insert on here.contact_requests
for each row execute function here.enqueue();
create function here.take_jobs(how_many integer default 10) returns setof here.outbox
language sql security definer set search_path = ''
as $$
    update here.outbox as o
    set attempts = o.attempts + 1, locked_until = now() + interval '1 minute'
    where o.id in (
        select q.id from here.outbox as q
        where q.done_at is null and coalesce(q.locked_until, '-infinity') < now()
        order by q.id limit how_many for update skip locked
    )
    returning o.*
$$;
revoke execute on function here.take_jobs(integer) from public;
grant execute on function here.take_jobs(integer) to service_role;
alter table here.contact_requests enable row level security;
alter table here.outbox enable row level security;
create policy own on here.contact_requests for select to authenticated
using (user_id = (select auth.uid()));
create policy ask on here.contact_requests for insert to authenticated
with check (user_id = (select auth.uid()));
grant select, insert on here.contact_requests to authenticated;
grant select, update, delete on here.outbox to service_role;
-- rows
insert into here.contact_requests (user_id, topic, message) values (:b, 'sales', 'secret');
-- attack
select * from here.outbox;
select * from here.take_jobs();
select * from here.contact_requests;
-- works
insert into here.contact_requests (topic, message) values ('support', 'help') returning id;

-- == good app_materialised_catalogue
-- All read a catalogue made of active products; suppliers' costs are the shop's alone.
create table here.suppliers (
    id integer generated always as identity primary key,
    name text not null,
    discount numeric(4, 3) not null default 0 check (discount >= 0 and discount < 1)
);
create table here.goods (
    sku text primary key check (sku ~ '^[A-Z]{3}-[0-9]{4}$'),
    supplier_id integer not null references here.suppliers,
    category text not null,
    cost_cents integer not null,
    price_cents integer not null,
    discontinued boolean not null default false,
    check (price_cents > cost_cents)
);
create materialized view here.catalogue as
select category, sku, price_cents from here.goods where not discontinued;
create unique index on here.catalogue (sku);
alter table here.suppliers enable row level security;
alter table here.goods enable row level security;
grant select on here.catalogue to anon, authenticated;
grant select, insert, update, delete on here.suppliers, here.goods to service_role;
-- rows
insert into here.suppliers (name) values ('secret supplier');
insert into here.goods values ('LMP-0001', 1, 'lamps', 100, 900, false);
refresh materialized view here.catalogue;
-- attack
select * from here.suppliers;
select * from here.goods;
-- works
select sku from here.catalogue;

-- == good app_generated_columns
-- Totals and search words are computed from the owner's row and cannot be set.
create table here.quotes (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null default auth.uid() references auth.users on delete cascade,
    client_name text not null,
    net numeric(12, 2) not null check (net >= 0),
    vat_rate numeric(4, 3) not null default 0.2 check (vat_rate in (0, 0.1, 0.13, 0.2)),
    gross numeric(14, 2) generated always as (round(net * (1 + vat_rate), 2)) stored,
    words tsvector generated always as (to_tsvector('simple', client_name)) stored
);
create index on here.quotes using gin (words);
alter table here.quotes enable row level security;
create policy own on here.quotes to authenticated
using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
grant select, insert, update, delete on here.quotes to authenticated;
create function here.find_quotes(words text) returns setof here.quotes
language sql stable set search_path = ''
as $$
    select * from here.quotes as q
    where q.words @@ websearch_to_tsquery('simple', find_quotes.words)
$$;
-- rows
insert into here.quotes (owner_id, client_name, net)
values (:b, 'secret client', 100), (:a, 'my client', 10);
-- attack
select * from here.find_quotes('secret');
update here.quotes set net = 0;
-- works
select gross from here.find_quotes('client');

-- == good app_account_columns
-- A user changes a name and a picture; role and credits are set by the server alone.
create table here.accounts (
    user_id uuid primary key references auth.users on delete cascade,
    name text not null default '',
    picture text,
    role text not null default 'user' check (role in ('user', 'editor', 'admin')),
    credits integer not null default 10 check (credits >= 0),
    stripe_secret text
);
create table here.articles (
    id uuid primary key default gen_random_uuid(),
    body text not null,
    reviewed boolean not null default false
);
alter table here.accounts enable row level security;
alter table here.articles enable row level security;
create policy own on here.accounts to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy editors on here.articles to authenticated
using (
    (select a.role from here.accounts as a where a.user_id = (select auth.uid()))
    in ('editor', 'admin')
)
with check (
    (select a.role from here.accounts as a where a.user_id = (select auth.uid()))
    in ('editor', 'admin')
);
create policy reviewed on here.articles for select to anon, authenticated using (reviewed);
grant select (user_id, name, picture, role, credits) on here.accounts to authenticated;
grant insert (user_id, name, picture), update (name, picture) on here.accounts to authenticated;
grant select on here.articles to anon;
grant select, insert, update, delete on here.articles to authenticated;
-- rows
insert into here.accounts (user_id, name, role) values (:a, 'ann', 'user'), (:b, 'secret', 'admin');
insert into here.articles (body, reviewed) values ('secret', false), ('open', true);
-- attack
update here.accounts set role = 'admin';
insert into here.accounts (user_id, role) values (:a, 'admin');
select user_id, name from here.accounts;
select * from here.articles;
-- works
update here.accounts set name = 'anna' returning name;

-- == good app_mail_owned
-- A ticket is the person's whose address it holds, once the address is confirmed.
create table here.tickets (
    id uuid primary key default gen_random_uuid(),
    requester_email text not null check (requester_email = lower(requester_email)),
    subject text not null,
    state text not null default 'new' check (state in ('new', 'open', 'solved'))
);
create table here.ticket_replies (
    id bigint generated always as identity primary key,
    ticket_id uuid not null references here.tickets on delete cascade,
    from_staff boolean not null default false,
    is_internal boolean not null default false,
    body text not null,
    check (from_staff or not is_internal)
);
alter table here.tickets enable row level security;
alter table here.ticket_replies enable row level security;
create policy mine on here.tickets for select to authenticated
using (requester_email = lower(auth.email()));
create policy open_one on here.tickets for insert to authenticated
with check (requester_email = lower(auth.email()) and state = 'new');
create policy mine on here.ticket_replies for select to authenticated
using (
    not is_internal
    and ticket_id in (
        select t.id from here.tickets as t where t.requester_email = lower(auth.email())
    )
);
create policy answer on here.ticket_replies for insert to authenticated
with check (
    not from_staff
    and exists (
        select 1 from here.tickets as t
        where
            t.id = ticket_id and t.state <> 'solved'
            and t.requester_email = lower(auth.email())
    )
);
grant select on here.tickets, here.ticket_replies to authenticated;
grant insert (requester_email, subject) on here.tickets to authenticated;
grant insert (ticket_id, body) on here.ticket_replies to authenticated;
-- rows
insert into here.tickets (id, requester_email, subject) values
('c0000000-0000-4000-8000-000000000001', :b_mail, 'secret'),
('c0000000-0000-4000-8000-000000000002', :a_mail, 'mine');
insert into here.ticket_replies (ticket_id, from_staff, is_internal, body) values
('c0000000-0000-4000-8000-000000000002', true, true, 'secret: a difficult customer'),
('c0000000-0000-4000-8000-000000000001', true, false, 'secret');
-- attack with {"user_metadata": {"email": "b@example.net"}}
select * from here.tickets;
select * from here.ticket_replies;
insert into here.ticket_replies (ticket_id, body)
values ('c0000000-0000-4000-8000-000000000001', 'x');
-- works
insert into here.ticket_replies (ticket_id, body)
values ('c0000000-0000-4000-8000-000000000002', 'thanks') returning id;

-- == good app_guest_carts
-- A guest, signed in without a name, fills a cart; only who has an address orders.
create table here.carts (
    user_id uuid default auth.uid() references auth.users on delete cascade,
    sku text not null check (sku ~ '^[0-9]{8}$'),
    quantity integer not null default 1 check (quantity between 1 and 20),
    primary key (user_id, sku)
);
create table here.purchases (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    lines jsonb not null check (jsonb_typeof(lines) = 'array' and jsonb_array_length(lines) > 0)
);
alter table here.carts enable row level security;
alter table here.purchases enable row level security;
create policy own on here.carts to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy own on here.purchases for select to authenticated
using (user_id = (select auth.uid()));
create policy buy on here.purchases for insert to authenticated
with check (user_id = (select auth.uid()));
create policy no_guests on here.purchases as restrictive for insert to authenticated
with check ((select (auth.jwt() ->> 'is_anonymous')::boolean) is false);
grant select, insert, update, delete on here.carts to authenticated;
grant select, insert on here.purchases to authenticated;
-- rows
insert into here.carts values (:b, '12345678', 1);
insert into here.purchases (user_id, lines) values (:b, '["secret"]');
-- attack with {"is_anonymous": true}
select * from here.purchases;
insert into here.purchases (lines) values ('["x"]');
update here.carts set quantity = 20;
-- harm
select 1 from here.carts where user_id = :b and quantity = 20;
-- works with {"is_anonymous": false}
insert into here.purchases (lines) values ('[{"sku": "12345678"}]') returning id;

-- == good app_rate_limit
-- A form may be sent five times an hour by each user; the count is kept where no user looks.
create table here.hits (
    user_id uuid not null references auth.users on delete cascade,
    window_start timestamptz not null,
    count integer not null default 1,
    primary key (user_id, window_start)
);
create table here.feedback (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    stars smallint not null check (stars between 1 and 5),
    words text
);
create function here.limit_rate() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    so_far integer;
begin
    if auth.uid() is null then
        return new;
    end if;
    insert into here.hits as h (user_id, window_start)
    values (auth.uid(), date_trunc('hour', now()))
    on conflict (user_id, window_start) do update set count = h.count + 1
    returning h.count into so_far;
    if so_far > 5 then
        raise exception 'too many requests' using errcode = 'PT429';
    end if;
    return new;
end
$$;
revoke execute on function here.limit_rate() from public;
create trigger limit_rate before insert on here.feedback
for each row execute function here.limit_rate();
alter table here.hits enable row level security;
alter table here.feedback enable row level security;
create policy send on here.feedback for insert to authenticated
with check (user_id = (select auth.uid()));
create policy own on here.feedback for select to authenticated
using (user_id = (select auth.uid()));
grant select, insert on here.feedback to authenticated;
-- rows
insert into here.hits values (:b, date_trunc('hour', now()), 3);
insert into here.feedback (user_id, stars, words) values (:b, 1, 'secret');
-- attack
select * from here.hits;
insert into here.feedback (stars) select 3 from generate_series(1, 6);
delete from here.hits;
-- works
insert into here.feedback (stars, words) values (5, 'good') returning id;

-- == good app_leaderboard
-- All see the best scores under made-up names; whose they are, and each game, is the player's.
create table here.players (
    id uuid primary key default gen_random_uuid(),
    account_id uuid not null unique default auth.uid() references auth.users on delete cascade,
    pseudonym text not null unique default 'player-' || left(md5(random()::text), 8)
);
create table here.games (
    id bigint generated always as identity primary key,
    player_id uuid not null references here.players on delete cascade,
    points integer not null check (points between 0 and 1000000),
    replay jsonb
);
alter table here.players enable row level security;
alter table here.games enable row level security;
create policy own on here.players for select to authenticated
using (account_id = (select auth.uid()));
create policy start on here.players for insert to authenticated
with check (account_id = (select auth.uid()));
create policy own on here.games for select to authenticated
using (player_id in (select p.id from here.players as p where p.account_id = (select auth.uid())));
create policy played on here.games for insert to authenticated
with check (
    player_id in (select p.id from here.players as p where p.account_id = (select auth.uid()))
);
grant select, insert (account_id) on here.players to authenticated;
grant select, insert on here.games to authenticated;
create function here.top_scores(how_many integer default 10)
returns table (place bigint, pseudonym text, points integer)
language sql stable security definer set search_path = ''
as $$
    select rank() over (order by max(g.points) desc), p.pseudonym, max(g.points)
    from here.games as g
    inner join here.players as p on p.id = g.player_id
    group by p.id
    order by 1
    limit least(how_many, 100)
$$;
-- rows
insert into here.players values
('c0000000-0000-4000-8000-000000000001', :b, 'player-1'),
('c0000000-0000-4000-8000-000000000002', :a, 'player-2');
insert into here.games (player_id, points, replay)
values ('c0000000-0000-4000-8000-000000000001', 900, '{"moves": "secret"}');
-- attack as anon
select * from here.top_scores();
select * from here.games;
-- works
insert into here.games (player_id, points)
values ('c0000000-0000-4000-8000-000000000002', 5) returning id;

-- == good app_share_links
-- Who holds the unguessable token of a link reads the one paper it is for, until it expires.
create table here.papers (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null default auth.uid() references auth.users on delete cascade,
    title text not null,
    body text not null
);
create table here.links (
    token_hash bytea primary key,
    paper_id uuid not null references here.papers on delete cascade,
    expires_at timestamptz not null default now() + interval '1 day'
);
alter table here.papers enable row level security;
alter table here.links enable row level security;
create policy own on here.papers to authenticated
using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
grant select, insert, update, delete on here.papers to authenticated;
create function here.make_link(paper uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    token uuid := gen_random_uuid();
begin
    if not exists (select from here.papers as p where p.id = paper and p.owner_id = auth.uid()) then
        raise exception 'not yours' using errcode = '42501';
    end if;
    insert into here.links (token_hash, paper_id) values (sha256(token::text::bytea), paper);
    return token;
end
$$;
create function here.open_link(token uuid) returns table (title text, body text)
language sql stable security definer set search_path = ''
as $$
    select p.title, p.body
    from here.links as l
    inner join here.papers as p on p.id = l.paper_id
    where l.token_hash = sha256(token::text::bytea) and l.expires_at > now()
$$;
revoke execute on function here.make_link(uuid) from public;
grant execute on function here.make_link(uuid) to authenticated;
-- rows
insert into here.papers values
('c0000000-0000-4000-8000-000000000001', :b, 'secret', 'secret'),
('c0000000-0000-4000-8000-000000000002', :a, 'mine', 'x');
insert into here.links (token_hash, paper_id)
values (sha256('unguessable'), 'c0000000-0000-4000-8000-000000000001');
-- attack
select here.make_link('c0000000-0000-4000-8000-000000000001');
select * from here.open_link('c0000000-0000-4000-8000-000000000001');
select * from here.links;
-- works
select here.make_link('c0000000-0000-4000-8000-000000000002');

-- == good app_sign_up
-- Signing up makes a profile and its settings; updated_at is kept by a trigger.
-- alone
create table here.profiles (
    id uuid primary key references auth.users on delete cascade,
    username text unique,
    website text check (website ~ '^https?://'),
    updated_at timestamptz not null default now(),
    constraint username_length check (char_length(username) >= 3)
);
create table here.settings (
    profile_id uuid primary key references here.profiles on delete cascade,
    locale text not null default 'en' check (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    time_zone text not null default 'UTC'
);
create function here.handle_new_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.profiles (id, username)
    values (new.id, nullif(new.raw_user_meta_data ->> 'username', ''));
    insert into here.settings (profile_id) values (new.id);
    return new;
end
$$;
create function here.touch() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
revoke execute on function here.handle_new_user(), here.touch() from public;
create trigger on_auth_user_created after insert on auth.users
for each row execute function here.handle_new_user();
create trigger touch before update on here.profiles
for each row execute function here.touch();
alter table here.profiles enable row level security;
alter table here.settings enable row level security;
create policy own_read on here.profiles for select to authenticated
using (id = (select auth.uid()));
create policy own_change on here.profiles for update to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy own_read on here.settings for select to authenticated
using (profile_id = (select auth.uid()));
create policy own_change on here.settings for update to authenticated
using (profile_id = (select auth.uid())) with check (profile_id = (select auth.uid()));
grant select, update on here.profiles, here.settings to authenticated;
-- rows
update here.profiles set username = 'secret' where id = :b;
-- attack
select * from here.profiles;
update here.settings set locale = 'de' where profile_id = :b;
update here.profiles set id = :b where id = :a;
-- harm
select 1 from here.settings where profile_id = :b and locale <> 'en';
-- works
update here.profiles set username = 'ann', website = 'https://ann' returning updated_at;

-- == good app_odd_formats
-- Every column has a form of its own; the row is its owner's.
create domain here.iban as text
check (value ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$');
create domain here.percent as numeric(5, 2) check (value between 0 and 100);
create type here.weekday as enum ('mo', 'tu', 'we', 'th', 'fr');
create type here.address as (street text, zip varchar(10), country char(2));
create table here.employees (
    id text primary key check (id ~ '^EMP-[0-9]{6}$'),
    user_id uuid not null unique default auth.uid() references auth.users on delete cascade,
    mobile text not null check (mobile ~ '^\+[1-9][0-9]{1,14}$'),
    colour text not null default '#000000' check (colour ~* '^#[0-9a-f]{6}$'),
    account here.iban not null,
    workload here.percent not null default 100,
    works_on here.weekday [] not null check (cardinality(works_on) between 1 and 5),
    lives_at here.address not null,
    office_ip inet not null check (family(office_ip) = 4),
    hired_on date not null check (hired_on >= '2000-01-01' and isfinite(hired_on)),
    left_on date check (left_on > hired_on),
    skills jsonb not null default '{}' check (jsonb_typeof(skills) = 'object'),
    hours int4range not null check (lower(hours) >= 0 and upper(hours) <= 24),
    check (workload = 100 or cardinality(works_on) < 5)
);
alter table here.employees enable row level security;
create policy own on here.employees to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select, insert, update, delete on here.employees to authenticated;
-- rows
insert into here.employees
(id, user_id, mobile, account, works_on, lives_at, office_ip, hired_on, hours)
values (
    'EMP-000001', :b, '+43123', 'AT12SECRETSECRET', '{mo,tu}', row('secret', '1010', 'AT'),
    '10.0.0.1', '2020-01-01', '[8,16)'
);
-- attack
select * from here.employees;
update here.employees set colour = '#FFFFFF';
-- works
insert into here.employees
(id, mobile, account, works_on, lives_at, office_ip, hired_on, hours)
values (
    'EMP-000002', '+43124', 'AT12000000000000', '{fr}', row('x', '1010', 'AT'),
    '10.0.0.2', '2020-01-01', '[8,16)'
) returning id;

-- == good app_tenant_keys
-- The tenant is in the token, set by the server, and in every key; no row points abroad.
create function here.tenant() returns uuid
language sql stable set search_path = ''
as $$ select nullif(auth.jwt() -> 'app_metadata' ->> 'tenant_id', '')::uuid $$;
create table here.tenants (
    id uuid primary key,
    name text not null
);
create table here.customers (
    tenant_id uuid not null default here.tenant() references here.tenants on delete cascade,
    number integer not null,
    name text not null,
    primary key (tenant_id, number)
);
create table here.orders (
    tenant_id uuid not null default here.tenant(),
    customer_number integer not null,
    number integer not null,
    total numeric(10, 2) not null default 0,
    primary key (tenant_id, number),
    foreign key (tenant_id, customer_number) references here.customers on delete cascade
);
create table here.order_lines (
    tenant_id uuid not null default here.tenant(),
    order_number integer not null,
    line smallint not null check (line > 0),
    article text not null,
    primary key (tenant_id, order_number, line),
    foreign key (tenant_id, order_number) references here.orders on delete cascade
);
alter table here.tenants enable row level security;
alter table here.customers enable row level security;
alter table here.orders enable row level security;
alter table here.order_lines enable row level security;
create policy tenant on here.tenants for select to authenticated using (id = here.tenant());
create policy tenant on here.customers to authenticated
using (tenant_id = (select here.tenant())) with check (tenant_id = (select here.tenant()));
create policy tenant on here.orders to authenticated
using (tenant_id = (select here.tenant())) with check (tenant_id = (select here.tenant()));
create policy tenant on here.order_lines to authenticated
using (tenant_id = (select here.tenant())) with check (tenant_id = (select here.tenant()));
grant select on here.tenants to authenticated;
grant select, insert, update, delete on here.customers, here.orders, here.order_lines
to authenticated;
-- rows
insert into here.tenants values
('c0000000-0000-4000-8000-000000000001', 'secret'),
('c0000000-0000-4000-8000-000000000002', 'mine');
insert into here.customers values
('c0000000-0000-4000-8000-000000000001', 1, 'secret'),
('c0000000-0000-4000-8000-000000000002', 1, 'my customer');
insert into here.orders values ('c0000000-0000-4000-8000-000000000001', 1, 1, 10);
-- attack with {"user_metadata": {"tenant_id": "c0000000-0000-4000-8000-000000000001"}}
select * from here.customers;
insert into here.orders (tenant_id, customer_number, number)
values ('c0000000-0000-4000-8000-000000000001', 1, 2);
update here.orders set total = 0;
-- works with {"app_metadata": {"tenant_id": "c0000000-0000-4000-8000-000000000002"}}
insert into here.orders (customer_number, number) values (1, 1) returning total;

-- == good app_household
-- Two tables point at each other, checked at the end; a function makes both rows at once.
create table here.households (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    head_id uuid not null
);
create table here.members (
    household_id uuid not null
    references here.households on delete cascade deferrable initially deferred,
    user_id uuid references auth.users on delete cascade,
    position integer not null,
    primary key (household_id, user_id),
    unique (user_id),
    unique (household_id, position) deferrable initially immediate
);
alter table here.households add constraint head_is_member foreign key (id, head_id)
references here.members (household_id, user_id) deferrable initially deferred;
create function here.my_household() returns uuid
language sql stable security definer set search_path = ''
as $$ select m.household_id from here.members as m where m.user_id = (select auth.uid()) $$;
create function here.found_household(name text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    made uuid;
begin
    insert into here.households (name, head_id)
    values (found_household.name, auth.uid()) returning id into made;
    insert into here.members values (made, auth.uid(), 1);
    return made;
end
$$;
revoke execute on function here.my_household(), here.found_household(text) from public;
grant execute on function here.my_household(), here.found_household(text) to authenticated;
alter table here.households enable row level security;
alter table here.members enable row level security;
create policy mine on here.households for select to authenticated
using (id = here.my_household());
create policy head on here.households for update to authenticated
using (head_id = (select auth.uid()))
with check (head_id = (select auth.uid()));
create policy mine on here.members for select to authenticated
using (household_id = here.my_household());
grant select, update (name) on here.households to authenticated;
grant select on here.members to authenticated;
-- rows
insert into here.households values ('c0000000-0000-4000-8000-000000000001', 'secret', :b);
insert into here.members values ('c0000000-0000-4000-8000-000000000001', :b, 1);
-- attack
select * from here.households;
insert into here.members values ('c0000000-0000-4000-8000-000000000001', :a, 2);
update here.households set name = 'x';
-- works
select here.found_household('ours');

-- == good app_folders
-- A folder's owner, and who was given it or one above it, read what lies in it.
create table here.folders (
    id uuid primary key default gen_random_uuid(),
    parent_id uuid references here.folders on delete cascade,
    owner_id uuid not null default auth.uid() references auth.users on delete cascade,
    name text not null check (name not in ('.', '..') and position('/' in name) = 0)
);
create table here.grants (
    folder_id uuid references here.folders on delete cascade,
    grantee_id uuid references auth.users on delete cascade,
    expires_at timestamptz,
    primary key (folder_id, grantee_id)
);
create table here.files (
    id uuid primary key default gen_random_uuid(),
    folder_id uuid not null references here.folders on delete cascade,
    name text not null,
    size_bytes bigint not null default 0 check (size_bytes between 0 and 5368709120)
);
create function here.may_read(folder uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    with recursive up as (
        select f.id, f.parent_id, f.owner_id from here.folders as f where f.id = folder
        union
        select f.id, f.parent_id, f.owner_id
        from here.folders as f
        inner join up as u on f.id = u.parent_id
    )
    select exists (
        select 1
        from up as u
        left join here.grants as g
            on
                g.folder_id = u.id and g.grantee_id = auth.uid()
                and coalesce(g.expires_at > now(), true)
        where (u.id = folder and u.owner_id = auth.uid()) or g.grantee_id is not null
    )
$$;
create function here.owns_folder(folder uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (select 1 from here.folders as f where f.id = folder and f.owner_id = auth.uid())
$$;
alter table here.folders enable row level security;
alter table here.grants enable row level security;
alter table here.files enable row level security;
create policy readers on here.folders for select to authenticated
using (owner_id = auth.uid() or here.may_read(id));
create policy make on here.folders for insert to authenticated
with check (owner_id = auth.uid() and (parent_id is null or here.owns_folder(parent_id)));
create policy change on here.folders for update to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy away on here.folders for delete to authenticated using (owner_id = auth.uid());
create policy owner on here.grants to authenticated
using (here.owns_folder(folder_id)) with check (here.owns_folder(folder_id));
create policy grantee on here.grants for select to authenticated
using (grantee_id = auth.uid());
create policy readers on here.files for select to authenticated using (here.may_read(folder_id));
create policy owner on here.files to authenticated
using (here.owns_folder(folder_id)) with check (here.owns_folder(folder_id));
grant select, insert, update (name), delete on here.folders to authenticated;
grant select, insert, delete on here.grants to authenticated;
grant select, insert, update, delete on here.files to authenticated;
-- rows
insert into here.folders (id, parent_id, owner_id, name) values
('c0000000-0000-4000-8000-000000000001', null, :b, 'secret'),
('c0000000-0000-4000-8000-000000000002', null, :b, 'for us'),
('c0000000-0000-4000-8000-000000000003', 'c0000000-0000-4000-8000-000000000002', :b, 'deep'),
('c0000000-0000-4000-8000-000000000004', null, :a, 'mine');
insert into here.grants values
('c0000000-0000-4000-8000-000000000002', :a, null),
('c0000000-0000-4000-8000-000000000001', :a, '2001-01-01');
insert into here.files (folder_id, name) values
('c0000000-0000-4000-8000-000000000001', 'secret'),
('c0000000-0000-4000-8000-000000000003', 'deep file');
-- attack
select * from here.files;
insert into here.folders (parent_id, name) values ('c0000000-0000-4000-8000-000000000001', 'in');
insert into here.grants values ('c0000000-0000-4000-8000-000000000001', :a, null)
on conflict (folder_id, grantee_id) do update set expires_at = null;
update here.files set folder_id = 'c0000000-0000-4000-8000-000000000004';
-- works
select id from here.files where name = 'deep file';

-- == good app_school
-- Teachers grade their classes; pupils see their grades once released, and parents their child's.
create table here.classes (
    id integer generated always as identity primary key,
    name text not null,
    teacher_id uuid not null references auth.users on delete restrict
);
create table here.pupils (
    id uuid primary key default gen_random_uuid(),
    account_id uuid unique references auth.users on delete set null,
    first_name text not null
);
create table here.enrolments (
    class_id integer references here.classes on delete cascade,
    pupil_id uuid references here.pupils on delete cascade,
    primary key (class_id, pupil_id)
);
create table here.guardians (
    pupil_id uuid references here.pupils on delete cascade,
    guardian_id uuid references auth.users on delete cascade,
    relation text not null check (relation in ('mother', 'father', 'other')),
    verified_at timestamptz,
    primary key (pupil_id, guardian_id)
);
create table here.grades (
    class_id integer not null,
    pupil_id uuid not null,
    term smallint not null check (term in (1, 2)),
    grade numeric(2, 1) not null check (grade between 1 and 5),
    released boolean not null default false,
    primary key (class_id, pupil_id, term),
    foreign key (class_id, pupil_id) references here.enrolments on delete cascade
);
create function here.teaches(class integer) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (select 1 from here.classes as c where c.id = class and c.teacher_id = auth.uid())
$$;
create function here.my_children() returns setof uuid
language sql stable security definer set search_path = ''
as $$
    select p.id from here.pupils as p where p.account_id = auth.uid()
    union all
    select g.pupil_id from here.guardians as g
    where g.guardian_id = auth.uid() and g.verified_at is not null
$$;
revoke execute on function here.teaches(integer), here.my_children() from public;
grant execute on function here.teaches(integer), here.my_children() to authenticated;
alter table here.classes enable row level security;
alter table here.pupils enable row level security;
alter table here.enrolments enable row level security;
alter table here.guardians enable row level security;
alter table here.grades enable row level security;
create policy teacher on here.classes for select to authenticated
using (teacher_id = (select auth.uid()));
create policy family on here.pupils for select to authenticated
using (id in (select here.my_children()));
create policy teacher on here.pupils for select to authenticated
using (
    exists (select 1 from here.enrolments as e where e.pupil_id = id and here.teaches(e.class_id))
);
create policy teacher on here.enrolments for select to authenticated
using (here.teaches(class_id));
create policy family on here.enrolments for select to authenticated
using (pupil_id in (select here.my_children()));
create policy self on here.guardians for select to authenticated
using (guardian_id = (select auth.uid()));
create policy claim on here.guardians for insert to authenticated
with check (guardian_id = (select auth.uid()) and verified_at is null);
create policy teacher on here.grades to authenticated
using (here.teaches(class_id)) with check (here.teaches(class_id));
create policy family on here.grades for select to authenticated
using (released and pupil_id in (select here.my_children()));
grant select on here.classes, here.pupils, here.enrolments to authenticated;
grant select, insert (pupil_id, guardian_id, relation) on here.guardians to authenticated;
grant select, insert, update, delete on here.grades to authenticated;
-- rows
insert into here.classes (name, teacher_id) values ('secret class', :b);
insert into here.pupils values
('c0000000-0000-4000-8000-000000000001', null, 'secret child'),
('c0000000-0000-4000-8000-000000000002', null, 'my child');
insert into here.enrolments select 1, id from here.pupils;
insert into here.guardians values ('c0000000-0000-4000-8000-000000000002', :a, 'mother', now());
insert into here.grades values
(1, 'c0000000-0000-4000-8000-000000000002', 1, 1, true),
(1, 'c0000000-0000-4000-8000-000000000001', 1, 5, true);
-- attack
insert into here.guardians (pupil_id, guardian_id, relation)
values ('c0000000-0000-4000-8000-000000000001', :a, 'other');
select * from here.pupils;
select 'secret' from here.grades where grade = 5;
update here.grades set grade = 1;
update here.guardians set verified_at = now();
-- works
select grade from here.grades;

-- == good app_delivery
-- A courier sees the address of a parcel only while carrying it; a customer sees the trace.
create type here.leg as enum ('waiting', 'carried', 'delivered', 'returned');
create table here.couriers (
    id uuid primary key references auth.users on delete cascade,
    name text not null,
    approved boolean not null default false
);
create table here.parcels (
    id uuid primary key default gen_random_uuid(),
    customer_id uuid not null default auth.uid() references auth.users on delete cascade,
    courier_id uuid references here.couriers,
    state here.leg not null default 'waiting',
    weight_kg numeric(6, 2) not null check (weight_kg > 0 and weight_kg <= 30),
    check (state = 'waiting' or courier_id is not null)
);
create table here.addresses (
    parcel_id uuid primary key references here.parcels on delete cascade,
    street text not null,
    door_code text
);
create table here.positions (
    parcel_id uuid references here.parcels on delete cascade,
    seen_at timestamptz default clock_timestamp(),
    place point not null,
    primary key (parcel_id, seen_at)
);
alter table here.couriers enable row level security;
alter table here.parcels enable row level security;
alter table here.addresses enable row level security;
alter table here.positions enable row level security;
create policy self on here.couriers for select to authenticated
using (id = (select auth.uid()));
create policy apply on here.couriers for insert to authenticated
with check (id = (select auth.uid()) and not approved);
create policy customer on here.parcels for select to authenticated
using (customer_id = (select auth.uid()));
create policy order_one on here.parcels for insert to authenticated
with check (customer_id = (select auth.uid()) and courier_id is null and state = 'waiting');
create policy courier on here.parcels for select to authenticated
using (courier_id = (select auth.uid()) and state = 'carried');
create policy customer on here.addresses for select to authenticated
using (
    exists (
        select 1 from here.parcels as p
        where p.id = parcel_id and p.customer_id = (select auth.uid())
    )
);
create policy give on here.addresses for insert to authenticated
with check (
    exists (
        select 1 from here.parcels as p
        where p.id = parcel_id and p.customer_id = (select auth.uid()) and p.state = 'waiting'
    )
);
create policy courier on here.addresses for select to authenticated
using (
    exists (
        select 1 from here.parcels as p
        where p.id = parcel_id and p.courier_id = (select auth.uid()) and p.state = 'carried'
    )
);
create policy along on here.positions for select to authenticated
using (parcel_id in (select p.id from here.parcels as p));
create policy courier on here.positions for insert to authenticated
with check (
    parcel_id in (
        select p.id from here.parcels as p
        where p.courier_id = (select auth.uid()) and p.state = 'carried'
    )
);
grant select, insert (id, name) on here.couriers to authenticated;
grant select, insert (weight_kg) on here.parcels to authenticated;
grant select, insert on here.addresses to authenticated;
grant select, insert (parcel_id, place) on here.positions to authenticated;
-- rows
insert into here.couriers values (:a, 'ann', true);
insert into here.parcels (id, customer_id, courier_id, state, weight_kg) values
('c0000000-0000-4000-8000-000000000001', :b, :a, 'delivered', 1),
('c0000000-0000-4000-8000-000000000002', :b, :a, 'carried', 2),
('c0000000-0000-4000-8000-000000000003', :b, null, 'waiting', 3);
insert into here.addresses values
('c0000000-0000-4000-8000-000000000001', 'secret street', 'secret'),
('c0000000-0000-4000-8000-000000000002', 'some street', null),
('c0000000-0000-4000-8000-000000000003', 'secret street', 'secret');
-- attack
select * from here.addresses;
update here.parcels set state = 'carried', courier_id = :a;
insert into here.positions (parcel_id, place)
values ('c0000000-0000-4000-8000-000000000001', '(1,2)');
insert into here.addresses values ('c0000000-0000-4000-8000-000000000003', 'mine', null);
-- works
select street from here.addresses;

-- == good app_matching
-- Two people see each other's card once both said yes, unless one has shut the other out.
create table here.cards (
    id uuid primary key references auth.users on delete cascade,
    nickname text not null,
    about text not null default ''
);
create table here.swipes (
    swiper_id uuid default auth.uid() references here.cards on delete cascade,
    swiped_id uuid references here.cards on delete cascade,
    says_yes boolean not null,
    primary key (swiper_id, swiped_id),
    check (swiper_id <> swiped_id)
);
create table here.blocks (
    blocker_id uuid default auth.uid() references here.cards on delete cascade,
    blocked_id uuid references here.cards on delete cascade,
    primary key (blocker_id, blocked_id)
);
create table here.letters (
    id bigint generated always as identity primary key,
    sender_id uuid not null default auth.uid() references here.cards on delete cascade,
    recipient_id uuid not null references here.cards on delete cascade,
    body text not null
);
create function here.matched(other uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select
        exists (
            select 1
            from here.swipes as m
            inner join here.swipes as t
                on t.swiper_id = m.swiped_id and t.swiped_id = m.swiper_id
            where m.swiper_id = auth.uid() and m.swiped_id = other and m.says_yes and t.says_yes
        )
        and not exists (
            select 1 from here.blocks as b
            where
                (b.blocker_id = auth.uid() and b.blocked_id = other)
                or (b.blocker_id = other and b.blocked_id = auth.uid())
        )
$$;
revoke execute on function here.matched(uuid) from public;
grant execute on function here.matched(uuid) to authenticated;
alter table here.cards enable row level security;
alter table here.swipes enable row level security;
alter table here.blocks enable row level security;
alter table here.letters enable row level security;
create policy own on here.cards to authenticated
using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy matched on here.cards for select to authenticated using (here.matched(id));
create policy own on here.swipes for select to authenticated
using (swiper_id = (select auth.uid()));
create policy swipe on here.swipes for insert to authenticated
with check (swiper_id = (select auth.uid()));
create policy own on here.blocks to authenticated
using (blocker_id = (select auth.uid())) with check (blocker_id = (select auth.uid()));
create policy between on here.letters for select to authenticated
using (sender_id = (select auth.uid()) or recipient_id = (select auth.uid()));
create policy send on here.letters for insert to authenticated
with check (sender_id = (select auth.uid()) and here.matched(recipient_id));
grant select, insert, update on here.cards to authenticated;
grant select, insert (swiped_id, says_yes) on here.swipes to authenticated;
grant select, insert, delete on here.blocks to authenticated;
grant select, insert (recipient_id, body) on here.letters to authenticated;
-- rows
insert into here.cards values (:a, 'ann', ''), (:b, 'bob', 'secret');
insert into here.swipes values (:b, :a, false);
-- attack
insert into here.swipes (swiped_id, says_yes) values (:b, true);
select * from here.cards;
insert into here.letters (recipient_id, body) values (:b, 'hey');
update here.swipes set says_yes = true;
-- works
insert into here.blocks (blocked_id) values (:b) returning 1;

-- == good app_crowdfunding
-- A pledge is its giver's; a campaign's page shows the sum, the number and its maker's text.
create table here.campaigns (
    id uuid primary key default gen_random_uuid(),
    maker_id uuid not null default auth.uid() references auth.users on delete cascade,
    title text not null,
    goal_cents bigint not null check (goal_cents >= 10000),
    launched_at timestamptz,
    ends_at timestamptz,
    check (ends_at > launched_at)
);
create table here.pledges (
    id uuid primary key default gen_random_uuid(),
    campaign_id uuid not null references here.campaigns on delete cascade,
    giver_id uuid not null default auth.uid() references auth.users on delete cascade,
    amount_cents bigint not null check (amount_cents >= 100),
    note text,
    unique (campaign_id, giver_id)
);
alter table here.campaigns enable row level security;
alter table here.pledges enable row level security;
create policy launched on here.campaigns for select to anon, authenticated
using (launched_at <= now());
create policy own on here.campaigns for select to authenticated
using (maker_id = (select auth.uid()));
create policy draft on here.campaigns for insert to authenticated
with check (maker_id = (select auth.uid()));
create policy edit on here.campaigns for update to authenticated
using (maker_id = (select auth.uid()) and (launched_at is null or launched_at > now()))
with check (maker_id = (select auth.uid()));
create policy own on here.pledges for select to authenticated
using (giver_id = (select auth.uid()));
create policy pledge on here.pledges for insert to authenticated
with check (
    giver_id = (select auth.uid())
    and exists (
        select 1 from here.campaigns as c
        where c.id = campaign_id and c.launched_at <= now() and c.ends_at > now()
    )
);
grant select on here.campaigns to anon;
grant select, insert, update on here.campaigns to authenticated;
grant select, insert on here.pledges to authenticated;
create function here.progress(campaign uuid, out givers bigint, out cents numeric)
language sql stable security definer set search_path = ''
as $$
    select count(*), coalesce(sum(p.amount_cents), 0)
    from here.campaigns as c
    left join here.pledges as p on p.campaign_id = c.id
    where c.id = campaign and c.launched_at <= now()
$$;
-- rows
insert into here.campaigns values
(
    'c0000000-0000-4000-8000-000000000001', :b, 'a film', 50000,
    now() - interval '1 day', now() + interval '1 day'
),
('c0000000-0000-4000-8000-000000000002', :b, 'secret film', 50000, null, null);
insert into here.pledges (campaign_id, giver_id, amount_cents, note)
values ('c0000000-0000-4000-8000-000000000001', :b, 700, 'secret');
-- attack
select * from here.pledges;
select * from here.campaigns;
update here.campaigns set goal_cents = 10000;
insert into here.pledges (campaign_id, amount_cents)
values ('c0000000-0000-4000-8000-000000000002', 500);
-- works
insert into here.pledges (campaign_id, amount_cents)
values ('c0000000-0000-4000-8000-000000000001', 500) returning id;

-- == good app_event_partitions
-- Events lie in partitions by month that nobody but the table leads to.
create table here.events (
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    happened_at timestamptz not null default now(),
    name text not null check (name ~ '^[a-z_]+$'),
    properties jsonb not null default '{}' check (pg_column_size(properties) < 4096)
) partition by range (happened_at);
create table here.events_old partition of here.events
for values from (minvalue) to ('2031-01-01');
create table here.events_2031 partition of here.events
for values from ('2031-01-01') to ('2032-01-01');
create table here.events_rest partition of here.events default;
create index on here.events (user_id, happened_at desc);
alter table here.events enable row level security;
alter table here.events_old enable row level security;
alter table here.events_2031 enable row level security;
alter table here.events_rest enable row level security;
create policy own on here.events for select to authenticated
using (user_id = (select auth.uid()));
create policy track on here.events for insert to authenticated
with check (user_id = (select auth.uid()) and happened_at <= now());
grant select, insert on here.events to authenticated;
-- rows
insert into here.events values (:b, '2031-05-05', 'secret_event'), (:b, now(), 'secret_event');
-- attack
select * from here.events;
select * from here.events_2031;
insert into here.events (user_id, name) values (:b, 'x');
-- works
insert into here.events (name) values ('opened') returning name;

-- == good app_devices
-- A device, by a claim of its own token, adds readings; the owner of the device reads them.
create table here.devices (
    serial text primary key check (serial ~ '^SN[0-9A-F]{8}$'),
    owner_id uuid not null references auth.users on delete cascade,
    label text
);
create table here.readings (
    serial text not null references here.devices on delete cascade,
    taken_at timestamptz not null default now(),
    celsius real not null check (celsius between -90 and 90),
    primary key (serial, taken_at)
);
alter table here.devices enable row level security;
alter table here.readings enable row level security;
create policy own on here.devices for select to authenticated
using (owner_id = (select auth.uid()));
create policy label on here.devices for update to authenticated
using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy own on here.readings for select to authenticated
using (
    serial in (select d.serial from here.devices as d where d.owner_id = (select auth.uid()))
);
create policy device on here.readings for insert to authenticated
with check (serial = (select auth.jwt() -> 'app_metadata' ->> 'device'));
grant select, update (label) on here.devices to authenticated;
grant select, insert on here.readings to authenticated;
-- rows
insert into here.devices values ('SN0000000B', :b, 'secret'), ('SN0000000A', :a, 'mine');
insert into here.readings values ('SN0000000B', now(), 20.5);
-- attack with {"device": "SN0000000B"}
select 'secret' from here.readings;
insert into here.readings (serial, celsius) values ('SN0000000B', 90);
-- works with {"app_metadata": {"device": "SN0000000A"}}
insert into here.readings (serial, celsius) values ('SN0000000A', 21) returning celsius;

-- == good app_admissions
-- A ticket is its holder's; a trigger sells no more than there are; staff by a table admit.
create table here.shows (
    id integer generated by default as identity primary key,
    title text not null,
    capacity integer not null check (capacity > 0),
    starts_at timestamptz not null
);
create table here.stewards (
    show_id integer references here.shows on delete cascade,
    user_id uuid references auth.users on delete cascade,
    primary key (show_id, user_id)
);
create table here.passes (
    id uuid primary key default gen_random_uuid(),
    show_id integer not null references here.shows on delete cascade,
    holder_id uuid not null default auth.uid() references auth.users on delete cascade,
    admitted_at timestamptz,
    unique (show_id, holder_id)
);
create function here.hold_capacity() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    room_for integer;
begin
    select s.capacity into room_for from here.shows as s where s.id = new.show_id for update;
    if (select count(*) from here.passes as p where p.show_id = new.show_id) >= room_for then
        raise exception 'sold out' using errcode = 'P0001';
    end if;
    return new;
end
$$;
revoke execute on function here.hold_capacity() from public;
create trigger hold_capacity before insert on here.passes
for each row execute function here.hold_capacity();
create function here.is_steward(show integer) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select 1 from here.stewards as s where s.show_id = show and s.user_id = auth.uid()
    )
$$;
alter table here.shows enable row level security;
alter table here.stewards enable row level security;
alter table here.passes enable row level security;
create policy everybody on here.shows for select to anon, authenticated using (true);
create policy own on here.passes for select to authenticated
using (holder_id = (select auth.uid()));
create policy buy on here.passes for insert to authenticated
with check (holder_id = (select auth.uid()) and admitted_at is null);
create policy stewards on here.passes for select to authenticated
using (here.is_steward(show_id));
create policy admit on here.passes for update to authenticated
using (here.is_steward(show_id) and admitted_at is null)
with check (here.is_steward(show_id));
grant select on here.shows to anon, authenticated;
grant select, insert (show_id), update (admitted_at) on here.passes to authenticated;
-- rows
insert into here.shows values (101, 'concert', 2, '2031-01-01');
insert into here.passes (show_id, holder_id) values (101, :b);
-- attack
select 'secret' from here.passes;
insert into here.stewards values (101, :a);
update here.passes set admitted_at = now();
-- harm
select 1 from here.passes where admitted_at is not null;
-- works
insert into here.passes (show_id) values (101) returning id;

-- == good app_gift_codes
-- A code is kept as a hash and redeemed once; the balance it gives is the redeemer's.
create table here.gift_codes (
    code_hash text primary key check (code_hash ~ '^[0-9a-f]{64}$'),
    cents integer not null check (cents > 0),
    bought_by uuid references auth.users on delete set null,
    redeemed_by uuid references auth.users on delete set null,
    redeemed_at timestamptz,
    check ((redeemed_by is null) or (redeemed_at is not null))
);
create table here.balances (
    user_id uuid primary key references auth.users on delete cascade,
    cents integer not null default 0 check (cents >= 0)
);
alter table here.gift_codes enable row level security;
alter table here.balances enable row level security;
create policy own on here.balances for select to authenticated
using (user_id = (select auth.uid()));
grant select on here.balances to authenticated;
create function here.redeem(code text) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    worth integer;
begin
    update here.gift_codes
    set redeemed_by = auth.uid(), redeemed_at = now()
    where
        code_hash = encode(sha256(convert_to(upper(code), 'UTF8')), 'hex')
        and redeemed_at is null
    returning cents into worth;
    if worth is null or auth.uid() is null then
        raise exception 'this code does not count' using errcode = 'P0002';
    end if;
    insert into here.balances as b values (auth.uid(), worth)
    on conflict (user_id) do update set cents = b.cents + excluded.cents;
    return worth;
end
$$;
revoke execute on function here.redeem(text) from public;
grant execute on function here.redeem(text) to authenticated;
-- rows
insert into here.gift_codes (code_hash, cents, bought_by) values
(encode(sha256('SECRET-CODE-OF-B'), 'hex'), 500, :b), (encode(sha256('XMAS'), 'hex'), 100, null);
insert into here.balances values (:b, 500);
-- attack
select 'secret' from here.balances;
select * from here.gift_codes;
select here.redeem((select code_hash from here.gift_codes limit 1));
select here.redeem('guess');
-- works
select here.redeem('xmas');

-- == good app_colleagues
-- Colleagues are those whose address is of a company's domain; they share its handbook.
create table here.companies (
    id smallint generated by default as identity primary key,
    name text not null,
    mail_domain text not null unique
    check (mail_domain = lower(mail_domain) and mail_domain like '%_.__%')
);
create table here.handbook (
    id bigint generated by default as identity primary key,
    company_id smallint not null references here.companies on delete cascade,
    path text not null check (path ~ '^/'),
    body text not null,
    unique (company_id, path)
);
create function here.my_company() returns smallint
language sql stable security definer set search_path = ''
as $$
    select c.id from here.companies as c
    where c.mail_domain = lower(split_part(auth.jwt() ->> 'email', '@', 2))
$$;
revoke execute on function here.my_company() from public;
grant execute on function here.my_company() to authenticated;
alter table here.companies enable row level security;
alter table here.handbook enable row level security;
create policy own on here.companies for select to authenticated
using (id = (select here.my_company()));
create policy colleagues on here.handbook to authenticated
using (company_id = (select here.my_company()))
with check (company_id = (select here.my_company()));
grant select on here.companies to authenticated;
grant select, insert, update, delete on here.handbook to authenticated;
-- rows
insert into here.companies values (101, 'mine', 'example.org'), (102, 'secret', 'example.net');
insert into here.handbook (company_id, path, body) values (102, '/pay', 'secret'), (101, '/', 'x');
-- attack
select * from here.handbook;
update here.handbook set company_id = 102;
insert into here.handbook (company_id, path, body) values (102, '/x', 'x');
-- works
insert into here.handbook (company_id, path, body) values (101, '/new', 'x') returning id;

-- == leak app_listed_unpublished: here.essays
-- All may read what is published; a second policy shows what is listed, too, published or not.
create table here.essays (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null default auth.uid() references auth.users on delete cascade,
    body text not null,
    listed boolean not null default true,
    published_at timestamptz default now()
);
alter table here.essays enable row level security;
create policy own on here.essays to authenticated
using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));
create policy published on here.essays for select to anon, authenticated
using (published_at <= now());
create policy listed on here.essays for select to authenticated using (listed);
grant select on here.essays to anon;
grant select, insert, update, delete on here.essays to authenticated;
-- rows
insert into here.essays (author_id, body, published_at) values (:b, 'secret', null);
-- attack
select * from here.essays;

-- == leak app_switches_of_others: here.switched_on
-- Switches are for all to read; a function tells of any user what the user has switched on.
create table here.switches (
    key text primary key,
    on_by_default boolean not null default false
);
create table here.switched (
    switch_key text references here.switches on delete cascade,
    user_id uuid default auth.uid() references auth.users on delete cascade,
    why text not null default '',
    primary key (switch_key, user_id)
);
alter table here.switches enable row level security;
alter table here.switched enable row level security;
create policy readable on here.switches for select to anon, authenticated using (true);
create policy own on here.switched to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select on here.switches to anon, authenticated;
grant select, insert, update, delete on here.switched to authenticated;
create function here.switched_on(switch text) returns setof text
language sql stable security definer set search_path = ''
as $$
    select s.why from here.switches as f
    inner join here.switched as s on s.switch_key = f.key
    where f.key = switch
$$;
-- rows
insert into here.switches values ('dark', false);
insert into here.switched values ('dark', :b, 'secret');
-- attack
select here.switched_on('dark');

-- == leak app_united_spaces: here.pages
-- The spaces of a caller are those joined, and those that anybody has once left without a maker.
create table here.spaces (
    id uuid primary key default gen_random_uuid(),
    maker_id uuid references auth.users on delete set null,
    state text not null default 'kept' check (state in ('kept', 'left'))
);
create table here.joined (
    space_id uuid references here.spaces on delete cascade,
    user_id uuid references auth.users on delete cascade,
    primary key (space_id, user_id)
);
create table here.pages (
    id uuid primary key default gen_random_uuid(),
    space_id uuid not null references here.spaces on delete cascade,
    author_id uuid not null default auth.uid() references auth.users on delete cascade,
    body text not null
);
create function here.my_spaces() returns setof uuid
language sql stable security definer set search_path = ''
as $$
    select j.space_id from here.joined as j where j.user_id = auth.uid()
    union all
    select s.id from here.spaces as s where s.state = 'left'
$$;
alter table here.spaces enable row level security;
alter table here.joined enable row level security;
alter table here.pages enable row level security;
create policy own on here.joined for select to authenticated
using (user_id = (select auth.uid()));
create policy made on here.spaces to authenticated
using (maker_id = (select auth.uid())) with check (maker_id = (select auth.uid()));
create policy own on here.pages to authenticated
using (author_id = (select auth.uid())) with check (author_id = (select auth.uid()));
create policy spaces on here.pages for select to authenticated
using (space_id in (select here.my_spaces()));
grant select on here.joined to authenticated;
grant select, insert, update, delete on here.spaces, here.pages to authenticated;
-- rows
insert into here.spaces values ('c0000000-0000-4000-8000-000000000001', :b, 'left');
insert into here.pages (space_id, author_id, body)
values ('c0000000-0000-4000-8000-000000000001', :b, 'secret');
-- attack
select * from here.pages;
