-- == leak argument_default: here.my_notes
-- The argument has the right default, and takes anybody else as well.
create function here.my_notes(owner uuid default auth.uid()) returns setof public.notes
language sql stable security definer set search_path = ''
as 'select * from public.notes where user_id = owner';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.my_notes(:b);

-- == good argument_default
-- The same with the caller's rights: policies hold.
create function here.my_notes(owner uuid default auth.uid()) returns setof public.notes
language sql stable security invoker set search_path = ''
as 'select * from public.notes where user_id = owner';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
select * from here.my_notes(:b);
-- works
select * from here.my_notes();

-- == leak null_comparison: here.notes_of
-- The guard compares with null when nobody has signed in, and does not fire.
create function here.notes_of(owner uuid) returns setof public.notes
language plpgsql stable security definer set search_path = ''
as $$
begin
    if owner <> auth.uid() then
        raise exception 'not yours';
    end if;
    return query select * from public.notes where user_id = owner;
end
$$;
grant execute on function here.notes_of(uuid) to anon;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack as anon
select * from here.notes_of(:b);

-- == good null_comparison
-- The guard that knows of null, and is not for people who have not signed in.
create function here.notes_of(owner uuid) returns setof public.notes
language plpgsql stable security definer set search_path = ''
as $$
begin
    if owner is distinct from auth.uid() then
        raise exception 'not yours';
    end if;
    return query select * from public.notes where user_id = owner;
end
$$;
revoke execute on function here.notes_of(uuid) from public;
grant execute on function here.notes_of(uuid) to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
select * from here.notes_of(:b);
-- attack as anon
select * from here.notes_of(:b);
-- works
select * from here.notes_of(:a);

-- == leak only_signed_in: here.note
-- The function asks whether somebody has signed in, not who.
create function here.note(wanted uuid) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
    if auth.uid() is null then
        raise exception 'sign in first';
    end if;
    return (select body from public.notes where id = wanted);
end
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.note(:b);

