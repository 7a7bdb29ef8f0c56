-- == leak definer_view: here.recent
-- A view runs with its owner's rights unless it says otherwise.
create view here.recent as select id, user_id, body from public.notes;
grant select on here.recent to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.recent;

-- == good invoker_view
-- The same with the caller's rights.
create view here.recent with (security_invoker = true) as
select id, user_id, body from public.notes;
grant select on here.recent to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.recent;

-- == leak view_for_anon: here.members_page
-- A view of accounts shows their addresses to people who have not signed in.
create view here.members_page with (security_barrier = true) as
select u.name, u.email from public.users as u;
grant select on here.members_page to anon;
-- rows
update public.users set name = 'secret' where id = :b;
-- attack as anon
select * from here.members_page;

-- == leak view_filter_hole: here.shown
-- A view with its owner's rights asks for the owner, or for a word in the body.
create view here.shown as
select id, body from public.notes where user_id = auth.uid() or body like '%#public%';
grant select on here.shown to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret #public');
-- attack
select * from here.shown;

-- == good view_filter
-- A view with its owner's rights that asks for the owner.
create view here.shown with (security_barrier = true) as
select id, body from public.notes where user_id = auth.uid();
grant select on here.shown to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.shown;

-- == leak invoker_over_definer: here.outer_notes
-- The outer view has the caller's rights, the one that it reads has its owner's.
create schema here_internal;
grant usage on schema here_internal to authenticated;
create view here_internal.inner_notes as select * from public.notes;
create view here.outer_notes with (security_invoker = true) as
select * from here_internal.inner_notes;
grant select on here_internal.inner_notes, here.outer_notes to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.outer_notes;

-- == leak view_calls_definer: here.digest
-- The view has the caller's rights; the function that it calls has its owner's.
create function here.all_notes() returns table (who uuid, words text)
language sql stable security definer set search_path = ''
as 'select user_id, body from public.notes';
create view here.digest with (security_invoker = true) as
select words from here.all_notes();
grant select on here.digest to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.digest;

-- == leak materialized: here.search_index
-- A materialized view keeps everybody's rows and knows no policies.
create materialized view here.search_index as
select n.id, to_tsvector('simple', n.body) as words, n.body from public.notes as n;
grant select on here.search_index to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
refresh materialized view here.search_index;
-- attack
select * from here.search_index;

-- == good materialized
-- A materialized view without persons, and one that nobody was granted.
create materialized view here.totals as select count(*) as notes from public.notes;
create materialized view here.search_index as select n.id, n.body from public.notes as n;
revoke all on here.search_index from public, anon, authenticated;
grant select on here.totals to anon, authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
refresh materialized view here.search_index;
refresh materialized view here.totals;
-- works
select * from here.totals;

-- == leak view_deletes: here.cleanup
-- Nothing can be read through the view, and everything deleted.
create view here.cleanup as select id from public.notes;
revoke all on here.cleanup from public, anon, authenticated;
grant delete on here.cleanup to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
delete from here.cleanup;
-- harm
select where not exists (select from public.notes where user_id = :b);

-- == leak view_inserts: here.inbox
-- Through the view A writes a note in B's name.
create view here.inbox as select user_id, body from public.notes where user_id = auth.uid();
grant select, insert on here.inbox to authenticated;
-- attack
insert into here.inbox (user_id, body) values (:b, 'forged');
-- harm
select from public.notes where user_id = :b;

-- == leak instead_of_trigger: here.editable
-- The trigger behind the view writes with its owner's rights and asks nobody.
create view here.editable with (security_invoker = true) as select id, body from public.notes;
create function here.save() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update public.notes set body = new.body where id = new.id;
    return new;
end
$$;
create trigger save instead of insert on here.editable
for each row execute function here.save();
grant select, insert on here.editable to authenticated;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'words of b');
-- attack
insert into here.editable (id, body) values (:b, 'forged');
-- harm
select from public.notes where user_id = :b and body = 'forged';

-- == leak view_joins_auth: here.directory
-- A view hands out the platform's own accounts.
create view here.directory as select id, email, phone from auth.users;
grant select on here.directory to authenticated;
-- rows
update auth.users set phone = 'secret' where id = :b;
-- attack
select * from here.directory;

