-- == leak open_when_null: here.links
-- No end means no beginning either: what has no date is everybody's.
create table here.links (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    hidden_until timestamptz,
    url text not null
);
alter table here.links enable row level security;
create policy own on here.links to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy shown on here.links for select
using (hidden_until is null or hidden_until < now());
grant select on here.links to anon, authenticated;
grant insert, update, delete on here.links to authenticated;
-- rows
insert into here.links (user_id, url) values (:b, 'secret');
-- attack as anon
select * from here.links;

-- == leak members_contain_nothing: here.threads
-- The list of members contains the empty list, which is what nobody becomes.
create table here.threads (
    id bigint generated always as identity primary key,
    members jsonb not null default '[]',
    body text not null
);
alter table here.threads enable row level security;
create policy members on here.threads for select
using (members @> coalesce(to_jsonb(auth.uid()::text), '[]'));
grant select on here.threads to anon, authenticated;
-- rows
insert into here.threads (members, body) values (jsonb_build_array(:b), 'secret');
-- attack as anon
select * from here.threads;

-- == leak department_of_ones_own: here.circulars
-- The department stands in the user's own profile.
create table here.people (
    id uuid primary key references public.users on delete cascade,
    department text not null default 'none',
    phone_extension text
);
create table here.circulars (
    id uuid primary key default gen_random_uuid(),
    department text not null,
    body text not null
);
create function here.my_department() returns text
language sql stable security definer set search_path = ''
as 'select department from here.people where id = auth.uid()';
alter table here.people enable row level security;
alter table here.circulars enable row level security;
create policy own on here.people to authenticated
using (id = auth.uid()) with check (id = auth.uid());
create policy colleagues on here.circulars for select to authenticated
using (department = here.my_department());
grant select, update on here.people to authenticated;
grant select on here.circulars to authenticated;
-- rows
insert into here.people values (:a, 'sales'), (:b, 'board');
insert into here.circulars (department, body) values ('board', 'secret');
-- attack
update here.people set department = 'board';
select * from here.circulars;

-- == leak metadata_address: here.orders
-- The address is the one of user_metadata.
create table here.orders (
    id bigint generated always as identity primary key,
    email text not null,
    body text not null
);
alter table here.orders enable row level security;
create policy own on here.orders for select to authenticated
using (lower(email) = lower(auth.jwt() -> 'user_metadata' ->> 'email'));
grant select on here.orders to authenticated;
-- rows
insert into here.orders (email, body) values (:b_mail, 'secret');
-- attack with {"user_metadata": {"email": "b@example.net"}}
select * from here.orders;

-- == leak newest_view: here.newest
-- A view of the newest five, with its owner's rights.
create table here.moods (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    at timestamptz not null default now(),
    mood text not null
);
alter table here.moods enable row level security;
create policy own on here.moods to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.moods to authenticated;
create view here.newest as select mood from here.moods order by at desc limit 5;
grant select on here.newest to authenticated;
-- rows
insert into here.moods (user_id, mood) values (:b, 'secret');
-- attack
select * from here.newest;

-- == leak two_keys: here.one_note
-- Both the owner and the key are arguments, neither is the caller.
create function here.one_note(owner_id uuid, note_id uuid) returns json
language sql stable security definer set search_path = ''
as 'select to_json(n) from public.notes as n where n.user_id = owner_id and n.id = note_id';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.one_note(:b, :b);

-- == leak by_day: here.totals_of_day
-- What everybody spent on a day, by person.
create table here.expenses (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    spent_on date not null default current_date,
    cents integer not null
);
alter table here.expenses enable row level security;
create policy own on here.expenses to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.expenses to authenticated;
create function here.totals_of_day(wanted date) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_object_agg(user_id, cents) from here.expenses where spent_on = wanted
$$;
-- rows
insert into here.expenses (user_id, spent_on, cents) values (:b, '2031-01-01', 4711);
-- attack
select 'secret' where here.totals_of_day('2031-01-01')::text like '%4711%';

-- == leak find_by_addresses: here.find_friends
-- A list of addresses tells who has an account, and their names.
create function here.find_friends(addresses text[]) returns table (address text, called text)
language sql stable security definer set search_path = ''
as 'select u.email, u.name from public.users as u where u.email = any (addresses)';
-- rows
update public.users set name = 'secret' where id = :b;
-- attack
select * from here.find_friends(array[:b_mail]);

-- == leak saves_any_profile: here.save_profile
-- Whose profile is saved is an argument.
create table here.profiles (
    id uuid primary key references public.users on delete cascade,
    nickname text not null default 'none'
);
alter table here.profiles enable row level security;
create policy own on here.profiles for select to authenticated using (id = auth.uid());
grant select on here.profiles to authenticated;
create function here.save_profile(profile_id uuid, nickname text) returns void
language sql security definer set search_path = ''
as $$
    insert into here.profiles values (profile_id, save_profile.nickname)
    on conflict (id) do update set nickname = excluded.nickname
$$;
-- rows
insert into here.profiles values (:b, 'mine');
-- attack
select here.save_profile(:b, 'forged');
-- harm
select from here.profiles where id = :b and nickname = 'forged';

-- == leak toggles: here.toggle
-- It turns anybody's switch.
create table here.lamps (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    is_on boolean not null default false
);
alter table here.lamps enable row level security;
create policy own on here.lamps to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.lamps to authenticated;
create function here.toggle(lamp_id bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update here.lamps set is_on = not is_on where id = lamp_id;
    return found;
end
$$;
-- rows
insert into here.lamps (user_id) values (:b);
-- attack
select here.toggle(1);
-- harm
select from here.lamps where user_id = :b and is_on;

-- == leak trigger_writes_elsewhere: here.requests
-- A row of A's own makes a trigger change the note that it names.
create table here.requests (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    note_id uuid not null references public.notes on delete cascade,
    new_body text not null
);
create function here.apply_request() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.notes set body = new.new_body where id = new.note_id;
    return new;
end
$$;
create trigger apply_request after insert on here.requests
for each row execute function here.apply_request();
alter table here.requests enable row level security;
create policy own on here.requests to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.requests to authenticated;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'words');
-- attack
insert into here.requests (user_id, note_id, new_body) values (:a, :b, 'forged');
-- harm
select from public.notes where user_id = :b and body = 'forged';

