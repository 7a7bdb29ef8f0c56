-- == leak adoption: here.vet_visits
-- A visit is shown to who can see the pet, and a pet up for adoption is seen by all.
create table here.pets (
    id uuid primary key default gen_random_uuid(),
    keeper uuid not null references auth.users,
    call_name text not null,
    up_for_adoption boolean not null default false
);
create table here.vet_visits (
    id bigint generated always as identity primary key,
    pet_id uuid not null references here.pets on delete cascade,
    findings text not null
);
alter table here.pets enable row level security;
alter table here.vet_visits enable row level security;
create policy mine on here.pets to authenticated
using (keeper = auth.uid()) with check (keeper = auth.uid());
create policy adoptable on here.pets for select to authenticated using (up_for_adoption);
create policy with_pet on here.vet_visits for select to authenticated
using (exists (select 1 from here.pets p where p.id = pet_id));
create policy add on here.vet_visits for insert to authenticated
with check (exists (select 1 from here.pets p where p.id = pet_id and p.keeper = auth.uid()));
grant select, insert, update, delete on here.pets to authenticated;
grant select, insert on here.vet_visits to authenticated;
-- rows
insert into here.pets values (:b, :b, 'Rex', true);
insert into here.vet_visits (pet_id, findings) values (:b, 'secret lump');
-- attack
select findings from here.vet_visits;

-- == leak hall_seats: here.stage_notes
-- The name without a table in the subquery is the inner one: a seat anywhere opens every hall.
create table here.halls (id int generated always as identity primary key, title text);
create table here.seats (
    hall int not null references here.halls,
    person uuid not null references auth.users,
    state text not null check (state in ('asked', 'seated', 'left')),
    primary key (hall, person)
);
create table here.stage_notes (
    id uuid primary key default gen_random_uuid(),
    hall int not null references here.halls,
    author uuid not null default auth.uid(),
    line text not null
);
alter table here.halls enable row level security;
alter table here.seats enable row level security;
alter table here.stage_notes enable row level security;
create policy own on here.seats for select to authenticated using (person = auth.uid());
create policy seated on here.stage_notes for select to authenticated
using (exists (
    select 1 from here.seats s
    where s.hall = hall and s.person = auth.uid() and s.state = 'seated'
));
grant select on here.seats, here.stage_notes to authenticated;
-- rows
insert into here.halls (title) values ('North'), ('South');
insert into here.seats values (1, :a, 'seated'), (2, :b, 'seated');
insert into here.stage_notes (hall, author, line) values (2, :b, 'secret cue');
-- attack
select line from here.stage_notes;

-- == leak visibility_key: here.recipes
-- What is not private is shown to all, though 'household' was meant for the household.
create table here.recipes (
    id uuid primary key default gen_random_uuid(),
    cook uuid not null default auth.uid(),
    meta jsonb not null default '{"visibility": "private"}',
    steps text not null
);
alter table here.recipes enable row level security;
create policy read on here.recipes for select to authenticated
using (cook = auth.uid() or meta ->> 'visibility' <> 'private');
create policy write on here.recipes for insert to authenticated with check (cook = auth.uid());
grant select, insert on here.recipes to authenticated;
-- rows
insert into here.recipes (cook, meta, steps)
values (:b, '{"visibility": "household"}', 'secret sauce');
-- attack
select steps from here.recipes;

-- == leak embargo: here.grades
-- After the day of publication grades are everybody's, not each student's own.
create table here.grades (
    student uuid not null references auth.users,
    course text not null,
    mark text not null,
    published_on date,
    primary key (student, course)
);
alter table here.grades enable row level security;
create policy after_embargo on here.grades for select to authenticated
using (published_on <= current_date);
grant select on here.grades to authenticated;
-- rows
insert into here.grades values (:b, 'Law', 'secret F', current_date - 3);
-- attack
select mark from here.grades;

-- == leak avatar_replace: here.objects
-- The check of the folder stands on insert; replacing a file asks for the bucket only.
create table here.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null,
    name text not null,
    owner uuid default auth.uid(),
    metadata jsonb,
    unique (bucket_id, name)
);
alter table here.objects enable row level security;
create policy up on here.objects for insert to authenticated
with check (bucket_id = 'avatars' and split_part(name, '/', 1) = auth.uid()::text);
create policy see on here.objects for select to authenticated
using (bucket_id = 'avatars' and split_part(name, '/', 1) = auth.uid()::text);
create policy replace on here.objects for update to authenticated
using (bucket_id = 'avatars');
grant select, insert, update on here.objects to authenticated;
-- rows
insert into here.objects (bucket_id, name, owner, metadata)
values ('avatars', 'bbbbbbbb-0000-4000-8000-00000000000b/me.png', :b, '{"size": 1}');
-- attack
update here.objects set metadata = '{"size": 666}';
-- harm
select 1 from here.objects where metadata ->> 'size' = '666' and owner = :b;

-- == leak guest_order: here.orders
-- An order made before signing up has no user, only an address; everybody sees these.
create table here.orders (
    id bigint generated always as identity primary key,
    user_id uuid references auth.users,
    email text not null,
    street text not null,
    placed_at timestamptz not null default now()
);
alter table here.orders enable row level security;
create policy own_or_guest on here.orders for select to authenticated
using (user_id is not distinct from auth.uid() or user_id is null);
grant select on here.orders to authenticated;
-- rows
insert into here.orders (email, street) values (:b_mail, 'secret street 5');
-- attack
select street from here.orders;

-- == leak letter_sender: here.letters
-- The check after an update asks for a body only: A's letter becomes one that B sent.
create table here.letters (
    id uuid primary key default gen_random_uuid(),
    sender uuid not null references auth.users,
    receiver uuid not null references auth.users,
    body text not null
);
alter table here.letters enable row level security;
create policy see on here.letters for select to authenticated
using (auth.uid() in (sender, receiver));
create policy send on here.letters for insert to authenticated with check (sender = auth.uid());
create policy edit on here.letters for update to authenticated
using (sender = auth.uid()) with check (length(body) > 0);
grant select, insert, update on here.letters to authenticated;
-- attack
insert into here.letters (sender, receiver, body) values (:a, :a, 'pay A');
update here.letters set sender = :b;
-- harm
select 1 from here.letters where sender = :b and body = 'pay A';

-- == leak clinic_claim: here.patients
-- The clinics stand in the metadata that users set themselves.
create table here.clinics (id uuid primary key default gen_random_uuid(), title text);
create table here.patients (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references here.clinics,
    nurse uuid not null references auth.users,
    history text not null
);
alter table here.clinics enable row level security;
alter table here.patients enable row level security;
create policy of_clinic on here.patients for select to authenticated
using ((auth.jwt() -> 'user_metadata' -> 'clinics') ? clinic_id::text);
grant select on here.patients to authenticated;
-- rows
insert into here.clinics values ('cccccccc-0000-4000-8000-00000000000c', 'East');
insert into here.patients (clinic_id, nurse, history)
values ('cccccccc-0000-4000-8000-00000000000c', :b, 'secret illness');
-- attack with {"user_metadata": {"clinics": ["cccccccc-0000-4000-8000-00000000000c"]}}
select history from here.patients;

-- == leak walk_in_guest: here.papers
-- Any user may become a guest of a society, and guests read its papers.
create table here.societies (id uuid primary key default gen_random_uuid(), title text not null);
create table here.society_people (
    society uuid not null references here.societies,
    person uuid not null references auth.users,
    role text not null default 'guest',
    primary key (society, person)
);
create table here.papers (
    id uuid primary key default gen_random_uuid(),
    society uuid not null references here.societies,
    text text not null
);
alter table here.societies enable row level security;
alter table here.society_people enable row level security;
alter table here.papers enable row level security;
create policy titles on here.societies for select to authenticated using (true);
create policy me on here.society_people for select to authenticated using (person = auth.uid());
create policy join_in on here.society_people for insert to authenticated
with check (person = auth.uid() and role = 'guest');
create policy read on here.papers for select to authenticated
using (society in (select p.society from here.society_people p where p.person = auth.uid()));
grant select on here.societies, here.papers to authenticated;
grant select, insert on here.society_people to authenticated;
-- rows
insert into here.societies values ('cccccccc-0000-4000-8000-00000000000c', 'Lodge');
insert into here.society_people values ('cccccccc-0000-4000-8000-00000000000c', :b, 'head');
insert into here.papers (society, text)
values ('cccccccc-0000-4000-8000-00000000000c', 'secret rite');
-- attack
insert into here.society_people select id, :a from here.societies;
select text from here.papers;

-- == leak granted_by_self: here.salaries
-- A role may be given by who says that he gave it.
create table here.staff_roles (
    person uuid not null references auth.users,
    role text not null check (role in ('clerk', 'hr', 'boss')),
    granted_by uuid not null default auth.uid(),
    primary key (person, role)
);
create table here.salaries (
    person uuid primary key references auth.users,
    amount numeric not null,
    remark text
);
alter table here.staff_roles enable row level security;
alter table here.salaries enable row level security;
create policy see on here.staff_roles for select to authenticated
using (auth.uid() in (person, granted_by));
create policy give on here.staff_roles for insert to authenticated
with check (granted_by = auth.uid());
create policy pay on here.salaries for select to authenticated
using (
    person = auth.uid()
    or exists (
        select 1 from here.staff_roles r
        where r.person = auth.uid() and r.role in ('hr', 'boss')
    )
);
grant select, insert on here.staff_roles to authenticated;
grant select on here.salaries to authenticated;
-- rows
insert into here.salaries values (:b, 90000, 'secret bonus');
-- attack
insert into here.staff_roles (person, role) values (:a, 'hr');
select remark from here.salaries;

-- == leak empty_guest_list: here.albums
-- An empty list of guests means nobody yet; the policy takes it for everybody.
create table here.albums (
    id uuid primary key default gen_random_uuid(),
    maker uuid not null default auth.uid(),
    guests uuid[] not null default '{}',
    caption text
);
alter table here.albums enable row level security;
create policy maker on here.albums to authenticated
using (maker = auth.uid()) with check (maker = auth.uid());
create policy guests on here.albums for select to authenticated
using (cardinality(guests) = 0 or guests @> array[auth.uid()]);
grant select, insert, update, delete on here.albums to authenticated;
-- rows
insert into here.albums (maker, caption) values (:b, 'secret wedding');
-- attack
select caption from here.albums;