-- == good public_names
-- A view of what is meant for everybody: a table of its own holds it.
create table here.public_profiles (
    handle text primary key,
    about text not null default ''
);
alter table here.public_profiles enable row level security;
create policy everybody on here.public_profiles for select to anon, authenticated using (true);
create view here.directory with (security_invoker = true) as
select handle, about from here.public_profiles;
grant select on here.public_profiles, here.directory to anon, authenticated;
-- rows
insert into here.public_profiles values ('b', 'about b');
-- works
select * from here.directory;

-- == leak exposed_schema: here_api.everything
-- Another schema is exposed, by the setting that PostgREST reads.
-- alone
create schema here_api;
grant usage on schema here_api to anon, authenticated;
do $$
begin
    execute format(
        'alter role authenticator in database %I set pgrst.db_schemas = ''public, here_api''',
        current_database()
    );
end
$$;
create table here_api.everything (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
grant select on here_api.everything to authenticated;
-- rows
insert into here_api.everything (user_id, body) values (:b, 'secret');
-- attack
select * from here_api.everything;

-- == good hidden_schema
-- A schema without USAGE is out of reach, whatever its tables grant.
create schema here_hidden;
create table here_hidden.everything (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
grant select on here_hidden.everything to authenticated;
-- rows
insert into here_hidden.everything (user_id, body) values (:b, 'secret');
-- attack
select * from here_hidden.everything;

-- == leak view_counts: here.activity_by_user
-- How much each person wrote, by name.
create view here.activity_by_user as
select n.user_id, count(*) as notes, max(n.body) as newest
from public.notes as n group by n.user_id;
grant select on here.activity_by_user to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.activity_by_user;

-- == leak function_in_hidden_schema: here.peek
-- The table lies in a schema nobody may use; a function brings its rows out.
create schema here_vault;
create table here_vault.keys (
    user_id uuid primary key references public.users on delete cascade,
    key text not null
);
create function here.peek(owner uuid) returns setof here_vault.keys
language sql stable security definer set search_path = ''
as 'select * from here_vault.keys where user_id = owner';
-- rows
insert into here_vault.keys values (:b, 'secret');
-- attack
select (here.peek(:b)).key;

-- == good view_with_check
-- A view with the caller's rights, through which own rows are written.
create view here.short_notes with (security_invoker = true) as
select id, user_id, body from public.notes where length(body) < 100
with local check option;
grant select, insert, update, delete on here.short_notes to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
insert into here.short_notes (user_id, body) values (:b, 'forged');
-- harm
select from public.notes where body = 'forged';
-- works
update here.short_notes set body = 'x' returning *;

-- == leak view_union: here.timeline
-- One's own rows, and those of others whose text is short.
create view here.timeline as
select id, body from public.notes where user_id = auth.uid()
union all
select id, body from public.notes where length(body) < 10;
grant select on here.timeline to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.timeline;

-- == leak view_signed_in: here.everything
-- The view asks whether somebody has signed in.
create view here.everything as select * from public.notes where auth.uid() is not null;
grant select on here.everything to anon, authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'secret');
-- attack
select * from here.everything;

-- == leak view_joins_people: here.my_replies
-- One's own topics with the addresses of those who replied.
create table here.replies (
    id bigint generated always as identity primary key,
    note_id uuid not null references public.notes on delete cascade,
    author_id uuid not null references public.users on delete cascade
);
alter table here.replies enable row level security;
create policy own on here.replies to authenticated
using (author_id = auth.uid()) with check (author_id = auth.uid());
grant select, insert on here.replies to authenticated;
create view here.my_replies as
select n.id, u.email, u.name
from public.notes as n
inner join here.replies as r on r.note_id = n.id
inner join public.users as u on u.id = r.author_id
where n.user_id = auth.uid();
grant select on here.my_replies to authenticated;
-- rows
update public.users set name = 'secret' where id = :b;
insert into public.notes (id, user_id) values (:a, :a);
insert into here.replies (note_id, author_id) values (:a, :b);
-- attack
select * from here.my_replies;

-- == leak view_rule: here.retitle
-- A rule on the view writes with the rights of the view's owner.
create view here.retitle with (security_invoker = true) as select id, body from public.notes;
create rule save as on update to here.retitle
do instead update public.notes set body = new.body where true;
grant select, update on here.retitle to authenticated;
-- rows
insert into public.notes (user_id, body) values (:b, 'words of b'), (:a, 'words of a');
-- attack
update here.retitle set body = 'forged';
-- harm
select from public.notes where user_id = :b and body = 'forged';