-- == leak open_tickets: here.tickets
-- Anybody who likes edits tickets that are open.
create table here.tickets (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    state text not null default 'new' check (state in ('new', 'open', 'closed')),
    body text not null
);
alter table here.tickets enable row level security;
create policy own on here.tickets for select to authenticated using (user_id = auth.uid());
create policy creates on here.tickets for insert to authenticated with check (user_id = auth.uid());
create policy edits on here.tickets for update to authenticated
using (user_id = auth.uid() or state = 'open');
grant select, insert, update on here.tickets to authenticated;
-- rows
insert into here.tickets (user_id, state, body) values (:b, 'open', 'words');
-- attack
update here.tickets set body = 'forged';
-- harm
select from here.tickets where user_id = :b and body = 'forged';

-- == leak deletes_expired: here.coupons
-- Anybody who likes deletes what has expired.
create table here.coupons (
    id bigint generated always as identity primary key,
    holder uuid not null references public.users on delete cascade,
    good_until date not null default current_date + 30
);
alter table here.coupons enable row level security;
create policy own on here.coupons for select to authenticated using (holder = auth.uid());
create policy cleans on here.coupons for delete to authenticated using (good_until < current_date);
grant select, delete on here.coupons to authenticated;
-- rows
insert into here.coupons (holder, good_until) values (:b, '2020-01-01');
-- attack
delete from here.coupons;
-- harm
select where not exists (select from here.coupons);

-- == leak plants_in_tenant: here.tasks
-- Rows may be put into anybody's team.
create table here.teams (id uuid primary key default gen_random_uuid(), name text not null);
create table here.team_members (
    team_id uuid not null references here.teams on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (team_id, user_id)
);
create table here.tasks (
    id uuid primary key default gen_random_uuid(),
    team_id uuid not null references here.teams on delete cascade,
    body text not null
);
alter table here.teams enable row level security;
alter table here.team_members enable row level security;
alter table here.tasks enable row level security;
create policy own on here.team_members for select to authenticated using (user_id = auth.uid());
create policy members on here.tasks for select to authenticated
using (team_id in (select m.team_id from here.team_members as m where m.user_id = auth.uid()));
create policy anybody on here.tasks for insert to authenticated
with check (auth.uid() is not null);
grant select on here.team_members to authenticated;
grant select, insert on here.tasks to authenticated;
-- rows
insert into here.teams values (:b, 'b');
insert into here.team_members values (:b, :b);
-- attack
insert into here.tasks (team_id, body) values (:b, 'planted');
-- harm
select from here.tasks where team_id = :b;

-- == leak expels: here.club_members
-- Any member deletes any membership.
create table here.clubs (id bigint generated always as identity primary key, name text not null);
create table here.club_members (
    club_id bigint not null references here.clubs on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (club_id, user_id)
);
alter table here.clubs enable row level security;
alter table here.club_members enable row level security;
create policy own on here.club_members for select to authenticated using (user_id = auth.uid());
create policy expels on here.club_members for delete to authenticated
using (club_id is not null);
grant select, delete on here.club_members to authenticated;
-- rows
insert into here.clubs (name) values ('b');
insert into here.club_members values (1, :b);
-- attack
delete from here.club_members;
-- harm
select where not exists (select from here.club_members);