-- == leak shared_until: here.reports
-- No end of sharing was meant as not shared; coalesce makes it shared for ever.
create table here.reports (
    id uuid primary key default gen_random_uuid(),
    analyst uuid not null references auth.users,
    share_until timestamptz,
    summary text not null
);
alter table here.reports enable row level security;
create policy analyst on here.reports to authenticated
using (analyst = auth.uid()) with check (analyst = auth.uid());
create policy shared on here.reports for select to authenticated
using (coalesce(share_until, 'infinity') > now());
grant select, insert, update, delete on here.reports to authenticated;
-- rows
insert into here.reports (analyst, summary) values (:b, 'secret figures');
-- attack
select summary from here.reports;

-- == leak drop_drafts: here.petitions
-- Anybody may clear away anybody's drafts.
create table here.petitions (
    id bigint generated by default as identity primary key,
    starter uuid not null default auth.uid() references auth.users,
    stage text not null default 'draft' check (stage in ('draft', 'open', 'closed')),
    wording text not null
);
alter table here.petitions enable row level security;
create policy see on here.petitions for select to authenticated using (starter = auth.uid());
create policy start on here.petitions for insert to authenticated
with check (starter = auth.uid());
create policy tidy on here.petitions for delete to authenticated using (stage = 'draft');
grant select, insert, delete on here.petitions to authenticated;
-- rows
insert into here.petitions (id, starter, wording) values (70, :b, 'Save the lake');
-- attack
delete from here.petitions;
-- harm
select 1 where not exists (select 1 from here.petitions where id = 70);

-- == leak find_people: here.find_people
-- A search over the fields that the caller names, with the rights of its maker.
create table here.customers (
    id uuid primary key default gen_random_uuid(),
    agent uuid not null references auth.users,
    full_name text not null,
    iban text not null
);
alter table here.customers enable row level security;
create policy own on here.customers to authenticated
using (agent = auth.uid()) with check (agent = auth.uid());
grant select, insert, update, delete on here.customers to authenticated;
create function here.find_people(term text, fields text[] default array['full_name'])
returns table (id uuid, hit text)
language sql stable security definer set search_path = ''
as $$
    select c.id, v.val
    from here.customers c, jsonb_each_text(to_jsonb(c)) as v(k, val)
    where v.k = any(fields) and length(term) > 1 and v.val ilike '%' || term || '%'
$$;
revoke execute on function here.find_people(text, text[]) from public, anon;
grant execute on function here.find_people(text, text[]) to authenticated;
-- rows
insert into here.customers (agent, full_name, iban) values (:b, 'Bo', 'DE00 secret');
-- attack
select hit from here.find_people('DE', array['iban']);

-- == leak next_page: here.next_page
-- Paging by the last id seen, over everybody's invoices.
create table here.invoices (
    id bigint generated by default as identity primary key,
    seller uuid not null references auth.users,
    lines jsonb not null
);
alter table here.invoices enable row level security;
create policy own on here.invoices to authenticated
using (seller = auth.uid()) with check (seller = auth.uid());
grant select, insert, update, delete on here.invoices to authenticated;
create function here.next_page(after_id bigint, page_size smallint default 20)
returns setof here.invoices
language plpgsql stable security definer set search_path = ''
as $$
begin
    if page_size not between 1 and 100 then
        raise exception 'page size must be between 1 and 100';
    end if;
    return query select * from here.invoices i
    where i.id > after_id order by i.id limit page_size;
end
$$;
-- rows
insert into here.invoices (id, seller, lines) values (9000, :b, '["secret goods"]');
-- attack as anon
select lines from here.next_page(8999);

-- == leak count_like: here.count_like
-- A count over all files of patients: a question at a time tells what B's says.
create table here.charts (
    id uuid primary key default gen_random_uuid(),
    doctor uuid not null references auth.users,
    details jsonb not null default '{}'
);
alter table here.charts enable row level security;
create policy own on here.charts to authenticated
using (doctor = auth.uid()) with check (doctor = auth.uid());
grant select, insert, update, delete on here.charts to authenticated;
create function here.count_like(pattern jsonb) returns bigint
language sql stable security definer set search_path = ''
as $$ select count(*) from here.charts c where c.details @> pattern $$;
-- rows
insert into here.charts (doctor, details) values (:b, '{"finding": "rash"}');
-- attack
select 'secret' where here.count_like('{"finding": "rash"}') > 0;

-- == leak reserve_error: here.reserve
-- The detail of the refusal says who has the table, and for what.
create table here.tables_booked (
    id uuid primary key default gen_random_uuid(),
    guest uuid not null references auth.users,
    table_no int not null,
    occasion text not null default '',
    evening date not null
);
alter table here.tables_booked enable row level security;
create policy own on here.tables_booked to authenticated
using (guest = auth.uid()) with check (guest = auth.uid());
grant select, insert, update, delete on here.tables_booked to authenticated;
create function here.reserve(p_table int, p_evening date) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    other here.tables_booked;
    made uuid;
begin
    select * into other from here.tables_booked b
    where b.table_no = p_table and b.evening = p_evening;
    if found then
        raise exception 'table is taken' using detail = other.occasion, errcode = 'P0409';
    end if;
    insert into here.tables_booked (guest, table_no, evening)
    values (auth.uid(), p_table, p_evening) returning id into made;
    return made;
end
$$;
revoke execute on function here.reserve(int, date) from public, anon;
grant execute on function here.reserve(int, date) to authenticated;
-- rows
insert into here.tables_booked (guest, table_no, occasion, evening)
values (:b, 7, 'secret proposal', '2031-05-05');
-- attack
select here.reserve(7, '2031-05-05');

-- == leak export_any: here.export_any
-- The caller names the table and the columns to be exported.
create table here.diaries (
    id uuid primary key default gen_random_uuid(),
    writer uuid not null references auth.users,
    entry text not null
);
alter table here.diaries enable row level security;
create policy own on here.diaries to authenticated
using (writer = auth.uid()) with check (writer = auth.uid());
grant select, insert, update, delete on here.diaries to authenticated;
create function here.export_any(source text, columns text[]) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
    answer jsonb;
begin
    execute format(
        'select jsonb_agg(t) from (select %s from here.%I) as t',
        (select string_agg(quote_ident(c), ', ') from unnest(columns) c), source
    ) into answer;
    return answer;
end
$$;
revoke execute on function here.export_any(text, text[]) from public, anon;
grant execute on function here.export_any(text, text[]) to authenticated;
-- rows
insert into here.diaries (writer, entry) values (:b, 'secret crush');
-- attack
select here.export_any('diaries', array['entry']);

-- == leak ledger_cursor: here.open_ledger
-- A cursor over a span of days, opened with the rights of the maker.
create table here.ledger (
    id bigint generated always as identity primary key,
    holder uuid not null references auth.users,
    day date not null,
    purpose text not null
);
alter table here.ledger enable row level security;
create policy own on here.ledger to authenticated
using (holder = auth.uid()) with check (holder = auth.uid());
grant select, insert, update, delete on here.ledger to authenticated;
create function here.open_ledger(span daterange) returns refcursor
language plpgsql security definer set search_path = ''
as $$
declare
    c refcursor := 'ledger_rows';
begin
    open c for select l.day, l.purpose from here.ledger l where l.day <@ span;
    return c;
end
$$;
-- rows
insert into here.ledger (holder, day, purpose) values (:b, '2024-02-03', 'secret gift');
-- attack
select here.open_ledger('[2024-01-01,2025-01-01)');
fetch all from ledger_rows;

-- == leak save_team: here.save_team
-- The function saves the whole row that it is handed, whosever team it is.
create table here.teams (
    id uuid primary key default gen_random_uuid(),
    captain uuid not null references auth.users,
    motto text not null default ''
);
alter table here.teams enable row level security;
create policy own on here.teams to authenticated
using (captain = auth.uid()) with check (captain = auth.uid());
grant select, insert, update, delete on here.teams to authenticated;
create function here.save_team(team here.teams) returns void
language sql security definer set search_path = ''
as $$
    update here.teams t set motto = (team).motto where t.id = (team).id
$$;
revoke execute on function here.save_team(here.teams) from public, anon;
grant execute on function here.save_team(here.teams) to authenticated;
-- rows
insert into here.teams values (:b, :b, 'Onward');
-- attack
select here.save_team(row(:b, :a, 'defaced')::here.teams);
-- harm
select 1 from here.teams where captain = :b and motto = 'defaced';

-- == leak tips_of_kind: here.tips_of
-- Tips of a kind, of all reporters, once they are older than a span that the caller names.
create type here.tip_kind as enum ('fraud', 'abuse', 'other');
create table here.tips (
    id uuid primary key default gen_random_uuid(),
    reporter uuid not null references auth.users,
    kind here.tip_kind not null,
    told_at timestamptz not null default now(),
    story text not null
);
alter table here.tips enable row level security;
create policy own on here.tips to authenticated
using (reporter = auth.uid()) with check (reporter = auth.uid());
grant select, insert on here.tips to authenticated;
create function here.tips_of(wanted here.tip_kind, older interval)
returns table (story text)
language sql stable security definer set search_path = ''
as $$ select t.story from here.tips t where t.kind = wanted and t.told_at < now() - older $$;
-- rows
insert into here.tips (reporter, kind, told_at, story)
values (:b, 'abuse', now() - interval '2 days', 'secret tip');
-- attack as anon
select * from here.tips_of('abuse', '1 hour');

-- == leak parcels_by_code: here.parcels_by
-- Every parcel by its running number, any number of them at once.
create table here.parcels (
    code text primary key,
    recipient uuid not null references auth.users,
    door_code text not null
);
alter table here.parcels enable row level security;
create policy own on here.parcels for select to authenticated using (recipient = auth.uid());
grant select on here.parcels to authenticated;
create function here.parcels_by(
    out code text, out door_code text, variadic codes text[]
) returns setof record
language sql stable security definer set search_path = ''
as $$ select p.code, p.door_code from here.parcels p where p.code = any(codes) $$;
revoke execute on function here.parcels_by(text[]) from public, anon;
grant execute on function here.parcels_by(text[]) to authenticated;
-- rows
insert into here.parcels values ('P-17', :b, 'secret 4711');
-- attack
select door_code from here.parcels_by('P-16', 'P-17', 'P-18');

