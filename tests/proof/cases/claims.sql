-- == leak user_role_claim: here.tickets
-- user_metadata is what users write about themselves.
create table here.tickets (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.tickets enable row level security;
create policy own on here.tickets to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy staff on here.tickets for select to authenticated
using ((select auth.jwt()) -> 'user_metadata' ->> 'role' = 'staff');
grant select, insert, update, delete on here.tickets to authenticated;
-- rows
insert into here.tickets (user_id, body) values (:b, 'secret');
-- attack with {"user_metadata": {"role": "staff"}}
select * from here.tickets;

-- == good user_role_claim
-- app_metadata is the operator's: moderators by it are meant.
create table here.tickets (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.tickets enable row level security;
create policy own on here.tickets to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy staff on here.tickets for select to authenticated
using ((select auth.jwt()) -> 'app_metadata' ->> 'role' = 'staff');
grant select, insert, update, delete on here.tickets to authenticated;
-- rows
insert into here.tickets (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack with {"user_metadata": {"role": "staff"}, "role": "authenticated"}
select * from here.tickets;
-- works
select * from here.tickets;

-- == leak user_team_claim: here.files
-- A team number in user_metadata is any team a user likes.
create table here.files (
    id uuid primary key default gen_random_uuid(),
    owner uuid not null references public.users on delete cascade,
    team_id integer not null,
    name text not null
);
alter table here.files enable row level security;
create policy own on here.files to authenticated
using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
create policy team on here.files for select to authenticated
using (team_id = ((select auth.jwt()) #>> '{user_metadata,team,id}')::integer);
grant select, insert, update, delete on here.files to authenticated;
-- rows
insert into here.files (owner, team_id, name) values (:b, 42, 'secret');
-- attack with {"user_metadata": {"team": {"id": 42}}}
select * from here.files;

-- == leak raw_user_meta: here.reports
-- A function reads raw_user_meta_data, which is user_metadata where it is stored.
create table here.reports (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create function here.is_staff() returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from auth.users
        where id = auth.uid() and raw_user_meta_data ->> 'is_staff' = 'true'
    )
$$;
alter table here.reports enable row level security;
create policy own on here.reports to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy staff on here.reports for select to authenticated using ((select here.is_staff()));
grant select, insert, update, delete on here.reports to authenticated;
-- rows
insert into here.reports (user_id, body) values (:b, 'secret');
update auth.users set raw_user_meta_data = '{"is_staff": "true"}' where id = :a;
-- attack
select * from here.reports;

-- == good raw_user_meta
-- The same with raw_app_meta_data, which users cannot write.
create table here.reports (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create function here.is_staff() returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select from auth.users
        where id = auth.uid() and raw_app_meta_data ->> 'is_staff' = 'true'
    )
$$;
alter table here.reports enable row level security;
create policy own on here.reports to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy staff on here.reports for select to authenticated using ((select here.is_staff()));
grant select, insert, update, delete on here.reports to authenticated;
-- rows
insert into here.reports (user_id, body) values (:b, 'secret'), (:a, 'mine');
update auth.users set raw_user_meta_data = '{"is_staff": "true"}' where id = :a;
-- works
select * from here.reports;

-- == leak anonymous_sign_in: here.diaries
-- Anybody who signs in anonymously reads everybody's: the comparison is the wrong way round.
create table here.diaries (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.diaries enable row level security;
create policy own on here.diaries to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy guests on here.diaries for select to authenticated
using (((select auth.jwt()) ->> 'is_anonymous')::boolean);
grant select, insert, update, delete on here.diaries to authenticated;
-- rows
insert into here.diaries (user_id, body) values (:b, 'secret');
-- attack with {"is_anonymous": true}
select * from here.diaries;

-- == good anonymous_sign_in
-- Anonymous people read their own and write nothing: restrictive policies say so.
create table here.diaries (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.diaries enable row level security;
create policy own on here.diaries to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy permanent_inserts on here.diaries as restrictive for insert to authenticated
with check (((select auth.jwt()) ->> 'is_anonymous')::boolean is not true);
create policy permanent_updates on here.diaries as restrictive for update to authenticated
using (((select auth.jwt()) ->> 'is_anonymous')::boolean is not true);
grant select, insert, update, delete on here.diaries to authenticated;
-- rows
insert into here.diaries (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack with {"is_anonymous": true}
select * from here.diaries;
-- works
select * from here.diaries;

-- == leak email_domain: here.documents
-- Everybody whose address ends alike reads: two people of one mail provider.
create table here.documents (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    domain text not null,
    body text not null
);
alter table here.documents enable row level security;
create policy own on here.documents to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy colleagues on here.documents for select to authenticated
using (domain = split_part((select auth.jwt()) ->> 'email', '@', 2));
grant select, insert, update, delete on here.documents to authenticated;
-- rows
insert into here.documents (user_id, domain, body) values (:b, 'example.org', 'secret');
-- attack with {"email": "a@example.org"}
select * from here.documents;

-- == leak email_staff: here.orders
-- Staff by the ending of their address, which anybody may sign up with.
create table here.orders (
    id bigserial primary key,
    user_id uuid not null references public.users on delete cascade,
    address text not null
);
alter table here.orders enable row level security;
create policy own on here.orders to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy staff on here.orders for select to authenticated
using ((select auth.jwt()) ->> 'email' ilike '%@corp.example%');
grant select, insert, update, delete on here.orders to authenticated;
grant usage on sequence here.orders_id_seq to authenticated;
-- rows
insert into here.orders (user_id, address) values (:b, 'secret');
-- attack with {"email": "a@corp.example.evil.org"}
select * from here.orders;

-- == leak email_beside_owner: here.bookings
-- The guest's address is a second way in beside the owner.
create table here.bookings (
    id uuid primary key default gen_random_uuid(),
    host_id uuid not null references public.users on delete cascade,
    guest_email text not null,
    door_code text not null
);
alter table here.bookings enable row level security;
create policy host on here.bookings to authenticated
using (host_id = (select auth.uid())) with check (host_id = (select auth.uid()));
create policy guest on here.bookings for select to authenticated
using (lower(guest_email) = lower((select auth.email())));
grant select, insert, update, delete on here.bookings to authenticated;
-- rows
insert into here.bookings (host_id, guest_email, door_code) values (:b, 'A@example.org', 'secret');
-- attack
select * from here.bookings;

-- == good email_owner
-- The address alone is the owner: the table has no other.
create table here.subscriptions (
    id uuid primary key default gen_random_uuid(),
    owner_email text not null,
    topic text not null
);
alter table here.subscriptions enable row level security;
create policy own on here.subscriptions to authenticated
using (owner_email = (select auth.jwt()) ->> 'email')
with check (owner_email = (select auth.jwt()) ->> 'email');
grant select, insert, update, delete on here.subscriptions to authenticated;
-- rows
insert into here.subscriptions (owner_email, topic) values
(:b_mail, 'secret'), (:a_mail, 'mine');
-- works
select * from here.subscriptions;

-- == leak header: here.invoices
-- A header of the request is whatever the client sends.
create table here.invoices (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    company text not null,
    body text not null
);
alter table here.invoices enable row level security;
create policy own on here.invoices to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy company on here.invoices for select to authenticated
using (company = current_setting('request.headers', true)::json ->> 'x-company');
grant select, insert, update, delete on here.invoices to authenticated;
-- rows
insert into here.invoices (user_id, company, body) values (:b, 'acme', 'secret');
-- attack
set local request.headers = '{"x-company": "acme"}';
select * from here.invoices;

-- == leak setting: here.payslips
-- A setting of the session that no server sets is one that a session may set.
create table here.payslips (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    amount text not null
);
alter table here.payslips enable row level security;
create policy own on here.payslips to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy session on here.payslips for select to authenticated
using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
grant select, insert, update, delete on here.payslips to authenticated;
-- rows
insert into here.payslips (user_id, amount) values (:b, 'secret');
-- attack
set local app.user_id = :b;
select * from here.payslips;

-- == good second_factor
-- A second factor is demanded beside ownership.
create table here.wallets (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    seed text not null
);
alter table here.wallets enable row level security;
create policy own on here.wallets to authenticated
using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy two_factors on here.wallets as restrictive to authenticated
using ((select auth.jwt()) ->> 'aal' = 'aal2');
grant select, insert, update, delete on here.wallets to authenticated;
-- rows
insert into here.wallets (user_id, seed) values (:b, 'secret'), (:a, 'mine');
-- attack with {"aal": "aal2"}
select * from here.wallets;
-- works with {"aal": "aal2"}
select * from here.wallets;

-- == good organisation_claim
-- A claim that the operator's hook puts at the top level names the organisation.
create table here.projects (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    name text not null
);
alter table here.projects enable row level security;
create policy org on here.projects to authenticated
using (org_id = ((select auth.jwt()) ->> 'org_id')::uuid)
with check (org_id = ((select auth.jwt()) ->> 'org_id')::uuid);
grant select, insert, update, delete on here.projects to authenticated;
-- rows
insert into here.projects (org_id, name) values
('0b000000-0000-4000-8000-000000000000', 'secret'),
('0a000000-0000-4000-8000-000000000000', 'mine');
-- attack with {"org_id": "0a000000-0000-4000-8000-000000000000"}
select * from here.projects;
-- works with {"org_id": "0a000000-0000-4000-8000-000000000000"}
select * from here.projects;