-- == leak asks_for_role: here.request_role
-- A role that is asked for is given at once; who has it reads all cases.
create table here.role_requests (
    user_id uuid not null references public.users on delete cascade,
    role text not null check (role in ('reader', 'judge')),
    approved boolean not null default true,
    primary key (user_id, role)
);
create table here.cases (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.role_requests enable row level security;
alter table here.cases enable row level security;
create policy own on here.role_requests for select to authenticated using (user_id = auth.uid());
create policy own on here.cases for select to authenticated using (user_id = auth.uid());
create policy judges on here.cases for select to authenticated
using (
    exists (
        select from here.role_requests as r
        where r.user_id = auth.uid() and r.role = 'judge' and r.approved
    )
);
grant select on here.role_requests, here.cases to authenticated;
create function here.request_role(wanted text) returns void
language sql security definer set search_path = ''
as 'insert into here.role_requests (user_id, role) values (auth.uid(), wanted)';
-- rows
insert into here.cases (user_id, body) values (:b, 'secret');
-- attack
select here.request_role('judge');
select * from here.cases;

-- == leak other_schema_table: here_internal.tokens
-- A schema for the inside that API roles may use, and a table without row level security.
create schema here_internal;
grant usage on schema here_internal to authenticated;
create table here_internal.tokens (
    user_id uuid primary key references public.users on delete cascade,
    token text not null default md5(random()::text)
);
grant select on here_internal.tokens to authenticated;
-- rows
insert into here_internal.tokens values (:b, 'secret');
-- attack
select * from here_internal.tokens;

-- == leak current_user_is: here.ledgers
-- The policy asks for the role, which is everybody's who has signed in.
create table here.ledgers (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.ledgers enable row level security;
create policy own on here.ledgers for select using (current_user = 'authenticated');
create policy adds on here.ledgers for insert with check (user_id = auth.uid());
grant select, insert on here.ledgers to authenticated;
-- rows
insert into here.ledgers (user_id, body) values (:b, 'secret');
-- attack
select * from here.ledgers;

-- == leak function_or_address: here.receipts
-- The function takes the owner or, for guests, whose address ends alike.
create table here.receipts (
    id bigint generated always as identity primary key,
    user_id uuid references public.users on delete cascade,
    guest_email text,
    body text not null
);
create function here.is_mine(owner uuid, address text) returns boolean
language sql stable set search_path = ''
as $$
    select owner = auth.uid() or (owner is not null and address like '%' || auth.email())
$$;
alter table here.receipts enable row level security;
create policy own on here.receipts for select to authenticated
using (here.is_mine(user_id, guest_email));
grant select on here.receipts to authenticated;
-- rows
insert into here.receipts (user_id, guest_email, body) values (:b, 'x+a@example.org', 'secret');
-- attack
select * from here.receipts;

-- == leak notice_of_trigger: here.bids
-- A trigger tells anybody who bids what the highest bid is, and whose.
create table here.bids (
    id bigint generated always as identity primary key,
    bidder uuid not null references public.users on delete cascade,
    cents integer not null,
    word text not null default ''
);
create function here.tell_highest() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    highest here.bids;
begin
    select * into highest from here.bids order by cents desc limit 1;
    raise notice 'highest so far: %', to_json(highest);
    return new;
end
$$;
create trigger tell_highest before insert on here.bids
for each row execute function here.tell_highest();
alter table here.bids enable row level security;
create policy own on here.bids to authenticated
using (bidder = auth.uid()) with check (bidder = auth.uid());
grant select, insert on here.bids to authenticated;
-- rows
insert into here.bids (bidder, cents, word) values (:b, 100, 'secret');
-- attack
insert into here.bids (bidder, cents) values (:a, 1);

-- == leak sorted_by: here.sorted
-- What to sort by becomes part of the query.
create function here.sorted(sort_by text default 'id') returns setof text
language plpgsql stable security definer set search_path = ''
as $$
begin
    return query execute
        'select body from public.notes where user_id = auth.uid() order by ' || sort_by;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'x'), (:a, 'y');
-- attack
select here.sorted('(select max(body)::integer from public.notes where length(body) = 6)');

-- == leak containing: here.matching
-- Criteria in JSON; none means all.
create function here.matching(criteria jsonb default '{}') returns setof public.notes
language sql stable security definer set search_path = ''
as 'select * from public.notes as n where to_jsonb(n) @> criteria';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.matching();

-- == leak keyset_pages: here.page_after
-- Pages by a cursor of time, everybody's.
create table here.events (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    at timestamptz not null default now(),
    body text not null
);
alter table here.events enable row level security;
create policy own on here.events to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.events to authenticated;
create function here.page_after(
    before_at timestamptz default 'infinity', how_many integer default 20
)
returns table (body text)
language sql stable security definer set search_path = ''
as $$
    select e.body from here.events as e where e.at < before_at order by e.at desc limit how_many
$$;
-- rows
insert into here.events (user_id, body) values (:b, 'secret');
-- attack
select * from here.page_after();

-- == leak archives_many: here.archive
-- Many keys, nothing returned, everybody's rows are moved.
create table here.letters (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    archived_at timestamptz
);
alter table here.letters enable row level security;
create policy own on here.letters for select to authenticated using (user_id = auth.uid());
grant select on here.letters to authenticated;
create function here.archive(variadic ids bigint[]) returns void
language sql security definer set search_path = ''
as 'update here.letters set archived_at = now() where id = any (ids)';
-- rows
insert into here.letters (user_id) values (:b);
-- attack
select here.archive(1);
-- harm
select from here.letters where archived_at is not null;

-- == leak hint: here.claim_seat
-- The hint of the refusal names who has the seat.
create table here.seats (
    code text primary key,
    user_id uuid not null references public.users on delete cascade,
    passenger text not null
);
alter table here.seats enable row level security;
create policy own on here.seats for select to authenticated using (user_id = auth.uid());
grant select on here.seats to authenticated;
create function here.claim_seat(wanted text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    holder text;
begin
    select passenger into holder from here.seats where code = wanted;
    if found then
        raise exception 'taken' using detail = 'by ' || holder;
    end if;
end
$$;
-- rows
insert into here.seats values ('12A', :b, 'secret');
-- attack
select here.claim_seat('12A');

-- == leak by_slug: here.open_board
-- Boards are found by a readable name.
create table here.boards (
    id bigint generated always as identity primary key,
    owner uuid not null references public.users on delete cascade,
    slug text not null unique check (slug ~ '^[a-z][a-z0-9-]*$'),
    content jsonb not null default '{}'
);
alter table here.boards enable row level security;
create policy own on here.boards to authenticated
using (owner = auth.uid()) with check (owner = auth.uid());
grant select, insert, update, delete on here.boards to authenticated;
create function here.open_board(board_slug text) returns here.boards
language sql stable security definer set search_path = ''
as 'select b from here.boards as b where b.slug = board_slug';
-- rows
insert into here.boards (owner, slug, content) values (:b, 'plans', '"secret"');
-- attack
select * from here.open_board('plans');

-- == leak view_of_view_for_anon: here.teaser
-- A view over a view, each without a word on whose rights it has.
create view here.shortened as select id, left(body, 10) as start from public.notes;
create view here.teaser as select start from here.shortened where start <> '';
revoke all on here.shortened from anon, authenticated;
grant select on here.teaser to anon;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack as anon
select * from here.teaser;

-- == leak check_only_on_select: here.scores
-- Scores are anybody's to change while the game is on.
create table here.games (
    id bigint generated always as identity primary key,
    running boolean not null default true
);
create table here.scores (
    id bigint generated always as identity primary key,
    game_id bigint not null references here.games on delete cascade,
    player uuid not null references public.users on delete cascade,
    points integer not null default 0
);
alter table here.games enable row level security;
alter table here.scores enable row level security;
create policy reads on here.games for select to authenticated using (true);
create policy own on here.scores for select to authenticated using (player = auth.uid());
create policy plays on here.scores for update to authenticated
using (exists (select from here.games as g where g.id = game_id and g.running));
grant select on here.games, here.scores to authenticated;
grant update (points) on here.scores to authenticated;
-- rows
insert into here.games default values;
insert into here.scores (game_id, player) values (1, :b);
-- attack
update here.scores set points = -5;
-- harm
select from here.scores where player = :b and points = -5;

-- == good restrictive_only
-- Only restrictive policies: nobody gets in at all.
create table here.vaults (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.vaults enable row level security;
create policy own on here.vaults as restrictive to authenticated using (user_id = auth.uid());
grant select, insert, update, delete on here.vaults to authenticated;
-- rows
insert into here.vaults (user_id, body) values (:b, 'secret');

-- == good calendar_editors
-- The owner appoints viewers and editors of a calendar; they see and edit its entries.
create table here.calendars (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null default auth.uid() references public.users on delete cascade,
    name text not null
);
create table here.calendar_people (
    calendar_id uuid not null references here.calendars on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    access text not null check (access in ('view', 'edit')),
    primary key (calendar_id, user_id)
);
create table here.entries (
    id uuid primary key default gen_random_uuid(),
    calendar_id uuid not null references here.calendars on delete cascade,
    title text not null,
    starts_at timestamptz not null default now()
);
create schema here_guard;
grant usage on schema here_guard to authenticated;
create function here_guard.access_to(calendar uuid) returns text
language sql stable security definer set search_path = ''
as $$
    select 'own' from here.calendars where id = calendar and owner_id = auth.uid()
    union all
    select access from here.calendar_people where calendar_id = calendar and user_id = auth.uid()
    limit 1
$$;
alter table here.calendars enable row level security;
alter table here.calendar_people enable row level security;
alter table here.entries enable row level security;
create policy own on here.calendars to authenticated
using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy lent on here.calendars for select to authenticated
using (here_guard.access_to(id) is not null);
create policy sees on here.calendar_people for select to authenticated
using (user_id = auth.uid() or here_guard.access_to(calendar_id) = 'own');
create policy appoints on here.calendar_people to authenticated
using (here_guard.access_to(calendar_id) = 'own')
with check (here_guard.access_to(calendar_id) = 'own');
create policy views on here.entries for select to authenticated
using (here_guard.access_to(calendar_id) is not null);
create policy edits on here.entries to authenticated
using (here_guard.access_to(calendar_id) in ('own', 'edit'))
with check (here_guard.access_to(calendar_id) in ('own', 'edit'));
grant select, insert, update, delete on here.calendars, here.calendar_people, here.entries
to authenticated;
-- rows
insert into here.calendars (id, owner_id, name) values (:b, :b, 'secret'), (:a, :a, 'mine');
insert into here.entries (calendar_id, title) values (:b, 'secret'), (:a, 'mine');
-- attack
insert into here.calendar_people values (:b, :a, 'edit');
insert into here.entries (calendar_id, title) values (:b, 'forged');
-- harm
select from here.entries where title = 'forged';
-- works
select * from here.entries;

-- == good assigned_doctor
-- A doctor reads the patients whom the service assigned.
create table here.assignments (
    doctor uuid not null references auth.users on delete cascade,
    patient uuid not null references auth.users on delete cascade,
    ends_on date,
    primary key (doctor, patient)
);
create table here.findings (
    id bigint generated always as identity primary key,
    patient uuid not null references auth.users on delete cascade,
    body text not null
);
alter table here.assignments enable row level security;
alter table here.findings enable row level security;
create policy own on here.assignments for select to authenticated
using (auth.uid() in (doctor, patient));
create policy patient on here.findings for select to authenticated using (patient = auth.uid());
create policy doctor on here.findings for select to authenticated
using (
    exists (
        select from here.assignments as x
        where x.patient = findings.patient and x.doctor = auth.uid()
            and coalesce(x.ends_on, 'infinity') > current_date
    )
);
grant select on here.assignments, here.findings to authenticated;
grant all on here.assignments, here.findings to service_role;
-- rows
insert into here.findings (patient, body) values (:b, 'secret'), (:a, 'mine');
insert into here.assignments values (:a, :b, '2020-01-01');
-- attack
update here.assignments set ends_on = null;
-- works
select * from here.findings;

-- == good rsvp
-- Events are public; who comes says so for themselves, once.
create table here.events (
    id bigint generated always as identity primary key,
    title text not null,
    starts_at timestamptz not null check (starts_at > '2020-01-01')
);
create table here.answers (
    event_id bigint not null references here.events on delete cascade,
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    comes boolean not null,
    guests smallint not null default 0 check (guests between 0 and 5),
    primary key (event_id, user_id)
);
alter table here.events enable row level security;
alter table here.answers enable row level security;
create policy everybody on here.events for select to anon, authenticated using (true);
create policy own on here.answers to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select on here.events to anon, authenticated;
grant select, insert (event_id, comes, guests), update (comes, guests), delete on here.answers
to authenticated;
-- rows
insert into here.events (title, starts_at) values ('x', '2031-01-01');
insert into here.answers values (1, :b, true, 5), (1, :a, false, 0);
-- attack
select 'secret' from here.answers where guests = 5;
-- works
update here.answers set guests = 1 returning *;

-- == good api_keys
-- Keys are kept as hashes; anybody who makes one is shown it once.
create table here.api_keys (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    key_hash bytea not null unique,
    label text not null,
    created_at timestamptz not null default now()
);
alter table here.api_keys enable row level security;
create policy own on here.api_keys for select to authenticated using (user_id = auth.uid());
create policy revokes on here.api_keys for delete to authenticated using (user_id = auth.uid());
grant select (id, user_id, label, created_at), delete on here.api_keys to authenticated;
create function here.make_key(label text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
    made text := gen_random_uuid()::text;
begin
    if auth.uid() is null then
        raise exception 'sign in first';
    end if;
    insert into here.api_keys (key_hash, label)
    values (sha256(convert_to(made, 'utf8')), make_key.label);
    return made;
end
$$;
revoke execute on function here.make_key(text) from public;
grant execute on function here.make_key(text) to authenticated;
-- rows
insert into here.api_keys (user_id, key_hash, label) values (:b, 'x', 'secret'), (:a, 'y', 'mine');
-- attack
select label from here.api_keys;
-- works
select here.make_key('new');

-- == good organisations_claim
-- The organisations are a list in app_metadata.
create table here.assets (
    id uuid primary key default gen_random_uuid(),
    org_id uuid not null,
    name text not null
);
alter table here.assets enable row level security;
create policy orgs on here.assets to authenticated
using (
    org_id = any (
        array(
            select jsonb_array_elements_text(
                coalesce(auth.jwt() -> 'app_metadata' -> 'orgs', '[]')
            )::uuid
        )
    )
)
with check (
    coalesce(auth.jwt() -> 'app_metadata' -> 'orgs', '[]') ? org_id::text
);
grant select, insert, update, delete on here.assets to authenticated;
-- rows
insert into here.assets (org_id, name) values
('0b000000-0000-4000-8000-000000000000', 'secret'),
('0a000000-0000-4000-8000-000000000000', 'mine');
-- attack with {"app_metadata": {"orgs": ["0a000000-0000-4000-8000-000000000000"]}}
select * from here.assets;
-- works with {"app_metadata": {"orgs": ["0a000000-0000-4000-8000-000000000000"]}}
select * from here.assets;

-- == good api_views
-- Tables in a schema of their own, and views with the caller's rights as the API.
create schema here_data;
grant usage on schema here_data to authenticated;
create table here_data.journals (
    id bigint generated always as identity primary key,
    author uuid not null default auth.uid(),
    body text not null,
    mood smallint check (mood between 1 and 10)
);
alter table here_data.journals enable row level security;
create policy own on here_data.journals to authenticated
using (author = auth.uid()) with check (author = auth.uid());
grant select, insert, update, delete on here_data.journals to authenticated;
create view here.journals with (security_invoker = true, security_barrier = true) as
select id, body, mood from here_data.journals;
grant select, insert, update, delete on here.journals to authenticated;
-- rows
insert into here_data.journals (author, body) values (:b, 'secret'), (:a, 'mine');
-- works
insert into here.journals (body) values ('x') returning *;

-- == good tags
-- Notes have tags, each the owner's; the link is guarded on both sides.
create table here.tags (
    id bigint generated always as identity primary key,
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    name text not null,
    unique (user_id, name)
);
create table here.note_tags (
    note_id uuid not null references public.notes on delete cascade,
    tag_id bigint not null references here.tags on delete cascade,
    primary key (note_id, tag_id)
);
alter table here.tags enable row level security;
alter table here.note_tags enable row level security;
create policy own on here.tags to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.note_tags to authenticated
using (
    exists (select from public.notes as n where n.id = note_id and n.user_id = auth.uid())
    and exists (select from here.tags as t where t.id = tag_id and t.user_id = auth.uid())
);
grant select, insert, update, delete on here.tags to authenticated;
grant select, insert, delete on here.note_tags to authenticated;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret'), (:a, :a, 'mine');
insert into here.tags (user_id, name) values (:b, 'secret'), (:a, 'mine');
insert into here.note_tags values (:b, 1), (:a, 2);
-- attack
insert into here.note_tags values (:b, 2);
insert into here.note_tags values (:a, 1);
-- harm
select where (select count(*) from here.note_tags) <> 2;
-- works
select * from here.note_tags;

-- == good stages
-- A trigger lets an application move only forward.
create type here.stage as enum ('draft', 'sent', 'decided');
create table here.applications (
    id uuid primary key default gen_random_uuid(),
    applicant uuid not null default auth.uid() references public.users on delete cascade,
    stage here.stage not null default 'draft',
    currency char(3) not null default 'EUR' check (currency = upper(currency)),
    amount numeric(10, 2) not null check (amount > 0),
    answers jsonb not null default '[]' check (jsonb_typeof(answers) = 'array')
);
create function here.forward_only() returns trigger language plpgsql set search_path = ''
as $$
begin
    if new.stage < old.stage then
        raise exception 'an application moves only forward';
    end if;
    return new;
end
$$;
create trigger forward_only before update on here.applications
for each row execute function here.forward_only();
alter table here.applications enable row level security;
create policy own on here.applications to authenticated
using (applicant = auth.uid()) with check (applicant = auth.uid());
create policy drafts_go on here.applications as restrictive for delete to authenticated
using (stage = 'draft');
grant select, insert, update, delete on here.applications to authenticated;
-- rows
insert into here.applications (applicant, amount, answers) values
(:b, 5, '["secret"]'), (:a, 6, '[]');
-- works
update here.applications set stage = 'sent' returning *;

-- == good support_agents
-- Agents, whom the service appoints, answer tickets; customers see their own, and the answers.
create table here.agents (user_id uuid primary key references public.users on delete cascade);
create table here.tickets (
    id bigint generated always as identity primary key,
    customer uuid not null default auth.uid() references public.users on delete cascade,
    subject text not null
);
create table here.answers (
    id bigint generated always as identity primary key,
    ticket_id bigint not null references here.tickets on delete cascade,
    author uuid not null default auth.uid() references public.users,
    body text not null,
    internal boolean not null default false
);
create function here.is_agent() returns boolean
language sql stable security definer set search_path = ''
as 'select exists (select from here.agents where user_id = (select auth.uid()))';
alter table here.agents enable row level security;
alter table here.tickets enable row level security;
alter table here.answers enable row level security;
create policy own on here.tickets for select to authenticated
using (customer = (select auth.uid()) or (select here.is_agent()));
create policy asks on here.tickets for insert to authenticated
with check (customer = (select auth.uid()));
create policy reads on here.answers for select to authenticated
using (
    (select here.is_agent())
    or (
        not internal
        and exists (
            select from here.tickets as t
            where t.id = ticket_id and t.customer = (select auth.uid())
        )
    )
);
create policy writes on here.answers for insert to authenticated
with check (
    author = (select auth.uid())
    and (
        (select here.is_agent())
        or (
            not internal
            and exists (
                select from here.tickets as t
                where t.id = ticket_id and t.customer = (select auth.uid())
            )
        )
    )
);
grant select on here.tickets, here.answers to authenticated;
grant insert (subject) on here.tickets to authenticated;
grant insert (ticket_id, body, internal) on here.answers to authenticated;
grant all on here.agents to service_role;
-- rows
insert into here.tickets (customer, subject) values (:b, 'secret'), (:a, 'mine');
insert into here.answers (ticket_id, author, body, internal) values
(2, :b, 'secret', true), (2, :b, 'for a', false);
-- attack
insert into here.answers (ticket_id, body) values (1, 'forged');
insert into here.agents values (:a);
-- harm
select from here.answers where body = 'forged';
-- works
select * from here.answers where body = 'for a';

-- == good survey
-- Answers come from people who have not signed in, and only the service reads them.
create table here.surveys (
    id bigint generated always as identity primary key,
    question text not null,
    open_until date not null default '2999-01-01'
);
create table here.survey_answers (
    id uuid primary key default gen_random_uuid(),
    survey_id bigint not null references here.surveys on delete cascade,
    answer text not null check (length(answer) between 1 and 500)
);
alter table here.surveys enable row level security;
alter table here.survey_answers enable row level security;
create policy everybody on here.surveys for select to anon, authenticated
using (open_until >= current_date);
create policy everybody on here.survey_answers for insert to anon, authenticated
with check (
    exists (select from here.surveys as s where s.id = survey_id and s.open_until >= current_date)
);
grant select on here.surveys to anon, authenticated;
grant insert (survey_id, answer) on here.survey_answers to anon, authenticated;
grant all on here.surveys, here.survey_answers to service_role;
-- rows
insert into here.surveys (question) values ('why?');
insert into here.survey_answers (survey_id, answer) values (1, 'secret');
-- works
select * from here.surveys;

-- == leak gifts: here.wishes
-- Wishes are for everybody in the week of the birthday.
create table here.wishes (
    id uuid primary key default gen_random_uuid(),
    person uuid not null references public.users on delete cascade,
    birthday date not null default '2000-01-01',
    wish text not null default ''
);
alter table here.wishes enable row level security;
create policy own on here.wishes to authenticated
using (person = (select auth.uid())) with check (person = (select auth.uid()));
create policy week on here.wishes for select to authenticated
using (birthday between current_date - 3 and current_date + 3);
grant select, insert, update, delete on here.wishes to authenticated;
-- rows
insert into here.wishes (person, birthday, wish) values (:b, current_date, 'secret');
-- attack
select * from here.wishes;

-- == leak price_list: here.quotes
-- Quotes below a bound that stands in another table are open.
create table here.bounds (name text primary key, cents integer not null);
create table here.quotes (
    id bigint generated always as identity primary key,
    customer uuid not null references public.users on delete cascade,
    cents integer not null,
    body text not null
);
alter table here.bounds enable row level security;
alter table here.quotes enable row level security;
create policy reads on here.bounds for select to authenticated using (true);
create policy own on here.quotes to authenticated
using (customer = auth.uid()) with check (customer = auth.uid());
create policy cheap on here.quotes for select to authenticated
using (cents < (select b.cents from here.bounds as b where b.name = 'open'));
grant select on here.bounds to authenticated;
grant select, insert on here.quotes to authenticated;
-- rows
insert into here.bounds values ('open', 100);
insert into here.quotes (customer, cents, body) values (:b, 50, 'secret');
-- attack
select * from here.quotes;

-- == leak second_owner_column: here.cars
-- Anybody who is written down as the next owner reads; everybody may write that down.
create table here.cars (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null references public.users on delete cascade,
    next_owner_id uuid references public.users on delete set null,
    plate text not null
);
alter table here.cars enable row level security;
create policy reads on here.cars for select to authenticated
using (auth.uid() in (owner_id, next_owner_id));
create policy offers on here.cars for update to authenticated
using (next_owner_id is null) with check (true);
grant select, update (next_owner_id) on here.cars to authenticated;
-- rows
insert into here.cars (owner_id, plate) values (:b, 'secret');
-- attack
update here.cars set next_owner_id = :a;
select * from here.cars;

-- == leak public_copy: here.publish
-- A function copies a row into the table that everybody reads, whosever it is.
create table here.public_notes (
    id uuid primary key,
    body text not null
);
alter table here.public_notes enable row level security;
create policy everybody on here.public_notes for select to anon, authenticated using (true);
grant select on here.public_notes to anon, authenticated;
create function here.publish(note uuid) returns void
language sql security definer set search_path = ''
as $$
    insert into here.public_notes select id, body from public.notes where id = note
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.publish(:b);
select * from here.public_notes;

-- == leak month_report: here.month_report
-- Year and month are the arguments.
create table here.trips (
    id bigint generated always as identity primary key,
    driver uuid not null references public.users on delete cascade,
    started_at timestamptz not null default now(),
    route text not null
);
alter table here.trips enable row level security;
create policy own on here.trips to authenticated
using (driver = auth.uid()) with check (driver = auth.uid());
grant select, insert on here.trips to authenticated;
create function here.month_report(wanted_year integer, wanted_month integer)
returns table (route text)
language sql stable security definer set search_path = ''
as $$
    select t.route from here.trips as t
    where extract(year from t.started_at) = wanted_year
        and extract(month from t.started_at) = wanted_month
$$;
-- rows
insert into here.trips (driver, started_at, route) values (:b, '2031-03-03', 'secret');
-- attack
select * from here.month_report(2031, 3);

-- == leak near_by: here.near_by
-- A place and a distance are the arguments.
create table here.homes (
    user_id uuid primary key references public.users on delete cascade,
    x double precision not null,
    y double precision not null,
    street text not null
);
alter table here.homes enable row level security;
create policy own on here.homes to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update on here.homes to authenticated;
create function here.near_by(x double precision, y double precision, distance double precision)
returns setof here.homes
language sql stable security definer set search_path = ''
as $$
    select h.* from here.homes as h
    where sqrt(power(h.x - near_by.x, 2) + power(h.y - near_by.y, 2)) <= distance
$$;
-- rows
insert into here.homes values (:b, 1, 1, 'secret');
-- attack
select * from here.near_by(0, 0, 1e9);

-- == leak policy_for_staff_function: here.letters
-- The function says staff of anybody who has a row in a table that anybody may write.
create table here.volunteers (
    user_id uuid primary key default auth.uid() references public.users on delete cascade,
    since date not null default current_date
);
create table here.letters (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create function here.helps() returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform 1 from here.volunteers as v where v.user_id = auth.uid();
    return found;
end
$$;
alter table here.volunteers enable row level security;
alter table here.letters enable row level security;
create policy own on here.volunteers to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.letters to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy helpers on here.letters for select to authenticated using (here.helps());
grant select, insert on here.volunteers to authenticated;
grant select, insert, update, delete on here.letters to authenticated;
-- rows
insert into here.letters (user_id, body) values (:b, 'secret');
-- attack
insert into here.volunteers default values;
select * from here.letters;

-- == leak last_words: here.inbox_view
-- A view with the caller's rights over a table without row level security.
create table here.raw_inbox (
    id bigint generated always as identity primary key,
    addressee uuid not null references public.users on delete cascade,
    words text not null
);
create view here.inbox_view with (security_invoker = true) as
select words from here.raw_inbox where addressee is not null;
grant select on here.raw_inbox, here.inbox_view to authenticated;
-- rows
insert into here.raw_inbox (addressee, words) values (:b, 'secret');
-- attack
select * from here.inbox_view;

-- == leak locks_out: here.lock_account
-- By address, anybody's account is locked.
create table here.account_state (
    user_id uuid primary key references public.users on delete cascade,
    email text not null,
    locked boolean not null default false
);
alter table here.account_state enable row level security;
create policy own on here.account_state for select to authenticated using (user_id = auth.uid());
grant select on here.account_state to authenticated;
create function here.lock_account(p_email text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update here.account_state set locked = true where email = p_email;
    return true;
end
$$;
-- rows
insert into here.account_state values (:b, :b_mail);
-- attack as anon
select here.lock_account(:b_mail);
-- harm
select from here.account_state where locked;

-- == leak tree: here.chapters
-- A chapter is read by anybody who owns any chapter of the same book, and anybody may add one.
create table here.chapters (
    id bigint generated always as identity primary key,
    book text not null,
    author uuid not null references public.users on delete cascade,
    body text not null
);
create function here.writes_for(wanted text) returns boolean
language sql stable security definer set search_path = ''
as 'select exists (select from here.chapters where book = wanted and author = auth.uid())';
alter table here.chapters enable row level security;
create policy reads on here.chapters for select to authenticated
using (author = auth.uid() or here.writes_for(book));
create policy adds on here.chapters for insert to authenticated with check (author = auth.uid());
grant select, insert on here.chapters to authenticated;
-- rows
insert into here.chapters (book, author, body) values ('b', :b, 'secret');
-- attack
insert into here.chapters (book, author, body) values ('b', :a, '');
select * from here.chapters;

-- == leak role_setting: here.minutes
-- A request header names the committee.
create table here.minutes (
    id bigint generated always as identity primary key,
    committee text not null,
    author uuid not null references public.users on delete cascade,
    body text not null
);
create function here.committee() returns text
language sql stable set search_path = ''
as $$
    select nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-committee'
$$;
alter table here.minutes enable row level security;
create policy own on here.minutes to authenticated
using (author = auth.uid()) with check (author = auth.uid());
create policy committee on here.minutes for select to authenticated
using (committee = (select here.committee()));
grant select, insert on here.minutes to authenticated;
-- rows
insert into here.minutes (committee, author, body) values ('money', :b, 'secret');
-- attack
set local request.headers = '{"x-committee": "money"}';
select * from here.minutes;

-- == leak kept_open: here.rooms
-- Reading is for members, or while the room is open; hours are numbers.
create table here.rooms (
    id uuid primary key default gen_random_uuid(),
    keeper uuid not null references public.users on delete cascade,
    opens smallint not null default 9,
    closes smallint not null default 9,
    code text not null
);
alter table here.rooms enable row level security;
create policy own on here.rooms to authenticated
using (keeper = auth.uid()) with check (keeper = auth.uid());
create policy open on here.rooms for select to authenticated
using (closes - opens >= 24);
grant select, insert, update, delete on here.rooms to authenticated;
-- rows
insert into here.rooms (keeper, opens, closes, code) values (:b, 0, 24, 'secret');
-- attack
select * from here.rooms;

-- == good newsletters
-- Anybody who subscribes says so once; the list is the service's.
create table here.subscribers (
    id bigint generated always as identity primary key,
    email text not null check (email like '%_@_%'),
    confirmed_at timestamptz
);
alter table here.subscribers enable row level security;
create policy subscribes on here.subscribers for insert to anon, authenticated
with check (confirmed_at is null);
grant insert (email) on here.subscribers to anon, authenticated;
grant all on here.subscribers to service_role;
-- rows
insert into here.subscribers (email) values ('secret@example.net');

-- == good household
-- Members of a household share its list; the household is made by a function.
create table here.households (
    id uuid primary key default gen_random_uuid(),
    name text not null
);
create table here.household_members (
    household_id uuid not null references here.households on delete cascade,
    user_id uuid not null references auth.users on delete cascade,
    primary key (household_id, user_id)
);
create table here.groceries (
    id uuid primary key default gen_random_uuid(),
    household_id uuid not null references here.households on delete cascade,
    added_by uuid not null default auth.uid() references auth.users,
    what text not null,
    done boolean not null default false
);
create function here.my_households() returns setof uuid
language sql stable security definer set search_path = ''
as 'select household_id from here.household_members where user_id = (select auth.uid())';
create function here.found_household(name text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    made uuid;
begin
    insert into here.households (name) values (found_household.name) returning id into made;
    insert into here.household_members values (made, auth.uid());
    return made;
end
$$;
revoke execute on function here.my_households(), here.found_household(text) from public;
grant execute on function here.my_households(), here.found_household(text) to authenticated;
alter table here.households enable row level security;
alter table here.household_members enable row level security;
alter table here.groceries enable row level security;
create policy members on here.households for select to authenticated
using (id in (select here.my_households()));
create policy members on here.household_members for select to authenticated
using (household_id in (select here.my_households()));
create policy leaves on here.household_members for delete to authenticated
using (user_id = (select auth.uid()));
create policy members on here.groceries to authenticated
using (household_id in (select here.my_households()))
with check (household_id in (select here.my_households()));
grant select on here.households to authenticated;
grant select, delete on here.household_members to authenticated;
grant select, insert (household_id, what), update (what, done), delete on here.groceries
to authenticated;
-- rows
insert into here.households values (:b, 'secret'), (:a, 'mine');
insert into here.household_members values (:b, :b), (:a, :a);
insert into here.groceries (household_id, added_by, what) values (:b, :b, 'secret'), (:a, :a, 'x');
-- attack
insert into here.household_members values (:b, :a);
insert into here.groceries (household_id, what) values (:b, 'forged');
-- harm
select from here.groceries where what = 'forged';
-- works
select * from here.groceries;

-- == good receipts_by_month
-- The caller's own trips of a month.
create table here.trips (
    id bigint generated always as identity primary key,
    driver uuid not null default auth.uid() references public.users on delete cascade,
    started_at timestamptz not null default now(),
    route text not null
);
alter table here.trips enable row level security;
create policy own on here.trips to authenticated
using (driver = auth.uid()) with check (driver = auth.uid());
grant select, insert on here.trips to authenticated;
create function here.month_report(wanted_year integer, wanted_month integer)
returns table (route text)
language sql stable security definer set search_path = ''
as $$
    select t.route from here.trips as t
    where extract(year from t.started_at) = wanted_year
        and extract(month from t.started_at) = wanted_month
        and t.driver = auth.uid()
$$;
-- rows
insert into here.trips (driver, started_at, route) values
(:b, '2031-03-03', 'secret'), (:a, '2031-03-03', 'mine');
-- attack
select * from here.month_report(2031, 3);
-- works
select * from here.month_report(2031, 3);

-- == good avatars
-- Pictures are for everybody, said by name; each in the folder of its owner.
create table here.pictures (
    id uuid primary key default gen_random_uuid(),
    bucket text not null default 'avatars' check (bucket in ('avatars')),
    path text not null unique
);
alter table here.pictures enable row level security;
create policy everybody on here.pictures for select to anon, authenticated
using (bucket = 'avatars');
create policy own_inserts on here.pictures for insert to authenticated
with check (bucket = 'avatars' and split_part(path, '/', 1) = (select auth.uid())::text);
create policy own_deletes on here.pictures for delete to authenticated
using (split_part(path, '/', 1) = (select auth.uid())::text);
grant select on here.pictures to anon, authenticated;
grant insert, delete on here.pictures to authenticated;
-- rows
insert into here.pictures (path) values (:b || '/face.png');
-- attack
delete from here.pictures;
-- harm
select where not exists (select from here.pictures);
-- works
insert into here.pictures (path) values (:a || '/face.png') returning *;

-- == good votes
-- One vote a person; nobody reads another's, and it cannot be changed.
create table here.polls (
    id bigint generated always as identity primary key,
    question text not null,
    options text[] not null check (cardinality(options) between 2 and 9)
);
create table here.votes (
    poll_id bigint not null references here.polls on delete cascade,
    voter uuid not null default auth.uid() references public.users on delete cascade,
    option smallint not null check (option > 0),
    primary key (poll_id, voter)
);
alter table here.polls enable row level security;
alter table here.votes enable row level security;
create policy everybody on here.polls for select to authenticated using (true);
create policy own on here.votes for select to authenticated using (voter = auth.uid());
create policy votes on here.votes for insert to authenticated with check (voter = auth.uid());
grant select on here.polls to authenticated;
grant select, insert on here.votes to authenticated;
-- rows
insert into here.polls (question, options) values ('?', '{a,b}');
insert into here.votes values (1, :b, 2);
-- attack
select 'secret' from here.votes where option = 2;
-- works
insert into here.votes (poll_id, option) values (1, 1) returning *;