-- == leak signed_in_view: here.tenant_directory
-- The view asks whether somebody has signed in, not who.
create table here.flats (id int primary key, house text not null);
create table here.tenancies (
    tenant uuid primary key references auth.users,
    flat int not null references here.flats,
    arrears text
);
alter table here.flats enable row level security;
alter table here.tenancies enable row level security;
create policy own on here.tenancies for select to authenticated using (tenant = auth.uid());
grant select on here.tenancies to authenticated;
create view here.tenant_directory as
select f.house, t.arrears
from here.tenancies t inner join here.flats f on f.id = t.flat
where auth.uid() is not null;
grant select on here.tenant_directory to authenticated;
-- rows
insert into here.flats values (3, 'Mill Lane');
insert into here.tenancies values (:b, 3, 'secret debt');
-- attack
select arrears from here.tenant_directory;

-- == leak old_and_new: here.all_claims
-- The half of the union that brings the archive forgot whose claims they are.
create table here.insurance_claims (
    id int primary key, insured uuid not null references auth.users, cause text not null
);
create table here.old_claims (
    id int primary key, insured uuid not null references auth.users, cause text not null
);
alter table here.insurance_claims enable row level security;
alter table here.old_claims enable row level security;
create policy own on here.insurance_claims for select to authenticated
using (insured = auth.uid());
grant select on here.insurance_claims to authenticated;
create view here.all_claims as
select id, cause, false as archived from here.insurance_claims where insured = auth.uid()
union all
select id, cause, true from here.old_claims;
grant select on here.all_claims to authenticated;
-- rows
insert into here.old_claims values (5, :b, 'secret arson');
-- attack
select cause from here.all_claims where archived;

-- == leak street_totals: here.street_totals
-- A group of one has no statistics: the highest remark of a street is a neighbour's own.
create table here.meters (
    id int primary key,
    resident uuid not null references auth.users,
    street text not null,
    kwh numeric not null,
    remark text
);
alter table here.meters enable row level security;
create policy own on here.meters for select to authenticated using (resident = auth.uid());
grant select on here.meters to authenticated;
create view here.street_totals as
select street, sum(kwh) as kwh, max(remark) as worst
from here.meters group by street;
grant select on here.street_totals to authenticated;
-- rows
insert into here.meters values (1, :b, 'Elm', 12, 'secret grow room');
-- attack
select worst from here.street_totals;

-- == leak edit_through_view: here.board_posts_v
-- The view shows what was pinned for all; its trigger writes whatever it shows.
create table here.board_posts (
    id uuid primary key default gen_random_uuid(),
    author uuid not null default auth.uid() references auth.users,
    pinned boolean not null default false,
    body text not null
);
alter table here.board_posts enable row level security;
create policy see on here.board_posts for select to authenticated
using (author = auth.uid() or pinned);
create policy add on here.board_posts for insert to authenticated
with check (author = auth.uid() and not pinned);
grant select, insert on here.board_posts to authenticated;
create view here.board_posts_v with (security_invoker = true) as
select id, author, pinned, body from here.board_posts;
create function here.save_post() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update here.board_posts set body = new.body where id = old.id;
    return new;
end
$$;
create trigger save instead of update on here.board_posts_v
for each row execute function here.save_post();
grant select, update on here.board_posts_v to authenticated;
-- rows
insert into here.board_posts values (:b, :b, true, 'House rules');
-- attack
update here.board_posts_v set body = 'no rules';
-- harm
select 1 from here.board_posts where author = :b and body = 'no rules';

-- == leak number_in_tenant: here.sick_notes
-- People are numbered within a firm; the policy compares the number and forgets the firm.
create table here.employees (
    firm int not null,
    no int not null,
    login uuid not null unique references auth.users,
    primary key (firm, no)
);
create table here.sick_notes (
    id uuid primary key default gen_random_uuid(),
    firm int not null,
    no int not null,
    reason text not null,
    foreign key (firm, no) references here.employees
);
alter table here.employees enable row level security;
alter table here.sick_notes enable row level security;
create policy me on here.employees for select to authenticated using (login = auth.uid());
create policy own on here.sick_notes for select to authenticated
using (no = (select e.no from here.employees e where e.login = auth.uid()));
grant select on here.employees, here.sick_notes to authenticated;
-- rows
insert into here.employees values (1, 1, :a), (2, 1, :b);
insert into here.sick_notes (firm, no, reason) values (2, 1, 'secret burnout');
-- attack
select reason from here.sick_notes;

-- == leak default_partition: here.readings_rest
-- Who reads the partition for the rest by its own name passes the parent's policies by.
create table here.readings (
    device uuid not null,
    wearer uuid not null references auth.users,
    region text not null,
    pulse text not null,
    primary key (device, region)
) partition by list (region);
create table here.readings_eu partition of here.readings for values in ('eu');
create table here.readings_rest partition of here.readings default;
alter table here.readings enable row level security;
alter table here.readings_eu enable row level security;
create policy own on here.readings to authenticated
using (wearer = auth.uid()) with check (wearer = auth.uid());
grant select, insert on here.readings, here.readings_eu, here.readings_rest to authenticated;
-- rows
insert into here.readings values (:b, :b, 'mars', 'secret 190');
-- attack
select pulse from here.readings_rest;

-- == leak label_cascade: here.bookmarks
-- B uses a label that A made for all; when A deletes it, B's bookmarks go with it.
create table here.labels (
    id int generated by default as identity primary key,
    maker uuid not null default auth.uid() references auth.users,
    word text not null
);
create table here.bookmarks (
    id uuid primary key default gen_random_uuid(),
    reader uuid not null default auth.uid() references auth.users,
    label int not null references here.labels on delete cascade,
    url text not null
);
alter table here.labels enable row level security;
alter table here.bookmarks enable row level security;
create policy all_see on here.labels for select to authenticated using (true);
create policy own on here.labels to authenticated
using (maker = auth.uid()) with check (maker = auth.uid());
create policy own on here.bookmarks to authenticated
using (reader = auth.uid()) with check (reader = auth.uid());
grant select, insert, update, delete on here.labels, here.bookmarks to authenticated;
-- rows
insert into here.labels values (50, :a, 'sport');
insert into here.bookmarks (id, reader, label, url) values (:b, :b, 50, 'https://example.net');
-- attack
delete from here.labels;
-- harm
select 1 where not exists (select 1 from here.bookmarks where id = :b);

-- == leak cheap_is_open: here.offers
-- A generated column says that small offers are open; these are a bidder's own all the same.
create table here.offers (
    id uuid primary key default gen_random_uuid(),
    bidder uuid not null default auth.uid() references auth.users,
    cents bigint not null,
    terms text not null,
    is_open boolean generated always as (cents < 10000) stored
);
alter table here.offers enable row level security;
create policy own on here.offers to authenticated
using (bidder = auth.uid()) with check (bidder = auth.uid());
create policy small on here.offers for select to authenticated using (is_open);
grant select, insert, update, delete on here.offers to authenticated;
-- rows
insert into here.offers (bidder, cents, terms) values (:b, 900, 'secret terms');
-- attack
select terms from here.offers;

-- == leak old_versions: here.page_versions
-- Each change keeps the page as it was, in a table that all who signed in may read.
create table here.pages (
    id uuid primary key default gen_random_uuid(),
    author uuid not null default auth.uid() references auth.users,
    body text not null
);
create table here.page_versions (
    page uuid not null,
    version int generated always as identity,
    body text not null,
    kept_at timestamptz not null default now(),
    primary key (page, version)
);
alter table here.pages enable row level security;
alter table here.page_versions enable row level security;
create policy own on here.pages to authenticated
using (author = auth.uid()) with check (author = auth.uid());
create policy signed_in on here.page_versions for select to authenticated
using (auth.role() = 'authenticated');
create function here.keep_version() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.page_versions (page, body) values (old.id, old.body);
    return new;
end
$$;
create trigger keep after update of body on here.pages
for each row when (old.body is distinct from new.body) execute function here.keep_version();
grant select, insert, update, delete on here.pages to authenticated;
grant select on here.page_versions to authenticated;
-- rows
insert into here.pages values (:b, :b, 'secret draft');
update here.pages set body = 'clean' where id = :b;
-- attack
select body from here.page_versions;

-- == leak nightly_summary: here.debt_summary
-- A materialized view has no policies, and the night's run fills it with everybody.
create table here.debts (
    id int primary key, debtor uuid not null references auth.users, story text not null
);
alter table here.debts enable row level security;
create policy own on here.debts for select to authenticated using (debtor = auth.uid());
grant select on here.debts to authenticated;
create materialized view here.debt_summary as
select debtor, count(*) as debts, string_agg(story, '; ' order by id) as stories
from here.debts group by debtor;
create unique index debt_summary_debtor on here.debt_summary (debtor);
grant select on here.debt_summary to authenticated;
-- rows
insert into here.debts values (1, :b, 'secret loan');
refresh materialized view here.debt_summary;
-- attack
select stories from here.debt_summary;

-- == leak publish_rule: here.articles_live
-- The rule carries a draft over the live article of the same slug, whosever it is.
create table here.articles_live (
    slug text primary key,
    author uuid not null references auth.users,
    body text not null
);
create table here.article_drafts (
    id uuid primary key default gen_random_uuid(),
    author uuid not null default auth.uid() references auth.users,
    slug text not null,
    body text not null
);
alter table here.articles_live enable row level security;
alter table here.article_drafts enable row level security;
create policy own on here.articles_live for select to authenticated using (author = auth.uid());
create policy own on here.article_drafts to authenticated
using (author = auth.uid()) with check (author = auth.uid());
create rule carry_over as on update to here.article_drafts
do also update here.articles_live set body = new.body where slug = new.slug;
grant select on here.articles_live to authenticated;
grant select, insert, update, delete on here.article_drafts to authenticated;
-- rows
insert into here.articles_live values ('home', :b, 'Welcome');
-- attack
insert into here.article_drafts (slug, body) values ('home', 'x');
update here.article_drafts set body = 'defaced';
-- harm
select 1 from here.articles_live where author = :b and body = 'defaced';