-- == leak json_argument: here.search
-- The owner is a key of a JSON argument.
create function here.search(filter json) returns json
language sql stable security definer set search_path = ''
as $$
    select json_agg(n) from public.notes as n where n.user_id = (filter #>> '{where,user}')::uuid
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.search(json_build_object('where', json_build_object('user', :b)));

-- == leak composite_argument: here.refresh
-- A whole row is the argument; its key decides.
create function here.refresh(stale public.notes) returns public.notes
language sql stable security definer set search_path = ''
as 'select n from public.notes as n where n.id = (stale).id';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select (here.refresh(row(:b, null, null)::public.notes)).*;

-- == leak array_argument: here.many
-- An array of keys.
create function here.many(ids uuid[]) returns text[]
language sql stable security definer set search_path = ''
as 'select array_agg(body) from public.notes where id = any (ids)';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.many(array[:b]::uuid[]);

-- == leak variadic_argument: here.pick
-- As many keys as one likes, as text.
create function here.pick(variadic keys text[]) returns setof text
language sql stable security definer set search_path = ''
as 'select body from public.notes where id::text = any (keys)';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.pick(:b, 'x');

-- == leak out_parameters: here.first_note
-- The answer is in OUT parameters, beside an INOUT one.
create function here.first_note(inout owner uuid, out words text, out many bigint)
language plpgsql stable security definer set search_path = ''
as $$
begin
    select min(body), count(*) into words, many from public.notes where user_id = owner;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.first_note(:b);

-- == leak setof_record: here.raw_rows
-- A set of records, which the caller gives columns to.
create function here.raw_rows() returns setof record
language sql stable security definer set search_path = ''
as 'select user_id, body from public.notes';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.raw_rows() as r (user_id uuid, body text);

-- == leak returns_table: here.feed
-- Pages of everybody's notes, by a limit and an offset.
create function here.feed(size integer default 20, skip integer default 0)
returns table (words text)
language sql stable security definer set search_path = ''
as 'select body from public.notes order by id limit size offset skip';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.feed();

-- == leak cursor: here.open_notes
-- A cursor on everybody's rows, whose name the caller gives.
create function here.open_notes(name refcursor) returns refcursor
language plpgsql security definer set search_path = ''
as $$
begin
    open name for select * from public.notes;
    return name;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.open_notes('c');
fetch all in c;

-- == leak warning: here.check_note
-- What the function says by the way holds the row.
create function here.check_note(wanted uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
    words text;
begin
    select body into words from public.notes where id = wanted;
    raise warning 'note is %', words;
    return null;
end
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.check_note(:b);

-- == leak exception_detail: here.rename
-- The refusal names what it refuses to show.
create function here.rename(wanted uuid, words text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    found public.notes;
begin
    select * into found from public.notes where id = wanted;
    if found.user_id is distinct from auth.uid() then
        raise exception 'no right to this note' using detail = format('note: %s', found.body);
    end if;
    update public.notes set body = words where id = wanted;
end
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.rename(:b, 'x');

-- == good exception_detail
-- The refusal says nothing, and the same of a row that is not there.
create function here.rename(wanted uuid, words text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    update public.notes set body = words where id = wanted and user_id = auth.uid();
    if not found then
        raise exception 'no such note';
    end if;
end
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret'), (:a, :a, 'mine');
-- attack
select here.rename(:b, 'x');
-- harm
select from public.notes where user_id = :b and body = 'x';
-- works
select 1 where here.rename(:a, 'x') is not null;

-- == leak cast_error: here.as_number
-- The error of a cast quotes the value.
create function here.as_number(wanted uuid) returns integer
language sql stable security definer set search_path = ''
as 'select body::integer from public.notes where id = wanted';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.as_number(:b);

-- == leak boolean_answer: here.begins_with
-- Yes or no is enough to read a text letter by letter.
create function here.begins_with(wanted uuid, guess text) returns boolean
language sql stable security definer set search_path = ''
as 'select starts_with(body, guess) from public.notes where id = wanted';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select 'secret' where here.begins_with(:b, 's');

-- == leak count_answer: here.how_many
-- How many notes somebody has is theirs to know.
create function here.how_many(owner uuid) returns bigint
language sql stable security definer set search_path = ''
as 'select count(*) from public.notes where user_id = owner';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select 'secret' where here.how_many(:b) = 1;

-- == leak registered: here.is_registered
-- Whether an address has an account.
create function here.is_registered(address text) returns boolean
language sql stable security definer set search_path = ''
as 'select exists (select from public.users where lower(email) = lower(address))';
-- attack as anon
select 'secret' where here.is_registered(:b_mail);

-- == leak deletes_by_id: here.remove
-- It returns nothing and deletes anybody's.
create function here.remove(note_id uuid) returns void
language sql security definer set search_path = ''
as 'delete from public.notes where id = note_id';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.remove(:b);
-- harm
select where not exists (select from public.notes where user_id = :b);

-- == leak updates_many: here.mark
-- It changes whatever rows an array names.
create table here.inbox (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    seen boolean not null default false
);
alter table here.inbox enable row level security;
create policy own on here.inbox for select to authenticated using (user_id = auth.uid());
grant select on here.inbox to authenticated;
create function here.mark(ids bigint[], as_seen boolean) returns integer
language plpgsql security definer set search_path = ''
as $$
begin
    update here.inbox set seen = as_seen where id = any (ids);
    return 0;
end
$$;
-- rows
insert into here.inbox (user_id) values (:b);
-- attack
select here.mark('{1}', true);
-- harm
select from here.inbox where user_id = :b and seen;

-- == good updates_many
-- It changes the caller's among them.
create table here.inbox (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    seen boolean not null default false
);
alter table here.inbox enable row level security;
create policy own on here.inbox for select to authenticated using (user_id = auth.uid());
grant select on here.inbox to authenticated;
create function here.mark(ids bigint[], as_seen boolean) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    many integer;
begin
    update here.inbox set seen = as_seen where id = any (ids) and user_id = auth.uid();
    get diagnostics many = row_count;
    return many;
end
$$;
revoke execute on function here.mark(bigint[], boolean) from public;
grant execute on function here.mark(bigint[], boolean) to authenticated;
-- rows
insert into here.inbox (user_id) values (:b), (:a);
-- attack
select here.mark('{1}', true);
-- harm
select from here.inbox where user_id = :b and seen;
-- works
select 1 where here.mark('{2}', true) = 1;

-- == leak copies_a_note: here.duplicate
-- B's words become a row of A's own.
create function here.duplicate(note_id uuid) returns void
language sql security definer set search_path = ''
as $$
    insert into public.notes (user_id, body)
    select auth.uid(), body from public.notes where id = note_id
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.duplicate(:b);
select * from public.notes;

-- == leak transfers: here.transfer
-- Whose money it is is not asked.
create table here.accounts (
    number bigint primary key,
    holder uuid not null references public.users,
    cents bigint not null default 100
);
alter table here.accounts enable row level security;
create policy own on here.accounts for select to authenticated using (holder = auth.uid());
grant select on here.accounts to authenticated;
create function here.transfer(from_number bigint, to_number bigint, amount numeric) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if amount <= 0 then
        raise exception 'amount must be positive';
    end if;
    update here.accounts set cents = cents - amount where number = from_number;
    update here.accounts set cents = cents + amount where number = to_number;
end
$$;
-- rows
insert into here.accounts (number, holder) values (1, :a), (2, :b);
-- attack
select here.transfer(2, 1, 50);
-- harm
select from here.accounts where holder = :b and cents <> 100;

-- == leak grants_a_role: here.set_role
-- Anybody may give anybody a role.
create table here.roles (user_id uuid primary key references public.users, role text not null);
alter table here.roles enable row level security;
create policy own on here.roles for select to authenticated using (user_id = auth.uid());
grant select on here.roles to authenticated;
create policy admins on public.notes for select to authenticated
using (exists (select from here.roles as r where r.user_id = auth.uid() and r.role = 'admin'));
create function here.set_role(who uuid, wanted text) returns void
language sql security definer set search_path = ''
as $$
    insert into here.roles values (who, wanted)
    on conflict (user_id) do update set role = excluded.role
$$;
-- alone
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.set_role(:a, 'admin');
select * from public.notes;

-- == leak dynamic_table: here.browse
-- The caller names the table.
create function here.browse(table_name text) returns setof jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    return query execute format('select to_jsonb(t) from %s as t', table_name);
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.browse('public.notes');

-- == leak dynamic_filter: here.filtered
-- The caller's text becomes part of the query.
create function here.filtered(term text) returns setof text
language plpgsql security definer set search_path = ''
as $$
begin
    return query execute
        'select body from public.notes where user_id = auth.uid() and body like ''%'
        || term || '%''';
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.filtered(''' or true or body like ''');

-- == good dynamic_filter
-- The caller's text is a value.
create function here.filtered(term text) returns setof text
language plpgsql security definer set search_path = ''
as $$
begin
    return query execute
        'select body from public.notes where user_id = auth.uid() and position($1 in body) > 0'
        using term;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
select here.filtered(''' or true or body like ''');
-- works
select here.filtered('m');

-- == leak like_token: here.by_token
-- The token is a pattern: % is every token.
create table here.links (
    token text primary key default md5(random()::text),
    user_id uuid not null references public.users on delete cascade,
    target text not null
);
alter table here.links enable row level security;
create policy own on here.links to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, delete on here.links to authenticated;
create function here.by_token(given text) returns setof here.links
language sql stable security definer set search_path = ''
as 'select * from here.links where token like given';
-- rows
insert into here.links (user_id, target) values (:b, 'secret');
-- attack as anon
select * from here.by_token('%');

-- == leak search_text: here.find_people
-- Part of a name finds people, addresses included.
create function here.find_people(term text) returns table (who uuid, address text)
language sql stable security definer set search_path = ''
as $$
    select id, email from public.users where name ilike '%' || term || '%'
$$;
-- rows
update public.users set name = 'Secret B' where id = :b;
-- attack
select 'secret' from here.find_people('b') where who = :b;

-- == leak bigint_key: here.receipt
-- Numbers can be counted up.
create table here.receipts (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.receipts enable row level security;
create policy own on here.receipts for select to authenticated using (user_id = auth.uid());
grant select on here.receipts to authenticated;
create function here.receipt(number bigint) returns jsonb[]
language sql stable security definer set search_path = ''
as 'select array[to_jsonb(r)] from here.receipts as r where id = number';
-- rows
insert into here.receipts (user_id, body) values (:b, 'secret');
-- attack
select here.receipt(1);

-- == leak enum_argument: here.by_kind
-- An enumeration, a day and a switch are the arguments.
create type here.kind as enum ('letter', 'parcel');
create table here.deliveries (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    kind here.kind not null,
    due date not null,
    fragile boolean not null default false,
    address text not null
);
alter table here.deliveries enable row level security;
create policy own on here.deliveries to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.deliveries to authenticated;
create function here.by_kind(wanted here.kind, on_day date, only_fragile boolean)
returns setof here.deliveries
language sql stable security definer set search_path = ''
as $$
    select * from here.deliveries
    where kind = wanted and due = on_day and fragile = only_fragile
$$;
-- rows
insert into here.deliveries (user_id, kind, due, address)
values (:b, 'parcel', '2031-01-01', 'secret');
-- attack
select * from here.by_kind('parcel', '2031-01-01', false);

-- == leak range_argument: here.during
-- A range of times is the argument.
create table here.visits (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    came_at timestamptz not null default now(),
    reason text not null
);
alter table here.visits enable row level security;
create policy own on here.visits to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.visits to authenticated;
create function here.during(period tstzrange) returns setof here.visits
language sql stable security definer set search_path = ''
as 'select * from here.visits where period @> came_at';
-- rows
insert into here.visits (user_id, reason) values (:b, 'secret');
-- attack
select * from here.during(tstzrange(null, null));

-- == leak address_argument: here.login_link
-- The link to sign in by is for the owner of the address, not for who asks.
create table here.sign_in_links (
    email text primary key,
    token text not null
);
alter table here.sign_in_links enable row level security;
create function here.login_link(address text) returns text
language sql security definer set search_path = ''
as 'select token from here.sign_in_links where email = address';
-- rows
insert into here.sign_in_links values (:b_mail, 'secret');
-- attack as anon
select here.login_link(:b_mail);

-- == leak domain_argument: here.by_short_id
-- A domain is the type of the argument, and bytes are the answer.
create domain here.short_id as text check (length(value) = 8);
create function here.by_short_id(wanted here.short_id) returns bytea
language sql stable security definer set search_path = ''
as 'select convert_to(body, ''utf8'') from public.notes where left(id::text, 8) = wanted';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select convert_from(here.by_short_id(left(:b, 8)), 'utf8');

-- == leak other_schema_function: here_rpc.everything
-- A function of another schema that API roles may use.
create schema here_rpc;
grant usage on schema here_rpc to anon, authenticated;
create function here_rpc.everything() returns jsonb
language sql stable security definer set search_path = ''
as 'select jsonb_agg(n) from public.notes as n';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack as anon
select here_rpc.everything();

-- == leak definer_of_invoker: here.export
-- The function with the caller's rights calls one with its owner's.
create function here.collect(owner uuid) returns text
language sql stable security definer set search_path = ''
as 'select string_agg(body, '','') from public.notes where user_id = owner';
create function here.export(owner uuid, format text default 'csv') returns text
language plpgsql stable security invoker set search_path = ''
as $$
begin
    return format || ':' || here.collect(owner);
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.export(:b);

-- == leak restores: here.restore
-- Bringing a row back from the trash asks nobody.
create table here.drafts (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null,
    deleted_at timestamptz default now()
);
alter table here.drafts enable row level security;
create policy own on here.drafts to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.drafts to authenticated;
create function here.restore(draft uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    update here.drafts set deleted_at = null where id = draft;
    return true;
end
$$;
-- rows
insert into here.drafts (id, user_id, body) values (:b, :b, 'x');
-- attack
select here.restore(:b);
-- harm
select from here.drafts where user_id = :b and deleted_at is null;

-- == leak accepts_any_invitation: here.accept
-- An invitation is accepted by its number, by anybody who comes.
create table here.clubs (id bigint generated always as identity primary key, name text not null);
create table here.club_members (
    club_id bigint not null references here.clubs on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (club_id, user_id)
);
create table here.invitations (
    id bigint generated always as identity primary key,
    club_id bigint not null references here.clubs on delete cascade,
    email text not null
);
create table here.minutes (
    id bigint generated always as identity primary key,
    club_id bigint not null references here.clubs on delete cascade,
    body text not null
);
create function here.my_clubs() returns setof bigint
language sql stable security definer set search_path = ''
as 'select club_id from here.club_members where user_id = auth.uid()';
alter table here.clubs enable row level security;
alter table here.club_members enable row level security;
alter table here.invitations enable row level security;
alter table here.minutes enable row level security;
create policy members on here.club_members for select to authenticated
using (club_id in (select here.my_clubs()));
create policy members on here.minutes for select to authenticated
using (club_id in (select here.my_clubs()));
grant select on here.club_members, here.minutes to authenticated;
create function here.accept(invitation bigint) returns void
language sql security definer set search_path = ''
as $$
    insert into here.club_members
    select club_id, auth.uid() from here.invitations where id = invitation
$$;
-- rows
insert into here.clubs (name) values ('b');
insert into here.club_members values (1, :b);
insert into here.minutes (club_id, body) values (1, 'secret');
insert into here.invitations (club_id, email) values (1, 'c@example.com');
-- attack
select here.accept(1);
select * from here.minutes;

-- == good accepts_own_invitation
-- An invitation is accepted by its token, of which the table keeps the hash, and once.
create table here.clubs (
    id bigint generated always as identity primary key,
    name text not null
);
create table here.club_members (
    club_id bigint not null references here.clubs on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    role text not null default 'member' check (role in ('owner', 'member')),
    primary key (club_id, user_id)
);
create table here.invitations (
    id bigint generated always as identity primary key,
    club_id bigint not null references here.clubs on delete cascade,
    token_hash bytea not null unique,
    role text not null check (role in ('owner', 'member')),
    expires_at timestamptz not null default now() + interval '7 days',
    accepted_at timestamptz
);
create schema here_private;
grant usage on schema here_private to authenticated;
create function here_private.clubs_as(wanted text[]) returns setof bigint
language sql stable security definer set search_path = ''
as $$
    select club_id from here.club_members where user_id = auth.uid() and role = any (wanted)
$$;
alter table here.clubs enable row level security;
alter table here.club_members enable row level security;
alter table here.invitations enable row level security;
create policy members on here.clubs for select to authenticated
using (id in (select here_private.clubs_as('{owner,member}')));
create policy owners_rename on here.clubs for update to authenticated
using (id in (select here_private.clubs_as('{owner}')));
create policy members on here.club_members for select to authenticated
using (club_id in (select here_private.clubs_as('{owner,member}')));
create policy owners_remove on here.club_members for delete to authenticated
using (club_id in (select here_private.clubs_as('{owner}')));
create policy owners on here.invitations for select to authenticated
using (club_id in (select here_private.clubs_as('{owner}')));
create policy owners_invite on here.invitations for insert to authenticated
with check (club_id in (select here_private.clubs_as('{owner}')));
grant select, update (name) on here.clubs to authenticated;
grant select, delete on here.club_members to authenticated;
grant select (id, club_id, role, expires_at, accepted_at) on here.invitations to authenticated;
grant insert (club_id, token_hash, role) on here.invitations to authenticated;
create function here.accept(token text) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
    invited here.invitations;
begin
    update here.invitations set accepted_at = now()
    where token_hash = sha256(convert_to(token, 'utf8')) and accepted_at is null
        and expires_at > now() and auth.uid() is not null
    returning * into invited;
    if not found then
        raise exception 'no such invitation';
    end if;
    insert into here.club_members values (invited.club_id, auth.uid(), invited.role);
    return invited.club_id;
end
$$;
revoke execute on function here.accept(text) from public;
grant execute on function here.accept(text) to authenticated;
-- rows
insert into here.clubs (name) values ('secret'), ('a');
insert into here.club_members values (1, :b, 'owner'), (2, :a, 'owner');
insert into here.invitations (club_id, token_hash, role)
values (1, sha256(convert_to('the token', 'utf8')), 'member');
-- attack
select here.accept('a guess');
select here.accept('%');
select * from here.clubs;
-- works
select here.accept('the token');

-- == good cursor
-- A cursor on the caller's own rows.
create function here.open_notes(name refcursor) returns refcursor
language plpgsql security definer set search_path = ''
as $$
begin
    open name for select * from public.notes where user_id = auth.uid();
    return name;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
select here.open_notes('c');
fetch all in c;
-- works
select here.open_notes('mine');

-- == good warning
-- What the function says by the way holds nothing of the row.
create function here.check_note(wanted uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
    raise notice 'checking %', wanted;
    return (select body <> '' from public.notes where id = wanted and user_id = auth.uid());
end
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret'), (:a, :a, 'mine');
-- attack
select here.check_note(:b);
-- works
select here.check_note(:a);

-- == good json_argument
-- A filter in JSON, with the caller's rights.
create function here.search(filter json) returns json
language sql stable security invoker set search_path = ''
as $$
    select json_agg(n) from public.notes as n where n.user_id = (filter #>> '{where,user}')::uuid
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
select here.search(json_build_object('where', json_build_object('user', :b)));
-- works
select here.search(json_build_object('where', json_build_object('user', :a)));

-- == good returns_table
-- Pages of the caller's own notes.
create function here.feed(size integer default 20, skip integer default 0)
returns table (words text)
language sql stable security definer set search_path = ''
as $$
    select body from public.notes where user_id = auth.uid() order by id limit size offset skip
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
select * from here.feed(100, 0);
-- works
select * from here.feed();

-- == good deletes_by_id
-- It deletes the caller's.
create function here.remove(note_id uuid) returns void
language sql security definer set search_path = ''
as 'delete from public.notes where id = note_id and user_id = auth.uid()';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret'), (:a, :a, 'mine');
-- attack
select here.remove(:b);
-- harm
select where not exists (select from public.notes where user_id = :b);
-- works
select here.remove(:a);

-- == good transfers
-- Money goes from the caller's account to anybody's; the other's balance grows, which is meant.
create table here.accounts (
    number bigint primary key,
    holder uuid not null references public.users,
    cents bigint not null default 100 check (cents >= 0)
);
alter table here.accounts enable row level security;
create policy own on here.accounts for select to authenticated using (holder = auth.uid());
grant select on here.accounts to authenticated;
create function here.transfer(from_number bigint, to_number bigint, amount bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if amount is null or amount <= 0 then
        raise exception 'amount must be positive';
    end if;
    update here.accounts set cents = cents - amount
    where number = from_number and holder = auth.uid();
    if not found then
        raise exception 'no such account';
    end if;
    update here.accounts set cents = cents + amount where number = to_number;
end
$$;
revoke execute on function here.transfer(bigint, bigint, bigint) from public;
grant execute on function here.transfer(bigint, bigint, bigint) to authenticated;
-- rows
insert into here.accounts (number, holder) values (1, :a), (2, :b);
-- attack
select here.transfer(2, 1, 50);
-- harm
select from here.accounts where holder = :b and cents < 100;
-- works
select 1 where here.transfer(1, 2, 50) is not null;

-- == oracle exists_exception: here.reserve
-- The refusal tells that the address has an account.
create function here.reserve(address text) returns text
language plpgsql security definer set search_path = ''
as $$
begin
    if exists (select from public.users where email = address) then
        raise exception 'this address is taken';
    end if;
    return 'reserved';
end
$$;
-- attack as anon
do $$
begin
    perform here.reserve(:b_mail);
exception when raise_exception then
    raise notice 'secret account';
end
$$

-- == leak logs_what_it_saw: here.look_up
-- The function writes what it found into A's own log.
create table here.lookups (
    id bigint generated always as identity primary key,
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    found jsonb
);
alter table here.lookups enable row level security;
create policy own on here.lookups for select to authenticated using (user_id = auth.uid());
grant select on here.lookups to authenticated;
create function here.look_up(key text) returns void
language sql security definer set search_path = ''
as $$
    insert into here.lookups (found)
    select to_jsonb(n) from public.notes as n where n.id::text = key
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.look_up(:b);
select * from here.lookups;

-- == leak interval_argument: here.since
-- A span of time is the argument.
create table here.steps (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    walked_at timestamptz not null default now(),
    place text not null
);
alter table here.steps enable row level security;
create policy own on here.steps to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.steps to authenticated;
create function here.since(span interval) returns setof here.steps
language sql stable security definer set search_path = ''
as 'select * from here.steps where walked_at >= now() - span';
-- rows
insert into here.steps (user_id, place) values (:b, 'secret');
-- attack
select * from here.since('1 hour');

-- == leak numeric_argument: here.dearer_than
-- An amount is the argument; what is dearer is somebody's.
create table here.purchases (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    price numeric(12, 2) not null,
    article text not null
);
alter table here.purchases enable row level security;
create policy own on here.purchases to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.purchases to authenticated;
create function here.dearer_than(price numeric) returns setof here.purchases
language sql stable security definer set search_path = ''
as 'select p.* from here.purchases as p where p.price > dearer_than.price';
-- rows
insert into here.purchases (user_id, price, article) values (:b, 10, 'secret');
-- attack
select * from here.dearer_than(-1);

-- == leak jsonb_rows: here.fetch_many
-- A list of objects, each with a key, and a list of objects as the answer.
create function here.fetch_many(wanted jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
    select jsonb_agg(to_jsonb(n))
    from jsonb_to_recordset(wanted) as w (note_id uuid)
    inner join public.notes as n on n.id = w.note_id
$$;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.fetch_many(jsonb_build_array(jsonb_build_object('note_id', :b)));

-- == leak own_composite: here.query
-- A type of the schema's own is the argument.
create type here.request as (owner uuid, newest_first boolean);
create function here.query(what here.request) returns setof text
language plpgsql stable security definer set search_path = ''
as $$
begin
    return query select n.body from public.notes as n where n.user_id = what.owner;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.query(row(:b, true)::here.request);

-- == leak composite_array: here.query_all
-- Many of a type of the schema's own.
create type here.request as (owner uuid, kind text);
create function here.query_all(what here.request[]) returns setof text
language sql stable security definer set search_path = ''
as $$
    select n.body from unnest(what) as w inner join public.notes as n on n.user_id = w.owner
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.query_all(array[row(:b, 'x')::here.request]);

-- == leak regclass_argument: here.count_rows
-- A table is the argument, its rows are the answer.
create function here.count_rows(of_table regclass) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
    found text;
begin
    execute format('select string_agg(t::text, '';'') from %s as t', of_table) into found;
    return found;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.count_rows('public.notes');

-- == leak any_element: here.twice
-- Any type is the argument.
create function here.twice(what anyelement) returns text
language sql stable security definer set search_path = ''
as 'select max(body) from public.notes where user_id::text = what::text';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.twice(:b::uuid);

-- == leak overloaded: here.lookup
-- One of two functions of a name asks for nobody.
create function here.lookup(wanted uuid) returns text
language sql stable security invoker set search_path = ''
as 'select body from public.notes where id = wanted';
create function here.lookup(wanted uuid, quietly boolean) returns text
language sql stable security definer set search_path = ''
as 'select body from public.notes where id = wanted';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
select here.lookup(:b, true);

-- == leak unnamed_argument: here.hook
-- The one argument has no name: the body of the request.
create function here.hook(json) returns text
language sql security definer set search_path = ''
as 'select body from public.notes where id = ($1 ->> ''id'')::uuid';
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack as anon
select here.hook(json_build_object('id', :b));

-- == leak words_argument: here.full_text
-- A query of full text search is the argument.
create function here.full_text(words tsquery) returns setof text
language sql stable security definer set search_path = ''
as 'select body from public.notes where to_tsvector(''simple'', body) @@ words';
-- rows
insert into public.notes (user_id, body) values (:b, 'the secret');
-- attack
select here.full_text('secret'::tsquery);

-- == leak computed_column: here.owner_name
-- A function of a row is a column of it; this one tells of the row's owner.
create table here.boards (
    id bigint generated always as identity primary key,
    made_by uuid not null references public.users on delete cascade,
    title text not null
);
alter table here.boards enable row level security;
create policy everybody on here.boards for select to anon, authenticated using (true);
grant select on here.boards to anon, authenticated;
create function here.owner_name(board here.boards) returns text
language sql stable security definer set search_path = ''
as 'select u.email || u.name from public.users as u where u.id = board.made_by';
-- rows
update public.users set name = 'secret' where id = :b;
insert into here.boards (made_by, title) values (:b, 'x');
-- attack as anon
select here.owner_name(b) from here.boards as b;

-- == leak member_may_ask_any: here.team_report
-- The caller must be a member of some team, and asks about any.
create table here.teams (id bigint generated always as identity primary key, name text not null);
create table here.team_members (
    team_id bigint not null references here.teams on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (team_id, user_id)
);
create table here.figures (
    team_id bigint not null references here.teams on delete cascade,
    month date not null,
    body text not null,
    primary key (team_id, month)
);
alter table here.teams enable row level security;
alter table here.team_members enable row level security;
alter table here.figures enable row level security;
create policy own on here.team_members for select to authenticated using (user_id = auth.uid());
grant select on here.team_members to authenticated;
create function here.team_report(team bigint, from_month date default '2000-01-01')
returns table (month date, body text)
language plpgsql stable security definer set search_path = ''
as $$
begin
    if not exists (select from here.team_members as m where m.user_id = auth.uid()) then
        raise exception 'members only';
    end if;
    return query
        select f.month, f.body from here.figures as f
        where f.team_id = team and f.month >= from_month;
end
$$;
-- rows
insert into here.teams (name) values ('a'), ('b');
insert into here.team_members values (1, :a), (2, :b);
insert into here.figures values (2, '2031-01-01', 'secret');
-- attack
select * from here.team_report(2);

-- == good member_may_ask_any
-- The caller must be a member of the team that is asked about.
create table here.teams (id bigint generated always as identity primary key, name text not null);
create table here.team_members (
    team_id bigint not null references here.teams on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    primary key (team_id, user_id)
);
create table here.figures (
    team_id bigint not null references here.teams on delete cascade,
    month date not null,
    body text not null,
    primary key (team_id, month)
);
alter table here.teams enable row level security;
alter table here.team_members enable row level security;
alter table here.figures enable row level security;
create policy own on here.team_members for select to authenticated using (user_id = auth.uid());
grant select on here.team_members to authenticated;
create function here.team_report(team bigint, from_month date default '2000-01-01')
returns table (month date, body text)
language plpgsql stable security definer set search_path = ''
as $$
begin
    if not exists (
        select from here.team_members as m where m.user_id = auth.uid() and m.team_id = team
    ) then
        raise exception 'members only';
    end if;
    return query
        select f.month, f.body from here.figures as f
        where f.team_id = team and f.month >= from_month;
end
$$;
revoke execute on function here.team_report(bigint, date) from public;
grant execute on function here.team_report(bigint, date) to authenticated;
-- rows
insert into here.teams (name) values ('a'), ('b');
insert into here.team_members values (1, :a), (2, :b);
insert into here.figures values (2, '2031-01-01', 'secret'), (1, '2031-01-01', 'mine');
-- attack
select * from here.team_report(2);
-- works
select * from here.team_report(1);

-- == good moderators_function
-- A function for moderators, by a claim of the operator's; nobody else gets by, null included.
create function here.remove_account(who uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if coalesce(auth.jwt() -> 'app_metadata' ->> 'role', '') <> 'moderator' then
        raise exception 'moderators only' using errcode = '42501';
    end if;
    delete from public.users where id = who;
end
$$;
revoke execute on function here.remove_account(uuid) from public;
grant execute on function here.remove_account(uuid) to authenticated;
-- attack with {"user_metadata": {"role": "moderator"}}
select here.remove_account(:b);
-- harm
select where not exists (select from public.users where id = :b);
-- works with {"app_metadata": {"role": "moderator"}}
select here.remove_account(:a);

-- == leak lists_ids: here.all_ids
-- Only keys, of everybody.
create function here.all_ids() returns setof uuid
language sql stable security definer set search_path = ''
as 'select user_id from public.notes';
-- rows
insert into public.notes (user_id, body) values (:b, 'x');
-- attack as anon
select 'secret' from here.all_ids() as i (id) where i.id = :b;

-- == leak null_means_all: here.list
-- No argument means everybody's.
create function here.list(owner uuid default null) returns setof public.notes
language sql stable security definer set search_path = ''
as 'select * from public.notes where user_id = coalesce(owner, user_id)';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.list();

-- == leak switch_argument: here.mine
-- The caller may ask for all.
create function here.mine(everybody boolean default false) returns setof public.notes
language sql stable security definer set search_path = ''
as 'select * from public.notes where everybody or user_id = auth.uid()';
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.mine(true);

-- == leak role_argument: here.as_role
-- The caller says what role it has.
create function here.as_role(wanted_role text default 'user') returns setof text
language plpgsql stable security definer set search_path = ''
as $$
begin
    if wanted_role = 'superadmin' then
        return query select body from public.notes;
    end if;
    return query select body from public.notes where user_id = auth.uid();
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.as_role('superadmin');

-- == leak dispatch: here.rpc
-- One function for all: the action is a word, what it is about is JSON.
create function here.rpc(action text, payload jsonb default '{}') returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    case action
        when 'ping' then
            return '"pong"';
        when 'notes.list' then
            return (
                select jsonb_agg(n) from public.notes as n
                where n.user_id = (payload ->> 'user_id')::uuid
            );
        else
            raise exception 'no such action: %', action;
    end case;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.rpc('notes.list', jsonb_build_object('user_id', :b));

-- == leak named_table: here.export_kind
-- A word names the table, and only known words are taken.
create function here.export_kind(kind text) returns json
language plpgsql stable security definer set search_path = ''
as $$
begin
    if kind not in ('notes', 'profile') then
        raise exception 'unknown kind';
    end if;
    if kind = 'notes' then
        return (select json_agg(n) from public.notes as n);
    end if;
    return (select to_json(u) from public.users as u where u.id = auth.uid());
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.export_kind('notes');

-- == leak acts_as: here.notes_as
-- It has the caller's rights, and writes other claims over the caller's.
create function here.notes_as(who uuid) returns setof public.notes
language plpgsql security invoker set search_path = ''
as $$
begin
    perform set_config(
        'request.jwt.claims', json_build_object('sub', who, 'role', 'authenticated')::text, true
    );
    return query select * from public.notes;
end
$$;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.notes_as(:b);

-- == leak resets_token: here.reset_password
-- It returns nothing and writes to whosever address is given.
create table here.logins (
    user_id uuid primary key references public.users on delete cascade,
    email text not null unique,
    reset_token text
);
alter table here.logins enable row level security;
create policy own on here.logins for select to authenticated using (user_id = auth.uid());
grant select (user_id, email) on here.logins to authenticated;
create function here.reset_password(address text, new_token text) returns void
language sql security definer set search_path = ''
as 'update here.logins set reset_token = new_token where email = address';
-- rows
insert into here.logins values (:b, :b_mail);
-- attack as anon
select here.reset_password(:b_mail, 'known to a');
-- harm
select from here.logins where reset_token = 'known to a';

-- == leak purges_old: here.purge
-- Anybody may delete everybody's old rows.
create table here.visits (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    seen_at timestamptz not null default now()
);
alter table here.visits enable row level security;
create policy own on here.visits for select to authenticated using (user_id = auth.uid());
grant select on here.visits to authenticated;
create function here.purge() returns void
language sql security definer set search_path = ''
as $$
    delete from here.visits where seen_at < now() - interval '90 days'
$$;
-- rows
insert into here.visits (user_id, seen_at) values (:b, now() - interval '100 days');
-- attack as anon
select here.purge();
-- harm
select where not exists (select from here.visits);

-- == leak writes_for: here.add_note
-- It writes a row in whosever name is given.
create function here.add_note(owner uuid, words text) returns bigint
language plpgsql security definer set search_path = ''
as $$
begin
    insert into public.notes (user_id, body) values (owner, words);
    return 1;
end
$$;
-- attack
select here.add_note(:b, 'forged');
-- harm
select from public.notes where user_id = :b;

-- == good writes_for
-- It writes a row in the caller's name.
create function here.add_note(words text) returns uuid
language sql security definer set search_path = ''
as 'insert into public.notes (user_id, body) values (auth.uid(), words) returning id';
revoke execute on function here.add_note(text) from public;
grant execute on function here.add_note(text) to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.add_note('x');
-- works
select here.add_note('y');

-- == leak forges_sender: here.send
-- Who sends is an argument.
create table here.messages (
    id bigint generated always as identity primary key,
    from_user uuid not null references public.users on delete cascade,
    to_user uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.messages enable row level security;
create policy parties on here.messages for select to authenticated
using (auth.uid() in (from_user, to_user));
grant select on here.messages to authenticated;
create function here.send(sender uuid, recipient uuid, words text) returns void
language sql security definer set search_path = ''
as 'insert into here.messages (from_user, to_user, body) values (sender, recipient, words)';
-- attack
select here.send(:b, :a, 'forged');
-- harm
select from here.messages where from_user = :b;

-- == good sends
-- Who sends is who calls.
create table here.messages (
    id bigint generated always as identity primary key,
    from_user uuid not null references public.users on delete cascade,
    to_user uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.messages enable row level security;
create policy parties on here.messages for select to authenticated
using (auth.uid() in (from_user, to_user));
grant select on here.messages to authenticated;
create function here.send(recipient uuid, words text) returns void
language sql security definer set search_path = ''
as 'insert into here.messages (from_user, to_user, body) values (auth.uid(), recipient, words)';
revoke execute on function here.send(uuid, text) from public;
grant execute on function here.send(uuid, text) to authenticated;
-- rows
insert into here.messages (from_user, to_user, body) values (:b, :b, 'secret');
-- attack
select here.send(:b, 'hello');
-- harm
select from here.messages where body = 'hello' and from_user = :b;
-- works
select here.send(:a, 'hello');

-- == leak atomic_body: here.atomic
-- The body is of the standard's form, which is kept parsed.
create function here.atomic(owner uuid) returns setof text
language sql stable security definer set search_path = ''
begin atomic
    select n.body from public.notes as n where n.user_id = owner;
end;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select here.atomic(:b);

-- == leak latest: here.latest
-- One row, the newest of anybody's.
create table here.news (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.news enable row level security;
create policy own on here.news for select to authenticated using (user_id = auth.uid());
grant select on here.news to authenticated;
create function here.latest(out words text)
language sql stable security definer set search_path = ''
as 'select body from here.news order by id desc limit 1';
-- rows
insert into here.news (user_id, body) values (:a, 'mine'), (:b, 'secret');
-- attack
select here.latest();

-- == leak long_enough: here.suggest
-- What is too short to search for is refused.
create function here.suggest(prefix text) returns text[]
language plpgsql stable security definer set search_path = ''
as $$
begin
    if length(prefix) < 3 then
        raise exception 'type more';
    end if;
    return array(select u.email from public.users as u where u.email ilike prefix || '%');
end
$$;
-- attack
select 'secret' where cardinality(here.suggest('b@e')) > 0;

-- == leak between_days: here.between_days
-- Two days are the arguments.
create table here.doses (
    id bigint generated always as identity primary key,
    patient uuid not null references public.users on delete cascade,
    taken_on date not null,
    drug text not null
);
alter table here.doses enable row level security;
create policy own on here.doses to authenticated
using (patient = auth.uid()) with check (patient = auth.uid());
grant select, insert on here.doses to authenticated;
create function here.between_days(first_day date, last_day date)
returns table (taken_on date, drug text)
language sql stable security definer set search_path = ''
as $$
    select d.taken_on, d.drug from here.doses as d where d.taken_on between first_day and last_day
$$;
-- rows
insert into here.doses (patient, taken_on, drug) values (:b, '2031-01-01', 'secret');
-- attack
select * from here.between_days('2030-01-01', '2032-01-01');

-- == leak last_seen: here.last_seen
-- When somebody was last there.
create table here.presence (
    user_id uuid primary key references public.users on delete cascade,
    seen_at timestamptz not null default now()
);
alter table here.presence enable row level security;
create policy own on here.presence to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update on here.presence to authenticated;
create function here.last_seen(who text) returns timestamptz
language sql stable security definer set search_path = ''
as 'select seen_at from here.presence where user_id::text = who';
-- rows
insert into here.presence values (:b, '2031-01-01');
-- attack
select 'secret' where here.last_seen(:b) = '2031-01-01';

-- == leak checks_the_board: here.move_card
-- The function asks whether the board is the caller's, not whether the card is on it.
create table here.boards (
    id bigint generated by default as identity primary key,
    owner_ref uuid not null references public.users,
    title text
);
create table here.cards (
    id bigint generated by default as identity primary key,
    board_id bigint not null references here.boards,
    words text
);
alter table here.boards enable row level security;
alter table here.cards enable row level security;
create policy own on here.boards to authenticated
using (owner_ref = auth.uid()) with check (owner_ref = auth.uid());
create policy own on here.cards for select to authenticated using (
    exists (select from here.boards as b where b.id = board_id and b.owner_ref = auth.uid())
);
grant select, insert on here.boards to authenticated;
grant select on here.cards to authenticated;
create function here.move_card(p_board bigint, p_card bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if not exists (select from here.boards where id = p_board and owner_ref = auth.uid()) then
        raise exception 'not your board';
    end if;
    update here.cards set board_id = p_board where id = p_card;
end
$$;
-- rows
insert into here.boards values (71, :a, 'mine'), (72, :b, 'theirs');
insert into here.cards values (81, 72, 'secret card');
-- attack
select here.move_card(71, 81);
select words from here.cards;

-- == good checks_the_board
-- It asks both; and who has a board invites others to it, and gives it to them.
create table here.boards (
    id bigint generated by default as identity primary key,
    owner_ref uuid not null references public.users,
    title text
);
create table here.guests (
    board_id bigint not null references here.boards,
    person uuid not null references public.users,
    primary key (board_id, person)
);
alter table here.boards enable row level security;
alter table here.guests enable row level security;
create policy own on here.boards to authenticated
using (owner_ref = auth.uid()) with check (owner_ref = auth.uid());
create policy own on here.guests for select to authenticated using (person = auth.uid());
grant select, insert on here.boards to authenticated;
grant select on here.guests to authenticated;
create function here.invite(p_board bigint, p_person uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if not exists (select from here.boards where id = p_board and owner_ref = auth.uid()) then
        raise exception 'not your board';
    end if;
    insert into here.guests values (p_board, p_person) on conflict do nothing;
end
$$;
create function here.give_board(p_board bigint, p_person uuid) returns void
language sql security definer set search_path = ''
as $$ update here.boards set owner_ref = p_person where id = p_board and owner_ref = auth.uid() $$;
-- rows
insert into here.boards values (72, :b, 'secret plan'), (71, :a, 'mine');
insert into here.guests values (72, :b);
-- attack
select here.invite(72, :a);
select here.give_board(72, :a);
-- works
select here.invite(71, :b);

-- == good pays_another
-- A payment changes what another has, as it is meant to.
create table here.purses (
    holder uuid primary key references public.users,
    amount numeric not null default 0,
    remark text
);
alter table here.purses enable row level security;
create policy own on here.purses for select to authenticated using (holder = auth.uid());
grant select on here.purses to authenticated;
create function here.pay(p_from uuid, p_to uuid, p_amount numeric) returns void
language plpgsql security definer set search_path = ''
as $$
begin
    if p_from is distinct from auth.uid() or p_amount <= 0 then
        raise exception 'not yours to pay';
    end if;
    update here.purses set amount = amount - p_amount where holder = p_from;
    update here.purses set amount = amount + p_amount where holder = p_to;
end
$$;
-- rows
insert into here.purses values (:b, 5, 'secret'), (:a, 5, 'mine');
-- attack
select here.pay(:b, :a, 1);
-- works
select here.pay(:a, :b, 1);

-- == leak payload_of_caller: here.fetch
-- What is sent names the caller, and any row.
create function here.fetch(payload jsonb) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
    if (payload ->> 'user_id')::uuid is distinct from auth.uid() then
        raise exception 'forbidden';
    end if;
    return (select n.body from public.notes as n where n.id = (payload ->> 'id')::uuid);
end
$$;
-- rows
insert into public.notes values ('70000000-0000-4000-8000-000000000007', :b, 'secret');
-- attack
select here.fetch(jsonb_build_object('user_id', :a, 'id', '70000000-0000-4000-8000-000000000007'));

-- == good own_login
-- A view of one's own login, and whether somebody has signed in lately.
create view here.my_login as
select u.id, u.email from auth.users as u where u.id = auth.uid();
grant select on here.my_login to authenticated;
-- rows
update auth.users set email = 'secret@example.net' where id = :b;
-- attack
select * from here.my_login;
-- works
select id from here.my_login;

-- == good by_token
-- Who was given the link reads what it leads to.
create table here.shares (
    token text primary key default md5(random()::text),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.shares enable row level security;
create policy own on here.shares to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, delete on here.shares to authenticated;
create function here.by_token(given text) returns setof text
language sql stable security definer set search_path = ''
as 'select body from here.shares where token = given';
-- rows
insert into here.shares values ('known to b', :b, 'secret');
-- attack
select here.by_token('%');
select here.by_token('');
-- works
select 1 where not exists (select here.by_token('a guess'));

-- == leak cancels_pending: here.cancel
-- What waits is cancelled by its number, without a look at who asks.
create table here.bookings (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    status text not null default 'done' check (status in ('done', 'waiting', 'cancelled'))
);
alter table here.bookings enable row level security;
create policy own on here.bookings for select to authenticated using (user_id = auth.uid());
grant select on here.bookings to authenticated;
create function here.cancel(booking bigint) returns void
language sql security definer set search_path = ''
as $$
    update here.bookings set status = 'cancelled' where id = booking and status = 'waiting'
$$;
-- rows
insert into here.bookings (user_id, status) values (:b, 'waiting');
-- attack
select here.cancel(1);
-- harm
select from here.bookings where status = 'cancelled';

-- == leak makes_editor: here.become_editor
-- Editors change every page, though they read their own alone; a function makes anybody one.
create table here.editors (user_id uuid primary key);
create table here.pages (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null,
    body text
);
create function here.is_editor() returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select 1 from here.editors as e where e.user_id = auth.uid()) $$;
alter table here.editors enable row level security;
alter table here.pages enable row level security;
create policy own on here.pages to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy editors on here.pages for update to authenticated
using (here.is_editor()) with check (here.is_editor());
grant select, insert, update (body) on here.pages to authenticated;
create function here.become_editor() returns void
language sql security definer set search_path = ''
as $$ insert into here.editors values (auth.uid()) on conflict do nothing $$;
-- rows
insert into here.pages (user_id, body) values (:b, 'secret page');
-- attack
select here.become_editor();
update here.pages set body = 'gone';
-- harm
select from here.pages where user_id = :b and body = 'gone';

-- == good makes_editor
-- The function is for the service alone.
create table here.editors (user_id uuid primary key);
create table here.pages (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null,
    body text
);
create function here.is_editor() returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select 1 from here.editors as e where e.user_id = auth.uid()) $$;
alter table here.editors enable row level security;
alter table here.pages enable row level security;
create policy own on here.pages to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy editors on here.pages for update to authenticated
using (here.is_editor()) with check (here.is_editor());
grant select, insert, update (body) on here.pages to authenticated;
create function here.make_editor(who uuid) returns void
language sql security definer set search_path = ''
as $$ insert into here.editors values (who) on conflict do nothing $$;
revoke execute on function here.make_editor(uuid) from public, anon, authenticated;
-- rows
insert into here.pages (user_id, body) values (:b, 'secret page'), (:a, 'mine');
-- attack
select here.make_editor(:a);
update here.pages set body = 'gone';
-- works
update here.pages set body = 'more' where user_id = :a returning id;

-- == leak payload_second_action: here.rpc_shelf
-- Of two actions that the JSON may ask for, the second does not ask whose.
create table here.shelves (
    shelf_id text primary key,
    uid text not null,
    label text
);
alter table here.shelves enable row level security;
create policy own on here.shelves to authenticated
using (uid = auth.uid()::text) with check (uid = auth.uid()::text);
grant select, insert, update on here.shelves to authenticated;
create function here.rpc_shelf(payload jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
    if payload ->> 'action' = 'count' then
        return jsonb_build_object(
            'count', (select count(*) from here.shelves as s where s.uid = auth.uid()::text)
        );
    elsif payload ->> 'action' = 'show' then
        return (
            select to_jsonb(s) from here.shelves as s where s.shelf_id = payload ->> 'shelf_id'
        );
    end if;
    return null;
end
$$;
-- rows
insert into here.shelves values ('shelf_1', :b, 'secret label');
-- attack
select here.rpc_shelf('{"action": "show", "shelf_id": "shelf_1"}');