-- == leak device_upsert: here.devices
-- Upserts failed until somebody opened the update to all: a serial number takes the device over.
create table here.devices (
    serial text primary key,
    holder uuid not null default auth.uid() references auth.users,
    push_token text
);
alter table here.devices enable row level security;
create policy see on here.devices for select to authenticated using (true);
create policy add on here.devices for insert to authenticated with check (holder = auth.uid());
create policy upsert on here.devices for update to authenticated
using (true) with check (holder = auth.uid());
grant insert, update on here.devices to authenticated;
grant select (serial) on here.devices to authenticated;
-- rows
insert into here.devices values ('SN1', :b, 'token of B');
-- attack
insert into here.devices (serial, push_token) values ('SN1', 'token of A')
on conflict (serial) do update set holder = auth.uid(), push_token = 'token of A';
-- harm
select 1 from here.devices where serial = 'SN1' and push_token = 'token of A';

-- == leak handle_case: here.mixtapes
-- Handles are unique with their case, and compared without: A calls himself BOB.
create table here.handles (
    login uuid primary key references auth.users on delete cascade,
    handle text not null unique
);
create table here.mixtapes (
    id bigint generated always as identity primary key,
    owner_handle text not null,
    tracks text[] not null
);
alter table here.handles enable row level security;
alter table here.mixtapes enable row level security;
create policy own on here.handles to authenticated
using (login = auth.uid()) with check (login = auth.uid());
create policy by_handle on here.mixtapes for select to authenticated
using (
    lower(owner_handle)
    = lower((select h.handle from here.handles h where h.login = auth.uid()))
);
grant select, insert, update, delete on here.handles to authenticated;
grant select on here.mixtapes to authenticated;
-- rows
insert into here.handles values (:a, 'ann'), (:b, 'bob');
insert into here.mixtapes (owner_handle, tracks) values ('bob', array['secret track']);
-- attack
update here.handles set handle = 'BOB';
select tracks from here.mixtapes;

-- == leak overlapping_stays: here.stays
-- Who stays at the same time as B reads what B wrote to the house.
create table here.stays (
    id uuid primary key default gen_random_uuid(),
    guest uuid not null default auth.uid() references auth.users,
    during tstzrange not null check (not isempty(during)),
    wishes text not null default ''
);
create function here.my_times() returns tstzmultirange
language sql stable security definer set search_path = ''
as $$ select range_agg(s.during) from here.stays s where s.guest = auth.uid() $$;
alter table here.stays enable row level security;
create policy see on here.stays for select to authenticated
using (guest = auth.uid() or during && here.my_times());
create policy book on here.stays for insert to authenticated with check (guest = auth.uid());
grant select, insert on here.stays to authenticated;
-- rows
insert into here.stays (guest, during, wishes)
values (:b, '[2030-01-01, 2030-01-09)', 'secret guest');
-- attack
insert into here.stays (guest, during) values (:a, '[2000-01-01, 2100-01-01)');
select wishes from here.stays;

-- == leak tree_upwards: here.folders
-- A folder opens to who owns one below it, and anybody may hang his own below B's.
create table here.folders (
    id uuid primary key default gen_random_uuid(),
    parent uuid references here.folders,
    owner uuid not null default auth.uid() references auth.users,
    title text not null
);
create function here.owns_below(top uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    with recursive below as (
        select f.id, f.owner from here.folders f where f.id = top
        union
        select f.id, f.owner from here.folders f inner join below b on f.parent = b.id
    )
    select exists (select 1 from below where owner = auth.uid())
$$;
alter table here.folders enable row level security;
create policy see on here.folders for select to authenticated using (here.owns_below(id));
create policy add on here.folders for insert to authenticated with check (owner = auth.uid());
grant select, insert on here.folders to authenticated;
-- rows
insert into here.folders (id, owner, title) values (:b, :b, 'secret plans');
-- attack
insert into here.folders (parent, title) values (:b, 'hook');
select title from here.folders;

-- == leak link_without_token: here.sheets
-- Any link that still runs opens the sheet, to all: nobody asks for the token.
create table here.sheets (
    id uuid primary key default gen_random_uuid(),
    owner uuid not null default auth.uid() references auth.users,
    cells jsonb not null default '{}'
);
create table here.sheet_links (
    token text primary key default encode(sha256(gen_random_uuid()::text::bytea), 'hex'),
    sheet uuid not null references here.sheets on delete cascade,
    expires_at timestamptz not null default now() + interval '7 days'
);
create function here.has_link(p_sheet uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select 1 from here.sheet_links l where l.sheet = p_sheet and l.expires_at > now()
    )
$$;
alter table here.sheets enable row level security;
alter table here.sheet_links enable row level security;
create policy own on here.sheets to authenticated
using (owner = auth.uid()) with check (owner = auth.uid());
create policy linked on here.sheets for select to anon, authenticated using (here.has_link(id));
grant select, insert, update, delete on here.sheets to authenticated;
grant select on here.sheets to anon;
-- rows
insert into here.sheets values (:b, :b, '{"A1": "secret"}');
insert into here.sheet_links (sheet) values (:b);
-- attack as anon
select cells from here.sheets;

-- == leak order_of_levels: here.memos
-- The enum was extended at its front: 'personal' is less than 'internal', and so for all.
create type here.memo_level as enum ('personal', 'public', 'internal', 'board');
create domain here.memo_text as text check (char_length(value) <= 500);
create table here.memos (
    id uuid primary key default gen_random_uuid(),
    writer uuid not null default auth.uid() references auth.users,
    level here.memo_level not null default 'personal',
    body here.memo_text not null
);
alter table here.memos enable row level security;
create policy own on here.memos to authenticated
using (writer = auth.uid()) with check (writer = auth.uid());
create policy low on here.memos for select to authenticated using (level < 'internal');
grant select, insert, update, delete on here.memos to authenticated;
-- rows
insert into here.memos (writer, body) values (:b, 'secret memo');
-- attack
select body from here.memos;

-- == leak take_a_job: here.print_jobs
-- Any user takes a job that nobody has taken, and reads what B wants printed.
create table here.print_jobs (
    id bigint generated always as identity primary key,
    customer uuid not null default auth.uid() references auth.users,
    taken_by uuid references auth.users,
    state text not null default 'queued',
    content text not null
);
alter table here.print_jobs enable row level security;
create policy ask on here.print_jobs for insert to authenticated
with check (customer = auth.uid() and taken_by is null);
create policy see on here.print_jobs for select to authenticated
using (auth.uid() in (customer, taken_by));
create policy take on here.print_jobs for update to authenticated
using (state = 'queued' and taken_by is null) with check (taken_by = auth.uid());
grant select, insert, update on here.print_jobs to authenticated;
create function here.take_next() returns setof here.print_jobs
language sql security definer set search_path = ''
as $$
    update here.print_jobs set taken_by = auth.uid(), state = 'taken'
    where id = (
        select j.id from here.print_jobs j where j.state = 'queued' and j.taken_by is null
        order by j.id limit 1 for update skip locked
    )
    returning *
$$;
-- rows
insert into here.print_jobs (customer, content) values (:b, 'secret will');
-- attack
select content from here.take_next();

-- == leak region_chain: here.order_lines
-- Lines follow orders, orders shops, shops the region that each seller sets for himself.
create table here.sellers (
    login uuid primary key references auth.users, region text not null default 'none'
);
create table here.shops (
    id int primary key, region text not null, keeper uuid not null references auth.users
);
create table here.shop_orders (
    id int primary key, shop int not null references here.shops
);
create table here.order_lines (
    id int primary key, shop_order int not null references here.shop_orders, item text not null
);
alter table here.sellers enable row level security;
alter table here.shops enable row level security;
alter table here.shop_orders enable row level security;
alter table here.order_lines enable row level security;
create policy me on here.sellers to authenticated
using (login = auth.uid()) with check (login = auth.uid());
create policy region on here.shops for select to authenticated
using (
    keeper = auth.uid()
    or region = (select s.region from here.sellers s where s.login = auth.uid())
);
create policy of_shop on here.shop_orders for select to authenticated
using (shop in (select s.id from here.shops s));
create policy of_order on here.order_lines for select to authenticated
using (shop_order in (select o.id from here.shop_orders o));
grant select, insert, update on here.sellers to authenticated;
grant select on here.shops, here.shop_orders, here.order_lines to authenticated;
-- rows
insert into here.shops values (1, 'west', :b);
insert into here.shop_orders values (1, 1);
insert into here.order_lines values (1, 1, 'secret item');
-- attack
insert into here.sellers values (:a, 'west');
select item from here.order_lines;

-- == leak whole_profile: here.public_card
-- The phone is kept back by a grant of columns; the function hands the whole row out as JSON.
create table here.cards (
    login uuid primary key references auth.users,
    nick text not null unique,
    phone text
);
alter table here.cards enable row level security;
create policy own on here.cards for update to authenticated
using (login = auth.uid()) with check (login = auth.uid());
create policy all_see on here.cards for select to authenticated using (true);
grant select (login, nick), update (nick, phone) on here.cards to authenticated;
create function here.public_card(p_nick varchar) returns json
language sql stable security definer set search_path = ''
as $$ select row_to_json(c) from here.cards c where c.nick = p_nick $$;
revoke execute on function here.public_card(varchar) from public, anon;
grant execute on function here.public_card(varchar) to authenticated;
-- rows
insert into here.cards values (:b, 'bo', 'secret 555');
-- attack
select here.public_card('bo');

-- == leak like_address: here.subscriptions
-- The address is compared as a pattern, and an underscore is a letter of an address.
create table here.subscriptions (
    id uuid primary key default gen_random_uuid(),
    email text not null,
    plan text not null
);
alter table here.subscriptions enable row level security;
create policy mine on here.subscriptions for select to authenticated
using (email ilike (auth.jwt() ->> 'email'));
grant select on here.subscriptions to authenticated;
-- rows
insert into here.subscriptions (email, plan) values (:b_mail, 'secret plan');
-- attack with {"email": "_@example.net"}
select plan from here.subscriptions;

-- == leak own_number: here.payslips
-- Payslips go by a number that each person may change in his own profile.
create table here.workers (
    login uuid primary key references auth.users on delete cascade,
    worker_no bigint not null,
    shoe_size int
);
create table here.payslips (
    worker_no bigint not null, month date not null, text text not null,
    primary key (worker_no, month)
);
alter table here.workers enable row level security;
alter table here.payslips enable row level security;
create policy see on here.workers for select to authenticated using (login = auth.uid());
create policy change on here.workers for update to authenticated using (login = auth.uid());
create policy own on here.payslips for select to authenticated
using (worker_no = (select w.worker_no from here.workers w where w.login = auth.uid()));
grant select, update on here.workers to authenticated;
grant select on here.payslips to authenticated;
-- rows
insert into here.workers values (:a, 100), (:b, 200);
insert into here.payslips values (200, '2025-01-01', 'secret wage');
-- attack
update here.workers set worker_no = 200;
select text from here.payslips;

-- == leak homes_nearby: here.homes_nearby
-- The function finds homes around a point, without a look at who lives there.
create table here.homes (
    dweller uuid primary key references auth.users, spot point not null, alarm text not null
);
alter table here.homes enable row level security;
create policy own on here.homes to authenticated
using (dweller = auth.uid()) with check (dweller = auth.uid());
grant select, insert, update on here.homes to authenticated;
create function here.homes_nearby(centre point, distance double precision)
returns table (spot point, alarm text)
language sql stable security definer set search_path = ''
as $$
    select h.spot, h.alarm from here.homes h
    where h.spot operator(pg_catalog.<->) centre < distance
$$;
revoke execute on function here.homes_nearby(point, double precision) from public, anon;
grant execute on function here.homes_nearby(point, double precision) to authenticated;
-- rows
insert into here.homes values (:b, '(8.5,47.4)', 'secret code');
-- attack
select alarm from here.homes_nearby('(8,47)', 2);

-- == leak list_with_options: here.list_trips
-- An option of the JSON argument, meant for the office, lifts the filter for all.
create table here.trips (
    id uuid primary key default gen_random_uuid(),
    traveller uuid not null default auth.uid() references auth.users,
    status text not null default 'planned',
    purpose text not null
);
alter table here.trips enable row level security;
create policy own on here.trips to authenticated
using (traveller = auth.uid()) with check (traveller = auth.uid());
grant select, insert, update, delete on here.trips to authenticated;
create function here.list_trips(opts jsonb default '{}') returns setof here.trips
language plpgsql stable security definer set search_path = ''
as $$
begin
    return query select * from here.trips t
    where (t.traveller = auth.uid() or coalesce((opts ->> 'all_people')::boolean, false))
        and (opts ->> 'status' is null or t.status = opts ->> 'status')
    limit coalesce((opts ->> 'limit')::int, 50);
end
$$;
revoke execute on function here.list_trips(jsonb) from public, anon;
grant execute on function here.list_trips(jsonb) to authenticated;
-- rows
insert into here.trips (traveller, purpose) values (:b, 'secret interview');
-- attack
select purpose from here.list_trips('{"all_people": true}');

-- == leak search_headline: here.search_minutes
-- Full text search with the rights of its maker, and a piece of the text for each hit.
create table here.minutes (
    id bigint generated always as identity primary key,
    clerk uuid not null references auth.users,
    body text not null,
    words tsvector generated always as (to_tsvector('simple', body)) stored
);
create index on here.minutes using gin (words);
alter table here.minutes enable row level security;
create policy own on here.minutes for select to authenticated using (clerk = auth.uid());
grant select on here.minutes to authenticated;
create function here.search_minutes(q text) returns table (rank real, piece text)
language sql stable security definer set search_path = ''
as $$
    select ts_rank(m.words, query), ts_headline('simple', m.body, query)
    from here.minutes m, websearch_to_tsquery('simple', q) as query
    where m.words @@ query order by 1 desc
$$;
revoke execute on function here.search_minutes(text) from public, anon;
grant execute on function here.search_minutes(text) to authenticated;
-- rows
insert into here.minutes (clerk, body) values (:b, 'The secret merger was agreed');
-- attack
select piece from here.search_minutes('merger');

-- == leak clone_list: here.clone_list
-- Any list can be copied into one of the caller's own, where he reads it.
create table here.lists (
    id uuid primary key default gen_random_uuid(),
    owner uuid not null default auth.uid() references auth.users,
    title text not null
);
create table here.list_items (
    id uuid primary key default gen_random_uuid(),
    list uuid not null references here.lists on delete cascade,
    item text not null
);
alter table here.lists enable row level security;
alter table here.list_items enable row level security;
create policy own on here.lists to authenticated
using (owner = auth.uid()) with check (owner = auth.uid());
create policy own on here.list_items to authenticated
using (exists (select 1 from here.lists l where l.id = list and l.owner = auth.uid()))
with check (exists (select 1 from here.lists l where l.id = list and l.owner = auth.uid()));
grant select, insert, update, delete on here.lists, here.list_items to authenticated;
create function here.clone_list(source uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
    made uuid;
begin
    insert into here.lists (owner, title) values (auth.uid(), 'copy') returning id into made;
    insert into here.list_items (list, item)
    select made, i.item from here.list_items i where i.list = source;
    return made;
end
$$;
revoke execute on function here.clone_list(uuid) from public, anon;
grant execute on function here.clone_list(uuid) to authenticated;
-- rows
insert into here.lists values (:b, :b, 'shopping');
insert into here.list_items (list, item) values (:b, 'secret medicine');
-- attack
select here.clone_list(:b);
select item from here.list_items;

-- == leak archive_many: here.archive_many
-- Many at once, by their numbers, and of anybody.
create table here.tickets (
    id bigint generated by default as identity primary key,
    opener uuid not null references auth.users,
    archived_at timestamptz,
    subject text not null default ''
);
alter table here.tickets enable row level security;
create policy own on here.tickets to authenticated
using (opener = auth.uid()) with check (opener = auth.uid());
grant select, insert, update on here.tickets to authenticated;
create function here.archive_many(ids bigint[], archive boolean default true) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    one bigint;
begin
    if auth.uid() is null then
        raise exception 'sign in first';
    end if;
    foreach one in array ids loop
        update here.tickets set archived_at = case when archive then now() end where id = one;
    end loop;
end
$$;
-- rows
insert into here.tickets (id, opener) values (77, :b);
-- attack
select here.archive_many('{76,77}');
-- harm
select 1 from here.tickets where id = 77 and archived_at is not null;

-- == leak merge_carts: here.merge_carts
-- After signing in the guest's cart is taken over, and any cart passes for the guest's.
create table here.carts (
    id uuid primary key default gen_random_uuid(),
    shopper uuid references auth.users,
    opened_at timestamptz not null default now()
);
create table here.cart_lines (
    cart uuid not null references here.carts on delete cascade,
    position int not null,
    product text not null,
    primary key (cart, position)
);
alter table here.carts enable row level security;
alter table here.cart_lines enable row level security;
create policy own on here.carts to authenticated
using (shopper = auth.uid()) with check (shopper = auth.uid());
create policy own on here.cart_lines to authenticated
using (cart in (select c.id from here.carts c where c.shopper = auth.uid()))
with check (cart in (select c.id from here.carts c where c.shopper = auth.uid()));
grant select, insert, update, delete on here.carts, here.cart_lines to authenticated;
create function here.merge_carts(guest_cart uuid, my_cart uuid) returns int
language plpgsql security definer set search_path = ''
as $$
declare
    moved int;
begin
    if not exists (
        select 1 from here.carts c where c.id = my_cart and c.shopper = auth.uid()
    ) then
        raise exception 'not your cart';
    end if;
    update here.cart_lines l
    set cart = my_cart,
        position = l.position + coalesce(
            (select max(m.position) from here.cart_lines m where m.cart = my_cart), 0
        )
    where l.cart = guest_cart;
    get diagnostics moved = row_count;
    delete from here.carts where id = guest_cart;
    return moved;
end
$$;
revoke execute on function here.merge_carts(uuid, uuid) from public, anon;
grant execute on function here.merge_carts(uuid, uuid) to authenticated;
-- rows
insert into here.carts (id, shopper) values (:a, :a), (:b, :b);
insert into here.cart_lines values (:b, 1, 'secret toy');
-- attack
select here.merge_carts(:b, :a);
select product from here.cart_lines;
-- harm
select 1 where not exists (select 1 from here.carts where id = :b);

-- == leak api_schema: here_api.people
-- The tables are safe in their own schema; the schema for the API has a view over all of them.
create schema here_api;
grant usage on schema here_api to anon, authenticated;
create table here.people (
    id int primary key,
    login uuid not null unique references auth.users,
    born date,
    illness text
);
alter table here.people enable row level security;
alter table here.people force row level security;
create policy own on here.people for select to authenticated using (login = auth.uid());
create view here_api.people with (security_barrier) as
select id, date_part('year', born) as year, illness from here.people where born < current_date;
grant select on here_api.people to anon;
-- rows
insert into here.people values (1, :b, '1990-02-02', 'secret illness');
-- attack as anon
select illness from here_api.people;

-- == good adoption
-- A visit is shown to the keeper of the pet alone, also when all may see the pet.
create table here.pets (
    id uuid primary key default gen_random_uuid(),
    keeper uuid not null references auth.users,
    call_name text not null
);
create table here.vet_visits (
    id bigint generated always as identity primary key,
    pet_id uuid not null references here.pets on delete cascade,
    findings text not null
);
alter table here.pets enable row level security;
alter table here.vet_visits enable row level security;
create policy mine on here.pets to authenticated
using (keeper = auth.uid()) with check (keeper = auth.uid());
create policy with_pet on here.vet_visits to authenticated
using (exists (select 1 from here.pets p where p.id = pet_id and p.keeper = auth.uid()))
with check (exists (select 1 from here.pets p where p.id = pet_id and p.keeper = auth.uid()));
grant select, insert, update, delete on here.pets, here.vet_visits to authenticated;
-- rows
insert into here.pets values (:b, :b, 'Rex'), (:a, :a, 'Tom');
insert into here.vet_visits (pet_id, findings) values (:b, 'secret lump'), (:a, 'fine');
-- works
select findings from here.vet_visits where pet_id = :a;

-- == good hall_seats
-- The outer table is named in the subquery: a seat opens its own hall.
create table here.halls (id int generated always as identity primary key, title text);
create table here.seats (
    hall int not null references here.halls,
    person uuid not null references auth.users,
    state text not null check (state in ('asked', 'seated', 'left')),
    primary key (hall, person)
);
create table here.stage_notes (
    id uuid primary key default gen_random_uuid(),
    hall int not null references here.halls,
    line text not null
);
alter table here.halls enable row level security;
alter table here.seats enable row level security;
alter table here.stage_notes enable row level security;
create policy own on here.seats for select to authenticated using (person = auth.uid());
create policy ask on here.seats for insert to authenticated
with check (person = auth.uid() and state = 'asked');
create policy seated on here.stage_notes for select to authenticated
using (exists (
    select 1 from here.seats s
    where s.hall = stage_notes.hall and s.person = auth.uid() and s.state = 'seated'
));
grant select, insert on here.seats to authenticated;
grant select on here.stage_notes to authenticated;
-- rows
insert into here.halls (title) values ('North'), ('South');
insert into here.seats values (1, :a, 'seated'), (2, :b, 'seated');
insert into here.stage_notes (hall, line) values (1, 'enter'), (2, 'secret cue');
-- attack
insert into here.seats values (2, :a, 'asked');
select line from here.stage_notes;
-- works
select line from here.stage_notes where hall = 1;

-- == good embargo
-- A grade is shown to its student, and not before its day.
create table here.grades (
    student uuid not null references auth.users,
    course text not null,
    mark text not null,
    published_on date,
    primary key (student, course)
);
alter table here.grades enable row level security;
create policy after_embargo on here.grades for select to authenticated
using (student = auth.uid() and published_on <= current_date);
grant select on here.grades to authenticated;
-- rows
insert into here.grades values
(:b, 'Law', 'secret F', current_date - 3), (:a, 'Law', 'A', current_date - 3);
-- works
select mark from here.grades;

-- == good avatar_replace
-- The folder is checked on every door, before and after.
create table here.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null,
    name text not null,
    owner uuid default auth.uid(),
    metadata jsonb,
    unique (bucket_id, name)
);
alter table here.objects enable row level security;
create policy own_folder on here.objects to authenticated
using (bucket_id = 'avatars' and split_part(name, '/', 1) = auth.uid()::text)
with check (
    bucket_id = 'avatars' and split_part(name, '/', 1) = auth.uid()::text
    and owner = auth.uid()
);
grant select, insert, update, delete on here.objects to authenticated;
-- rows
insert into here.objects (bucket_id, name, owner, metadata)
values ('avatars', 'bbbbbbbb-0000-4000-8000-00000000000b/me.png', :b, '{"exif": "secret place"}');
-- works
insert into here.objects (bucket_id, name)
values ('avatars', 'aaaaaaaa-0000-4000-8000-00000000000a/me.png') returning id;

-- == good letter_sender
-- A letter stays its sender's; nobody moves it to another.
create table here.letters (
    id uuid primary key default gen_random_uuid(),
    sender uuid not null references auth.users,
    receiver uuid not null references auth.users,
    body text not null
);
alter table here.letters enable row level security;
create policy see on here.letters for select to authenticated
using (auth.uid() in (sender, receiver));
create policy send on here.letters for insert to authenticated with check (sender = auth.uid());
create policy edit on here.letters for update to authenticated
using (sender = auth.uid()) with check (sender = auth.uid() and length(body) > 0);
grant select, insert, update on here.letters to authenticated;
-- rows
insert into here.letters values (:b, :b, :b, 'secret to myself'), (:a, :b, :a, 'hello');
-- works
select body from here.letters where sender = :b and receiver = :a;

-- == good clinic_claim
-- The clinics stand in the metadata that only the server sets.
create table here.clinics (id uuid primary key default gen_random_uuid(), title text);
create table here.patients (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references here.clinics,
    history text not null
);
alter table here.clinics enable row level security;
alter table here.patients enable row level security;
create policy of_clinic on here.patients for select to authenticated
using ((auth.jwt() -> 'app_metadata' -> 'clinics') ? clinic_id::text);
grant select on here.patients to authenticated;
-- rows
insert into here.clinics values
('cccccccc-0000-4000-8000-00000000000c', 'East'),
('dddddddd-0000-4000-8000-00000000000d', 'West');
insert into here.patients (clinic_id, history) values
('cccccccc-0000-4000-8000-00000000000c', 'secret illness'),
('dddddddd-0000-4000-8000-00000000000d', 'a cold');
-- attack with {"user_metadata": {"clinics": ["cccccccc-0000-4000-8000-00000000000c"]}}
select history from here.patients;
-- works with {"app_metadata": {"clinics": ["dddddddd-0000-4000-8000-00000000000d"]}}
select history from here.patients;

-- == good invited_guest
-- Who was invited by address may come in, and only in the role of the invitation.
create table here.societies (id uuid primary key default gen_random_uuid(), title text not null);
create table here.invitations (
    society uuid not null references here.societies,
    email text not null,
    role text not null check (role in ('guest', 'member')),
    primary key (society, email)
);
create table here.society_people (
    society uuid not null references here.societies,
    person uuid not null references auth.users,
    role text not null,
    primary key (society, person)
);
create table here.papers (
    id uuid primary key default gen_random_uuid(),
    society uuid not null references here.societies,
    text text not null
);
alter table here.societies enable row level security;
alter table here.invitations enable row level security;
alter table here.society_people enable row level security;
alter table here.papers enable row level security;
create policy to_me on here.invitations for select to authenticated
using (lower(email) = lower(auth.jwt() ->> 'email'));
create policy me on here.society_people for select to authenticated using (person = auth.uid());
create policy come_in on here.society_people for insert to authenticated
with check (
    person = auth.uid()
    and exists (
        select 1 from here.invitations i
        where i.society = society_people.society and i.role = society_people.role
            and lower(i.email) = lower(auth.jwt() ->> 'email')
    )
);
create policy read on here.papers for select to authenticated
using (society in (select p.society from here.society_people p where p.person = auth.uid()));
grant select on here.invitations, here.papers to authenticated;
grant select, insert on here.society_people to authenticated;
-- rows
insert into here.societies values
('cccccccc-0000-4000-8000-00000000000c', 'Lodge'),
('dddddddd-0000-4000-8000-00000000000d', 'Choir');
insert into here.invitations values
('dddddddd-0000-4000-8000-00000000000d', 'A@example.org', 'guest');
insert into here.papers (society, text)
values ('cccccccc-0000-4000-8000-00000000000c', 'secret rite');
-- attack
insert into here.society_people values ('cccccccc-0000-4000-8000-00000000000c', :a, 'guest');
insert into here.society_people values ('dddddddd-0000-4000-8000-00000000000d', :a, 'member');
select text from here.papers;
-- works
insert into here.society_people values ('dddddddd-0000-4000-8000-00000000000d', :a, 'guest')
returning role;

-- == good granted_by_boss
-- Only who has the role of a boss gives roles, and a function that nobody else writes says so.
create table here.staff_roles (
    person uuid not null references auth.users,
    role text not null check (role in ('clerk', 'hr', 'boss')),
    granted_by uuid not null default auth.uid(),
    primary key (person, role)
);
create table here.salaries (
    person uuid primary key references auth.users,
    amount numeric not null,
    remark text
);
create function here.has_role(wanted text[]) returns boolean
language sql stable security definer set search_path = ''
as $$
    select exists (
        select 1 from here.staff_roles r where r.person = auth.uid() and r.role = any(wanted)
    )
$$;
alter table here.staff_roles enable row level security;
alter table here.salaries enable row level security;
create policy see on here.staff_roles for select to authenticated using (person = auth.uid());
create policy give on here.staff_roles for insert to authenticated
with check (granted_by = auth.uid() and here.has_role('{boss}'));
create policy pay on here.salaries for select to authenticated
using (person = auth.uid() or here.has_role('{hr,boss}'));
grant select, insert on here.staff_roles to authenticated;
grant select on here.salaries to authenticated;
-- rows
insert into here.salaries values (:b, 90000, 'secret bonus'), (:a, 10, 'none');
-- attack
insert into here.staff_roles (person, role) values (:a, 'hr');
select remark from here.salaries;
-- works
select remark from here.salaries;

-- == good guest_list
-- Only who stands on the list of guests sees the album of another.
create table here.albums (
    id uuid primary key default gen_random_uuid(),
    maker uuid not null default auth.uid(),
    guests uuid[] not null default '{}',
    caption text
);
alter table here.albums enable row level security;
create policy maker on here.albums to authenticated
using (maker = auth.uid()) with check (maker = auth.uid());
create policy guests on here.albums for select to authenticated
using (guests @> array[auth.uid()]);
grant select, insert, update, delete on here.albums to authenticated;
-- rows
insert into here.albums (maker, caption, guests) values
(:b, 'secret wedding', '{}'), (:b, 'Trip', array[:a::uuid]);
-- works
select caption from here.albums where maker = :b;

-- == good shared_until
-- A report is shared with one person, for a time, and not when no time is said.
create table here.reports (
    id uuid primary key default gen_random_uuid(),
    analyst uuid not null references auth.users,
    shared_with uuid references auth.users,
    share_until timestamptz,
    summary text not null
);
alter table here.reports enable row level security;
create policy analyst on here.reports to authenticated
using (analyst = auth.uid()) with check (analyst = auth.uid());
create policy shared on here.reports for select to authenticated
using (shared_with = auth.uid() and coalesce(share_until, '-infinity') > now());
grant select, insert, update, delete on here.reports to authenticated;
-- rows
insert into here.reports (analyst, shared_with, share_until, summary) values
(:b, :a, null, 'secret figures'), (:b, :a, now() - interval '1 day', 'secret past'),
(:b, :a, now() + interval '1 day', 'for you');
-- works
select summary from here.reports;

-- == good find_people
-- The search runs with the rights of its maker, over the caller's own customers.
create table here.customers (
    id uuid primary key default gen_random_uuid(),
    agent uuid not null references auth.users,
    full_name text not null,
    iban text not null
);
alter table here.customers enable row level security;
create policy own on here.customers to authenticated
using (agent = auth.uid()) with check (agent = auth.uid());
grant select, insert, update, delete on here.customers to authenticated;
create function here.find_people(term text, fields text[] default array['full_name'])
returns table (id uuid, hit text)
language sql stable security definer set search_path = ''
as $$
    select c.id, v.val
    from here.customers c, jsonb_each_text(to_jsonb(c)) as v(k, val)
    where c.agent = auth.uid() and v.k = any(fields) and v.val ilike '%' || term || '%'
$$;
revoke execute on function here.find_people(text, text[]) from public, anon;
grant execute on function here.find_people(text, text[]) to authenticated;
-- rows
insert into here.customers (agent, full_name, iban) values
(:b, 'Bo', 'DE00 secret'), (:a, 'Al', 'DE11');
-- attack
select hit from here.find_people('DE', array['iban']);
-- works
select hit from here.find_people('DE', array['iban']);

-- == good next_page
-- Paging with the caller's rights.
create table here.invoices (
    id bigint generated by default as identity primary key,
    seller uuid not null references auth.users,
    lines jsonb not null
);
alter table here.invoices enable row level security;
create policy own on here.invoices to authenticated
using (seller = auth.uid()) with check (seller = auth.uid());
grant select, insert, update, delete on here.invoices to authenticated;
create function here.next_page(after_id bigint, page_size smallint default 20)
returns setof here.invoices
language plpgsql stable set search_path = ''
as $$
begin
    if page_size not between 1 and 100 then
        raise exception 'page size must be between 1 and 100';
    end if;
    return query select * from here.invoices i
    where i.id > after_id order by i.id limit page_size;
end
$$;
-- rows
insert into here.invoices (id, seller, lines) values
(9000, :b, '["secret goods"]'), (9001, :a, '["soap"]');
-- attack
select lines from here.next_page(8999);
-- works
select lines from here.next_page(8999);

-- == good count_like
-- The count is of the caller's own charts.
create table here.charts (
    id uuid primary key default gen_random_uuid(),
    doctor uuid not null references auth.users,
    details jsonb not null default '{}'
);
alter table here.charts enable row level security;
create policy own on here.charts to authenticated
using (doctor = auth.uid()) with check (doctor = auth.uid());
grant select, insert, update, delete on here.charts to authenticated;
create function here.count_like(pattern jsonb) returns bigint
language sql stable security definer set search_path = ''
as $$
    select count(*) from here.charts c where c.details @> pattern and c.doctor = auth.uid()
$$;
-- rows
insert into here.charts (doctor, details) values (:b, '{"finding": "rash"}');
-- attack
select 'secret' where here.count_like('{"finding": "rash"}') > 0;
-- works
select here.count_like('{}');

-- == good withdraw
-- The refusal speaks of the caller's own account and of no other.
create table here.accounts (
    id uuid primary key default gen_random_uuid(),
    holder uuid not null references auth.users,
    cents bigint not null default 0 check (cents >= 0),
    label text not null
);
alter table here.accounts enable row level security;
create policy own on here.accounts for select to authenticated using (holder = auth.uid());
grant select on here.accounts to authenticated;
create function here.withdraw(account uuid, amount bigint) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
    mine here.accounts;
begin
    select * into mine from here.accounts a
    where a.id = account and a.holder = auth.uid() for update;
    if not found then
        raise exception 'no such account';
    end if;
    if amount <= 0 or mine.cents < amount then
        raise exception 'not enough' using detail = mine.label || ' has ' || mine.cents;
    end if;
    update here.accounts set cents = cents - amount where id = account;
    return mine.cents - amount;
end
$$;
revoke execute on function here.withdraw(uuid, bigint) from public, anon;
grant execute on function here.withdraw(uuid, bigint) to authenticated;
-- rows
insert into here.accounts values (:b, :b, 100, 'secret fund'), (:a, :a, 100, 'daily');
-- attack
select here.withdraw(:b, 1);
select here.withdraw(:b, 1000);
-- works
select here.withdraw(:a, 1);

-- == good export_listed
-- The table to be exported must stand on a list, and is read with the caller's rights.
create table here.diaries (
    id uuid primary key default gen_random_uuid(),
    writer uuid not null references auth.users,
    entry text not null
);
alter table here.diaries enable row level security;
create policy own on here.diaries to authenticated
using (writer = auth.uid()) with check (writer = auth.uid());
grant select, insert, update, delete on here.diaries to authenticated;
create function here.export_listed(source text) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
    answer jsonb;
begin
    if source not in ('diaries') then
        raise exception 'cannot export %', source;
    end if;
    execute format('select jsonb_agg(t) from here.%I as t', source) into answer;
    return answer;
end
$$;
-- rows
insert into here.diaries (writer, entry) values (:b, 'secret crush'), (:a, 'rain');
-- attack
select here.export_listed('diaries');
-- works
select here.export_listed('diaries');

-- == good tenancy_view
-- The view looks with the rights of who asks.
create table here.flats (id int primary key, house text not null);
create table here.tenancies (
    tenant uuid primary key references auth.users,
    flat int not null references here.flats,
    arrears text
);
alter table here.flats enable row level security;
alter table here.tenancies enable row level security;
create policy all_see on here.flats for select to authenticated using (true);
create policy own on here.tenancies for select to authenticated using (tenant = auth.uid());
grant select on here.flats, here.tenancies to authenticated;
create view here.tenant_directory with (security_invoker = on) as
select f.house, t.arrears
from here.tenancies t inner join here.flats f on f.id = t.flat;
grant select on here.tenant_directory to authenticated;
-- rows
insert into here.flats values (3, 'Mill Lane');
insert into here.tenancies values (:b, 3, 'secret debt'), (:a, 3, 'none');
-- works
select arrears from here.tenant_directory;

-- == good old_and_new
-- Both halves of the union ask whose claims they are.
create table here.insurance_claims (
    id int primary key, insured uuid not null references auth.users, cause text not null
);
create table here.old_claims (
    id int primary key, insured uuid not null references auth.users, cause text not null
);
alter table here.insurance_claims enable row level security;
alter table here.old_claims enable row level security;
create view here.all_claims with (security_barrier = true) as
select c.id, c.cause, c.archived
from (
    select id, insured, cause, false as archived from here.insurance_claims
    union all
    select id, insured, cause, true from here.old_claims
) as c
where c.insured = (select auth.uid());
grant select on here.all_claims to authenticated;
-- rows
insert into here.old_claims values (5, :b, 'secret arson'), (6, :a, 'hail');
-- works
select cause from here.all_claims where archived;

-- == good edit_through_view
-- The trigger of the view writes only what the caller wrote.
create table here.board_posts (
    id uuid primary key default gen_random_uuid(),
    author uuid not null default auth.uid() references auth.users,
    body text not null
);
alter table here.board_posts enable row level security;
create policy own on here.board_posts for select to authenticated using (author = auth.uid());
create policy add on here.board_posts for insert to authenticated
with check (author = auth.uid());
grant select, insert on here.board_posts to authenticated;
create view here.board_posts_v with (security_invoker = true) as
select id, author, body from here.board_posts;
create function here.save_post() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update here.board_posts set body = new.body where id = old.id and author = auth.uid();
    return new;
end
$$;
create trigger save instead of update on here.board_posts_v
for each row execute function here.save_post();
grant select, update on here.board_posts_v to authenticated;
-- rows
insert into here.board_posts values (:b, :b, 'secret rules'), (:a, :a, 'hi');
-- attack
update here.board_posts_v set body = 'defaced';
-- harm
select 1 from here.board_posts where author = :b and body = 'defaced';
-- works
update here.board_posts_v set body = 'ho' where id = :a returning body;

-- == good number_in_tenant
-- Both halves of the key are compared.
create table here.employees (
    firm int not null,
    no int not null,
    login uuid not null unique references auth.users,
    primary key (firm, no)
);
create table here.sick_notes (
    id uuid primary key default gen_random_uuid(),
    firm int not null,
    no int not null,
    reason text not null,
    foreign key (firm, no) references here.employees
);
alter table here.employees enable row level security;
alter table here.sick_notes enable row level security;
create policy me on here.employees for select to authenticated using (login = auth.uid());
create policy own on here.sick_notes to authenticated
using ((firm, no) in (select e.firm, e.no from here.employees e where e.login = auth.uid()))
with check ((firm, no) in (select e.firm, e.no from here.employees e where e.login = auth.uid()));
grant select on here.employees to authenticated;
grant select, insert, update, delete on here.sick_notes to authenticated;
-- rows
insert into here.employees values (1, 1, :a), (2, 1, :b);
insert into here.sick_notes (firm, no, reason) values (2, 1, 'secret burnout'), (1, 1, 'flu');
-- works
select reason from here.sick_notes;

-- == good default_partition
-- The partitions are reached through their parent alone.
create table here.readings (
    device uuid not null,
    wearer uuid not null references auth.users,
    region text not null,
    pulse text not null,
    primary key (device, region)
) partition by list (region);
create table here.readings_eu partition of here.readings for values in ('eu');
create table here.readings_rest partition of here.readings default;
alter table here.readings enable row level security;
alter table here.readings_eu enable row level security;
alter table here.readings_rest enable row level security;
create policy own on here.readings to authenticated
using (wearer = auth.uid()) with check (wearer = auth.uid());
grant select, insert on here.readings to authenticated;
-- rows
insert into here.readings values (:b, :b, 'mars', 'secret 190'), (:a, :a, 'eu', '60');
-- works
select pulse from here.readings;

-- == good own_labels
-- A bookmark bears a label of its own reader only, so deleting a label hurts nobody else.
create table here.labels (
    id int generated by default as identity,
    maker uuid not null default auth.uid() references auth.users,
    word text not null,
    primary key (maker, id)
);
create table here.bookmarks (
    id uuid primary key default gen_random_uuid(),
    reader uuid not null default auth.uid() references auth.users,
    label int not null,
    url text not null,
    foreign key (reader, label) references here.labels (maker, id)
    on delete cascade deferrable initially deferred
);
alter table here.labels enable row level security;
alter table here.bookmarks enable row level security;
create policy own on here.labels to authenticated
using (maker = auth.uid()) with check (maker = auth.uid());
create policy own on here.bookmarks to authenticated
using (reader = auth.uid()) with check (reader = auth.uid());
grant select, insert, update, delete on here.labels, here.bookmarks to authenticated;
-- rows
insert into here.labels values (50, :a, 'sport'), (50, :b, 'secret hobby');
insert into here.bookmarks (id, reader, label, url) values (:b, :b, 50, 'https://secret.net');
-- attack
delete from here.labels;
-- harm
select 1 where not exists (select 1 from here.bookmarks where id = :b);
-- works
insert into here.bookmarks (label, url) values (50, 'https://example.org') returning url;

-- == good old_versions
-- The version keeps the author, and shows itself to him.
create table here.pages (
    id uuid primary key default gen_random_uuid(),
    author uuid not null default auth.uid() references auth.users,
    body text not null
);
create table here.page_versions (
    page uuid not null references here.pages on delete cascade,
    version int generated always as identity,
    author uuid not null,
    body text not null,
    kept_at timestamptz not null default now(),
    primary key (page, version)
);
alter table here.pages enable row level security;
alter table here.page_versions enable row level security;
create policy own on here.pages to authenticated
using (author = auth.uid()) with check (author = auth.uid());
create policy own on here.page_versions for select to authenticated using (author = auth.uid());
create function here.keep_version() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.page_versions (page, author, body) values (old.id, old.author, old.body);
    return new;
end
$$;
create trigger keep after update of body on here.pages
for each row when (old.body is distinct from new.body) execute function here.keep_version();
grant select, insert, update, delete on here.pages to authenticated;
grant select on here.page_versions to authenticated;
-- rows
insert into here.pages values (:b, :b, 'secret draft'), (:a, :a, 'mine');
update here.pages set body = 'clean';
-- works
select body from here.page_versions;

-- == good nightly_summary
-- The materialized view is for nobody; a view over it shows each debtor his own row.
create table here.debts (
    id int primary key, debtor uuid not null references auth.users, story text not null
);
alter table here.debts enable row level security;
create policy own on here.debts for select to authenticated using (debtor = auth.uid());
grant select on here.debts to authenticated;
create materialized view here.debt_summary as
select debtor, count(*) as debts, string_agg(story, '; ' order by id) as stories
from here.debts group by debtor;
create view here.my_debt_summary with (security_barrier) as
select debts, stories from here.debt_summary where debtor = auth.uid();
revoke all on here.debt_summary from anon, authenticated;
grant select on here.my_debt_summary to authenticated;
-- rows
insert into here.debts values (1, :b, 'secret loan'), (2, :a, 'rent');
refresh materialized view here.debt_summary;
-- works
select stories from here.my_debt_summary;

-- == good device_upsert
-- The serial number counts for each holder, and an upsert meets one's own row only.
create table here.devices (
    holder uuid not null default auth.uid() references auth.users,
    serial text not null,
    push_token text,
    primary key (holder, serial)
);
alter table here.devices enable row level security;
create policy see on here.devices for select to authenticated using (holder = auth.uid());
create policy add on here.devices for insert to authenticated with check (holder = auth.uid());
create policy upsert on here.devices for update to authenticated
using (holder = auth.uid()) with check (holder = auth.uid());
grant select, insert, update on here.devices to authenticated;
-- rows
insert into here.devices values (:b, 'SN1', 'secret token');
-- attack
insert into here.devices (serial, push_token) values ('SN1', 'token of A')
on conflict (holder, serial) do update set push_token = excluded.push_token;
-- harm
select 1 from here.devices where holder = :b and push_token = 'token of A';
-- works
insert into here.devices (serial, push_token) values ('SN1', 'token of A')
on conflict (holder, serial) do update set push_token = excluded.push_token returning serial;

-- == good overlapping_stays
-- Who stays at the same time learns how many do, not who.
create table here.stays (
    id uuid primary key default gen_random_uuid(),
    guest uuid not null default auth.uid() references auth.users,
    during tstzrange not null check (not isempty(during)),
    wishes text not null default ''
);
alter table here.stays enable row level security;
create policy own on here.stays to authenticated
using (guest = auth.uid()) with check (guest = auth.uid());
grant select, insert, update, delete on here.stays to authenticated;
create function here.my_nights() returns table (during tstzrange, nights numeric)
language sql stable security definer set search_path = ''
as $$
    select s.during, extract(day from upper(s.during) - lower(s.during))
    from here.stays s where s.guest = auth.uid() and s.during && tstzrange(now(), null)
$$;
-- rows
insert into here.stays (guest, during, wishes) values
(:b, '[2030-01-01, 2030-01-09)', 'secret guest'), (:a, '[2030-01-01, 2030-01-09)', '');
-- works
select nights from here.my_nights();

-- == good tree_downwards
-- A folder opens to who owns one above it, and goes only into a folder of one's own.
create table here.folders (
    id uuid primary key default gen_random_uuid(),
    parent uuid references here.folders,
    owner uuid not null default auth.uid() references auth.users,
    title text not null
);
create function here.owns_above(start uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
    with recursive above as (
        select f.id, f.parent, f.owner from here.folders f where f.id = start
        union
        select f.id, f.parent, f.owner from here.folders f inner join above a on f.id = a.parent
    )
    select exists (select 1 from above where owner = auth.uid())
$$;
alter table here.folders enable row level security;
create policy see on here.folders for select to authenticated
using (owner = auth.uid() or here.owns_above(id));
create policy add on here.folders for insert to authenticated
with check (owner = auth.uid() and (parent is null or here.owns_above(parent)));
grant select, insert on here.folders to authenticated;
-- rows
insert into here.folders (id, owner, title) values (:b, :b, 'secret plans'), (:a, :a, 'mine');
-- attack
insert into here.folders (parent, title) values (:b, 'hook');
select title from here.folders;
-- works
insert into here.folders (parent, title) values (:a, 'sub') returning title;

-- == good sheet_token
-- Who has the token opens the sheet; nobody can read the tokens but the sheet's owner.
create table here.sheets (
    id uuid primary key default gen_random_uuid(),
    owner uuid not null default auth.uid() references auth.users,
    cells jsonb not null default '{}'
);
create table here.sheet_links (
    token uuid primary key default gen_random_uuid(),
    sheet uuid not null references here.sheets on delete cascade,
    expires_at timestamptz not null default now() + interval '7 days'
);
create function here.open_sheet(p_token uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select s.cells from here.sheets s inner join here.sheet_links l on l.sheet = s.id
    where l.token = p_token and l.expires_at > now()
$$;
alter table here.sheets enable row level security;
alter table here.sheet_links enable row level security;
create policy own on here.sheets to authenticated
using (owner = auth.uid()) with check (owner = auth.uid());
create policy own on here.sheet_links to authenticated
using (sheet in (select s.id from here.sheets s where s.owner = auth.uid()))
with check (sheet in (select s.id from here.sheets s where s.owner = auth.uid()));
grant select, insert, update, delete on here.sheets, here.sheet_links to authenticated;
-- rows
insert into here.sheets values (:b, :b, '{"A1": "secret"}'), (:a, :a, '{"A1": "mine"}');
insert into here.sheet_links (sheet) values (:b);
-- attack
select here.open_sheet(l.token) from here.sheet_links l;
-- works
insert into here.sheet_links (sheet) values (:a) returning token;

-- == good take_a_job
-- Jobs are handed out to the server's role alone.
create table here.print_jobs (
    id bigint generated always as identity primary key,
    customer uuid not null default auth.uid() references auth.users,
    state text not null default 'queued',
    content text not null
);
alter table here.print_jobs enable row level security;
create policy ask on here.print_jobs for insert to authenticated
with check (customer = auth.uid() and state = 'queued');
create policy see on here.print_jobs for select to authenticated using (customer = auth.uid());
grant select, insert on here.print_jobs to authenticated;
create function here.take_next() returns setof here.print_jobs
language sql security definer set search_path = ''
as $$
    update here.print_jobs set state = 'taken'
    where id = (
        select j.id from here.print_jobs j where j.state = 'queued'
        order by j.id limit 1 for update skip locked
    )
    returning *
$$;
revoke execute on function here.take_next() from public, anon, authenticated;
grant execute on function here.take_next() to service_role;
-- rows
insert into here.print_jobs (customer, content) values (:b, 'secret will');
-- attack
select content from here.take_next();
-- works
insert into here.print_jobs (content) values ('poem') returning id;

-- == good audit_by_trigger
-- What changes is written down, in a table that no user of the API reads or writes.
create table here.wallets (
    owner uuid primary key default auth.uid() references auth.users,
    address text not null
);
create table here.wallet_audit (
    id bigint generated always as identity primary key,
    who uuid,
    op text not null,
    was jsonb,
    at timestamptz not null default clock_timestamp()
);
alter table here.wallets enable row level security;
alter table here.wallet_audit enable row level security;
create policy own on here.wallets to authenticated
using (owner = auth.uid()) with check (owner = auth.uid());
create function here.note_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.wallet_audit (who, op, was) values (auth.uid(), tg_op, to_jsonb(old));
    return null;
end
$$;
create trigger audit after update or delete on here.wallets
for each row execute function here.note_change();
grant select, insert, update, delete on here.wallets to authenticated;
-- rows
insert into here.wallets values (:b, 'secret address'), (:a, 'x');
update here.wallets set address = address || '!';
-- works
update here.wallets set address = 'y' returning address;

-- == good region_chain
-- The region of a seller is set by the server, and the chain below follows it.
create table here.sellers (
    login uuid primary key references auth.users, region text not null, nick text
);
create table here.shops (id int primary key, region text not null);
create table here.shop_orders (
    id int primary key, shop int not null references here.shops
);
create table here.order_lines (
    id int primary key, shop_order int not null references here.shop_orders, item text not null
);
alter table here.sellers enable row level security;
alter table here.shops enable row level security;
alter table here.shop_orders enable row level security;
alter table here.order_lines enable row level security;
create policy me on here.sellers to authenticated
using (login = auth.uid()) with check (login = auth.uid());
create policy region on here.shops for select to authenticated
using (region = (select s.region from here.sellers s where s.login = auth.uid()));
create policy of_shop on here.shop_orders for select to authenticated
using (shop in (select s.id from here.shops s));
create policy of_order on here.order_lines for select to authenticated
using (shop_order in (select o.id from here.shop_orders o));
grant select, update (nick) on here.sellers to authenticated;
grant select on here.shops, here.shop_orders, here.order_lines to authenticated;
-- rows
insert into here.sellers values (:a, 'east'), (:b, 'west');
insert into here.shops values (1, 'west'), (2, 'east');
insert into here.shop_orders values (1, 1), (2, 2);
insert into here.order_lines values (1, 1, 'secret item'), (2, 2, 'soap');
-- attack
update here.sellers set region = 'west';
select item from here.order_lines;
-- works
select item from here.order_lines;

-- == good card_columns
-- The nick is for all who signed in; the phone has no grant, and goes out to its owner only.
create table here.cards (
    login uuid primary key references auth.users,
    nick text not null,
    phone text
);
alter table here.cards enable row level security;
create policy own on here.cards for update to authenticated
using (login = auth.uid()) with check (login = auth.uid());
create policy all_see on here.cards for select to authenticated using (true);
grant select (login, nick), update (nick, phone) on here.cards to authenticated;
create function here.my_phone() returns text
language sql stable security definer set search_path = ''
as $$ select c.phone from here.cards c where c.login = auth.uid() $$;
revoke execute on function here.my_phone() from public, anon;
grant execute on function here.my_phone() to authenticated;
-- rows
insert into here.cards values (:b, 'bo', 'secret 555'), (:a, 'al', '444');
-- works
select here.my_phone();
