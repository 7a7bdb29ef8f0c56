-- == leak takes_over: here.tasks
-- An update is checked for the new owner only: A makes B's row its own.
create table here.tasks (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.tasks enable row level security;
create policy reads on here.tasks for select to authenticated using (user_id = auth.uid());
create policy updates on here.tasks for update to authenticated
using (true) with check (user_id = auth.uid());
grant select, update on here.tasks to authenticated;
-- rows
insert into here.tasks (user_id, body) values (:b, 'secret');
-- attack
update here.tasks set user_id = :a;
select * from here.tasks;

-- == leak deletes_any: here.tasks
-- Deleting is open to everybody; no row is seen while it is done.
create table here.tasks (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.tasks enable row level security;
create policy reads on here.tasks for select to authenticated using (user_id = auth.uid());
create policy inserts on here.tasks for insert to authenticated with check (user_id = auth.uid());
create policy deletes on here.tasks for delete to authenticated using (true);
grant select, insert, delete on here.tasks to authenticated;
-- rows
insert into here.tasks (user_id, body) values (:b, 'secret');
-- attack
delete from here.tasks;
-- harm
select where not exists (select from here.tasks where user_id = :b);

-- == leak overwrites: here.settings
-- Both clauses of the update are open.
create table here.settings (
    user_id uuid not null references public.users on delete cascade,
    key text not null,
    value text not null,
    primary key (user_id, key)
);
alter table here.settings enable row level security;
create policy reads on here.settings for select to authenticated using (user_id = auth.uid());
create policy inserts on here.settings for insert to authenticated
with check (user_id = auth.uid());
create policy updates on here.settings for update to authenticated
using (auth.uid() is not null) with check (auth.uid() is not null);
grant select, insert, update on here.settings to authenticated;
-- rows
insert into here.settings values (:b, 'colour', 'blue');
-- attack
update here.settings set value = 'red';
-- harm
select from here.settings where user_id = :b and value = 'red';

-- == leak upsert_by_code: here.devices
-- Anybody who knows the device's number takes it over by an upsert.
create table here.devices (
    serial text primary key,
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    key text not null default ''
);
alter table here.devices enable row level security;
create policy own on here.devices for select to authenticated
using (user_id = auth.uid() or serial = any (string_to_array(serial, '/')));
create policy registers on here.devices for insert to authenticated
with check (user_id = auth.uid());
create policy registers_again on here.devices for update to authenticated
using (true) with check (user_id = auth.uid());
grant select, insert, update on here.devices to authenticated;
-- rows
insert into here.devices values ('s1', :b, 'secret');
-- attack
insert into here.devices (serial, user_id) values ('s1', :a)
on conflict (serial) do update set user_id = excluded.user_id returning *;

-- == good upsert
-- Upserts of one's own row by a natural key.
create table here.settings (
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    key text not null,
    value text not null,
    primary key (user_id, key)
);
alter table here.settings enable row level security;
create policy own on here.settings to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update on here.settings to authenticated;
-- rows
insert into here.settings values (:b, 'colour', 'secret'), (:a, 'colour', 'mine');
-- attack
insert into here.settings values (:b, 'colour', 'x')
on conflict (user_id, key) do update set value = excluded.value returning *;
-- works
insert into here.settings values (:a, 'colour', 'x')
on conflict (user_id, key) do update set value = excluded.value returning *;

-- == leak truncate_granted: here.journal
-- Row level security does not see TRUNCATE.
create table here.journal (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.journal enable row level security;
create policy own on here.journal to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete, truncate on here.journal to authenticated;
-- rows
insert into here.journal (user_id, body) values (:b, 'secret');
-- attack
truncate here.journal;
-- harm
select where not exists (select from here.journal);

-- == leak restrictive_for_select_only: here.records
-- The restrictive policy guards reading; the permissive one that it narrows is open for all.
create table here.records (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.records enable row level security;
create policy open on here.records to authenticated using (true) with check (true);
create policy own on here.records as restrictive for select to authenticated
using (user_id = auth.uid());
grant select, insert, update, delete on here.records to authenticated;
-- rows
insert into here.records (user_id, body) values (:b, 'secret');
-- attack
delete from here.records;
-- harm
select where not exists (select from here.records);

-- == good restrictive_for_all
-- An open permissive policy, narrowed for every command.
create table here.records (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.records enable row level security;
create policy open on here.records to authenticated using (true) with check (true);
create policy own on here.records as restrictive to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.records to authenticated;
-- rows
insert into here.records (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- attack
delete from here.records where user_id = :b returning *;
-- works
select * from here.records;

-- == leak restrictive_for_anon_only: here.records
-- The restrictive policy is for the other role.
create table here.records (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
alter table here.records enable row level security;
create policy open on here.records for select using (true);
create policy own on here.records as restrictive to anon using (user_id = auth.uid());
grant select on here.records to anon, authenticated;
-- rows
insert into here.records (user_id, body) values (:b, 'secret');
-- attack
select * from here.records;

-- == leak restrictive_with_hole: here.records
-- The restrictive policy has a hole of its own.
create table here.records (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    archived boolean not null default false,
    body text not null
);
alter table here.records enable row level security;
create policy signed_in on here.records to authenticated using (auth.uid() is not null);
create policy own on here.records as restrictive to authenticated
using (user_id = auth.uid() or archived) with check (user_id = auth.uid());
grant select, insert, update, delete on here.records to authenticated;
-- rows
insert into here.records (user_id, archived, body) values (:b, true, 'secret');
-- attack
select * from here.records;

-- == leak no_row_level_security: here.sessions
-- Policies stand there, and row level security was never enabled.
create table here.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    token text not null
);
create policy own on here.sessions to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.sessions to authenticated;
-- rows
insert into here.sessions (user_id, token) values (:b, 'secret');
-- attack
select * from here.sessions;

-- == leak default_privileges: here.exports
-- Default privileges give a new table to everybody; nobody enabled row level security.
-- alone
alter default privileges in schema here
grant select, insert, update, delete on tables to anon, authenticated, service_role;
create table here.exports (
    id uuid primary key default gen_random_uuid(),
    account uuid not null references public.users on delete cascade,
    body text not null
);
-- rows
insert into here.exports (account, body) values (:b, 'secret');
-- attack as anon
select * from here.exports;

-- == leak owner_bypass: here.drafts
-- The API role owns the table, and owners bypass row level security unless it is forced.
create table here.drafts (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null,
    body text not null
);
alter table here.drafts enable row level security;
create policy own on here.drafts to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
alter table here.drafts owner to authenticated;
-- rows
insert into here.drafts (user_id, body) values (:b, 'secret');
-- attack
select * from here.drafts;

-- == leak partition_granted: here.events_2031
-- A partition that is granted is a door beside the parent's policies.
create table here.events (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    happened_on date not null,
    body text not null,
    primary key (id, happened_on)
) partition by range (happened_on);
create table here.events_2031 partition of here.events
for values from ('2031-01-01') to ('2032-01-01');
create table here.events_rest partition of here.events default;
alter table here.events enable row level security;
create policy own on here.events to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.events, here.events_2031 to authenticated;
-- rows
insert into here.events (user_id, happened_on, body) values (:b, '2031-05-05', 'secret');
-- attack
select * from here.events_2031;

-- == good partitions
-- Only the parent is granted.
create table here.events (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    happened_on date not null,
    body text not null,
    primary key (id, happened_on)
) partition by range (happened_on);
create table here.events_2031 partition of here.events
for values from ('2031-01-01') to ('2032-01-01');
create table here.events_rest partition of here.events default;
alter table here.events enable row level security;
alter table here.events_2031 enable row level security;
alter table here.events_rest enable row level security;
create policy own on here.events to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.events to authenticated;
-- rows
insert into here.events (user_id, happened_on, body) values
(:b, '2031-05-05', 'secret'), (:a, '2031-05-05', 'mine');
-- works
select * from here.events;

-- == leak inherited_child: here.old_logs
-- A child by inheritance has no policy of its own.
create table here.logs (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create table here.old_logs () inherits (here.logs);
alter table here.logs enable row level security;
create policy own on here.logs to authenticated using (user_id = auth.uid());
grant select on here.logs, here.old_logs to authenticated;
-- rows
insert into here.old_logs (user_id, body) values (:b, 'secret');
-- attack
select * from here.old_logs;

-- == leak trigger_copies: here.activity
-- A trigger copies what people write to a table that everybody reads.
create table here.entries (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create table here.activity (
    id bigint generated always as identity primary key,
    happened_at timestamptz not null default now(),
    what jsonb not null
);
create function here.remember() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.activity (what) values (to_jsonb(new));
    return new;
end
$$;
create trigger remember after insert or update on here.entries
for each row execute function here.remember();
alter table here.entries enable row level security;
alter table here.activity enable row level security;
create policy own on here.entries to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy reads on here.activity for select to authenticated using (true);
grant select, insert, update, delete on here.entries to authenticated;
grant select on here.activity to authenticated;
-- rows
insert into here.entries (user_id, body) values (:b, 'secret');
-- attack
select * from here.activity;

-- == good trigger_copies
-- An append-only audit that a trigger writes and its subject reads.
create table here.entries (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create table here.activity (
    id bigint generated always as identity primary key,
    actor uuid,
    what jsonb not null
);
create function here.remember() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.activity (actor, what)
    values (coalesce(new.user_id, old.user_id), jsonb_build_object('did', tg_op));
    return coalesce(new, old);
end
$$;
revoke execute on function here.remember() from public;
create trigger remember after insert or update or delete on here.entries
for each row execute function here.remember();
alter table here.entries enable row level security;
alter table here.activity enable row level security;
create policy own on here.entries to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.activity for select to authenticated using (actor = auth.uid());
grant select, insert, update, delete on here.entries to authenticated;
grant select on here.activity to authenticated;
-- rows
insert into here.entries (user_id, body) values (:b, 'secret'), (:a, 'mine');
-- works
select * from here.activity;

-- == leak trigger_fetches: here.quotes
-- A trigger with its owner's rights fills A's row from the row of B that A names.
create table here.quotes (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    note_id uuid not null,
    body text
);
create function here.fill() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    select n.body into new.body from public.notes as n where n.id = new.note_id;
    return new;
end
$$;
create trigger fill before insert on here.quotes for each row execute function here.fill();
alter table here.quotes enable row level security;
create policy own on here.quotes to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.quotes to authenticated;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
insert into here.quotes (user_id, note_id) values (:a, :b);
select * from here.quotes;

-- == leak rule_copies: here.feed
-- A rule writes every new row to a table without row level security.
create table here.posts (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create table here.feed (author uuid, body text);
alter table here.posts enable row level security;
create policy own on here.posts to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create rule copy as on insert to here.posts
do also insert into here.feed values (new.user_id, new.body);
grant select, insert, update, delete on here.posts to authenticated;
grant select on here.feed to authenticated, anon;
-- rows
insert into here.posts (user_id, body) values (:b, 'secret');
-- attack
select * from here.feed;

-- == leak rule_deletes: here.bin
-- Inserting into the bin deletes the note, with the rights of the rule's owner.
create table here.bin (note_id uuid not null);
alter table here.bin enable row level security;
create policy throws on here.bin for insert to authenticated with check (true);
create rule throw as on insert to here.bin
do instead delete from public.notes where id = new.note_id;
grant insert on here.bin to authenticated;
-- rows
insert into public.notes (id, user_id, body) values (:b, :b, 'secret');
-- attack
insert into here.bin values (:b);
-- harm
select where not exists (select from public.notes where user_id = :b);

-- == leak cascades_from_catalogue: here.labels
-- Labels are shared; anybody who deletes one deletes other people's rows with it.
create table here.labels (id bigint generated by default as identity primary key, name text);
create table here.labelled (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    label_id bigint not null references here.labels on delete cascade,
    body text not null
);
alter table here.labels enable row level security;
alter table here.labelled enable row level security;
create policy everybody on here.labels to authenticated using (true) with check (true);
create policy own on here.labelled to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, delete on here.labels to authenticated;
grant select, insert, update, delete on here.labelled to authenticated;
-- rows
insert into here.labels (name) values ('red');
insert into here.labelled (user_id, label_id, body) values (:b, 1, 'secret');
-- attack
delete from here.labels;
-- harm
select where not exists (select from here.labelled where user_id = :b);

-- == good cascades_from_catalogue
-- Labels are everybody's to read and the service's to write.
create table here.labels (id bigint generated by default as identity primary key, name text);
create table here.labelled (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    label_id bigint not null references here.labels on delete restrict,
    body text not null
);
alter table here.labels enable row level security;
alter table here.labelled enable row level security;
create policy everybody on here.labels for select to authenticated using (true);
create policy own on here.labelled to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select on here.labels to authenticated;
grant all on here.labels to service_role;
grant select, insert, update, delete on here.labelled to authenticated;
-- rows
insert into here.labels (name) values ('red');
insert into here.labelled (user_id, label_id, body) values (:b, 1, 'secret'), (:a, 1, 'mine');
-- attack
delete from here.labels;
-- works
select * from here.labelled;

-- == leak catalogue_written: here.prices
-- Prices are everybody's to read, and to change.
create table here.prices (sku text primary key, cents integer not null);
alter table here.prices enable row level security;
create policy reads on here.prices for select to anon, authenticated using (true);
create policy writes on here.prices for update to authenticated using (true);
grant select on here.prices to anon, authenticated;
grant update on here.prices to authenticated;
-- rows
insert into here.prices values ('x', 100);
-- attack
update here.prices set cents = 1;
-- harm
select from here.prices where cents = 1;

-- == leak soft_delete_open: here.files
-- The update that marks a row as deleted is open to everybody.
create table here.files (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    name text not null,
    deleted_at timestamptz
);
alter table here.files enable row level security;
create policy own on here.files for select to authenticated
using (user_id = auth.uid() and deleted_at is null);
create policy inserts on here.files for insert to authenticated with check (user_id = auth.uid());
create policy trashes on here.files for update to authenticated
using (deleted_at is null) with check (deleted_at is not null);
grant select, insert, update (deleted_at) on here.files to authenticated;
-- rows
insert into here.files (user_id, name) values (:b, 'secret');
-- attack
update here.files set deleted_at = now();
-- harm
select from here.files where user_id = :b and deleted_at is not null;

-- == good soft_delete
-- Rows are marked by a function, since a row that its owner no longer sees cannot be updated to.
create table here.files (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null default auth.uid() references public.users on delete cascade,
    name text not null,
    deleted_at timestamptz
);
create function here.trash(file uuid) returns void
language sql security definer set search_path = ''
as 'update here.files set deleted_at = now() where id = file and user_id = auth.uid()';
alter table here.files enable row level security;
create policy own on here.files for select to authenticated
using (user_id = auth.uid() and deleted_at is null);
create policy inserts on here.files for insert to authenticated
with check (user_id = auth.uid() and deleted_at is null);
create policy renames on here.files for update to authenticated
using (user_id = auth.uid() and deleted_at is null) with check (user_id = auth.uid());
revoke execute on function here.trash(uuid) from public;
grant execute on function here.trash(uuid) to authenticated;
grant select, insert (user_id, name), update (name) on here.files to authenticated;
-- rows
insert into here.files (id, user_id, name) values (:b, :b, 'secret'), (:a, :a, 'mine');
-- attack
select here.trash(:b);
-- harm
select from here.files where id = :b and deleted_at is not null;
-- works
select * from here.files;

-- == leak column_grant: here.people
-- Everybody may see names; the e-mail address is in the grant too.
create table here.people (
    id uuid primary key references public.users on delete cascade,
    name text not null,
    email text not null
);
alter table here.people enable row level security;
create policy directory on here.people for select to authenticated using (true);
create policy own on here.people for update to authenticated
using (id = auth.uid()) with check (id = auth.uid());
grant select on here.people to authenticated;
grant update (name) on here.people to authenticated;
-- rows
insert into here.people values (:b, 'B', 'secret');
-- attack
select * from here.people;

-- == leak audit_edited: here.audit
-- People may delete what the audit says of them, and of others.
create table here.audit (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    what text not null
);
alter table here.audit enable row level security;
create policy reads on here.audit for select to authenticated using (user_id = auth.uid());
create policy clears on here.audit for delete to authenticated
using (user_id = auth.uid() or what like 'debug:%');
grant select, delete on here.audit to authenticated;
-- rows
insert into here.audit (user_id, what) values (:b, 'debug: x');
-- attack
delete from here.audit;
-- harm
select where not exists (select from here.audit where user_id = :b);

-- == leak contact_form_read: here.contact_requests
-- Anybody may write to us, and read what others wrote.
create table here.contact_requests (
    id bigint generated always as identity primary key,
    email text not null,
    message text not null
);
alter table here.contact_requests enable row level security;
create policy writes on here.contact_requests for insert to anon, authenticated with check (true);
create policy reads on here.contact_requests for select using (true);
grant select, insert on here.contact_requests to anon, authenticated;
-- rows
insert into here.contact_requests (email, message) values ('b@example.net', 'secret');
-- attack as anon
select * from here.contact_requests;

-- == good contact_form
-- Anybody may write to us; the service reads.
create table here.contact_requests (
    id bigint generated always as identity primary key,
    email text not null,
    message text not null check (length(message) < 5000)
);
alter table here.contact_requests enable row level security;
create policy writes on here.contact_requests for insert to anon, authenticated with check (true);
grant insert on here.contact_requests to anon, authenticated;
grant select, delete on here.contact_requests to service_role;
-- rows
insert into here.contact_requests (email, message) values ('b@example.net', 'secret');

-- == leak public_bucket: here.objects
-- A bucket of documents is open to everybody who signed in.
create table here.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null,
    name text not null,
    owner uuid,
    unique (bucket_id, name)
);
alter table here.objects enable row level security;
create policy reads on here.objects for select to authenticated
using (bucket_id = 'documents' or owner = auth.uid());
create policy writes on here.objects for insert to authenticated with check (owner = auth.uid());
grant select, insert on here.objects to authenticated;
-- rows
insert into here.objects (bucket_id, name, owner) values ('documents', 'secret', :b);
-- attack
select * from here.objects;

-- == leak any_folder: here.objects
-- Files are read by their folder, and written to anybody's.
create table here.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null default 'files',
    name text not null
);
alter table here.objects enable row level security;
create policy reads on here.objects for select to authenticated
using (split_part(name, '/', 1) = auth.uid()::text);
create policy writes on here.objects for insert to authenticated with check (bucket_id = 'files');
grant select, insert on here.objects to authenticated;
-- attack
insert into here.objects (name) values (:b || '/planted');
-- harm
select from here.objects where name like :b || '/%';

-- == good folders
-- Files belong to whose folder they lie in.
create table here.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text not null default 'files',
    name text not null,
    path_tokens text[] generated always as (string_to_array(name, '/')) stored
);
alter table here.objects enable row level security;
create policy own on here.objects to authenticated
using (bucket_id = 'files' and path_tokens[1] = (select auth.uid())::text)
with check (bucket_id = 'files' and path_tokens[1] = (select auth.uid())::text);
grant select, insert, update, delete on here.objects to authenticated;
-- rows
insert into here.objects (name) values (:b || '/secret'), (:a || '/mine');
-- attack
insert into here.objects (name) values (:b || '/planted');
-- harm
select from here.objects where name like :b || '/planted';
-- works
select * from here.objects;

-- == oracle unique_code: here.vouchers
-- A duplicate key tells that somebody else has this code.
create table here.vouchers (
    code text primary key,
    user_id uuid not null references public.users on delete cascade
);
alter table here.vouchers enable row level security;
create policy own on here.vouchers to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert on here.vouchers to authenticated;
-- rows
insert into here.vouchers values ('secret', :b);
-- attack
do $$
begin
    insert into here.vouchers values ('secret', auth.uid());
exception when unique_violation then
    raise notice 'secret is taken';
end
$$
-- works
insert into here.vouchers values ('free', :a) returning *;

-- == oracle reference: here.replies
-- A foreign key tells whether a row of somebody else exists.
create table here.threads (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    subject text not null
);
create table here.replies (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    thread_id bigint not null references here.threads on delete cascade
);
alter table here.threads enable row level security;
alter table here.replies enable row level security;
create policy own on here.threads to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.replies to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, delete on here.threads, here.replies to authenticated;
-- rows
insert into here.threads (user_id, subject) values (:b, 'x');
-- attack
insert into here.replies (user_id, thread_id) values (:a, 1) returning 'secret';

-- == oracle overlapping: here.reservations
-- An exclusion constraint tells when somebody else is there.
create table here.reservations (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    period tstzrange not null,
    exclude using gist (period with &&)
);
alter table here.reservations enable row level security;
create policy own on here.reservations to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, delete on here.reservations to authenticated;
-- rows
insert into here.reservations (user_id, period) values (:b, '[2031-01-01, 2031-01-02)');
-- attack
do $$
begin
    insert into here.reservations (user_id, period)
    values (auth.uid(), '[2031-01-01, 2031-01-02)');
exception when exclusion_violation then
    raise notice 'secret meeting';
end
$$
-- works
insert into here.reservations (user_id, period)
values (:a, '[2032-01-01, 2032-01-02)') returning *;

-- == leak trigger_fetches_number: here.compares
-- A trigger with its owner's rights puts the number of a row of B's into A's.
create table here.salaries (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    cents integer not null
);
create table here.compares (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users on delete cascade,
    other uuid not null,
    cents integer
);
create function here.compare() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    select s.cents into new.cents from here.salaries as s where s.id = new.other;
    return new;
end
$$;
create trigger compare before insert on here.compares
for each row execute function here.compare();
alter table here.salaries enable row level security;
alter table here.compares enable row level security;
create policy own on here.salaries to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy own on here.compares to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update, delete on here.salaries to authenticated;
grant select, insert on here.compares to authenticated;
-- rows
insert into here.salaries (id, user_id, cents) values (:b, :b, 4242);
-- attack
insert into here.compares (user_id, other) values (:a, :b);
select 'secret' from here.compares where cents = 4242;

-- == leak trigger_keeps_deleted: here.trash
-- What people delete is kept where everybody reads.
create table here.tasks (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    words text not null
);
create table here.trash (
    id bigint generated always as identity primary key,
    words text
);
create function here.keep() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.trash (words) values (old.words);
    return old;
end
$$;
create trigger keep after delete on here.tasks for each row execute function here.keep();
alter table here.tasks enable row level security;
alter table here.trash enable row level security;
create policy own on here.tasks to authenticated
using (user_id = auth.uid()) with check (user_id = auth.uid());
create policy reads on here.trash for select to authenticated using (true);
grant select, insert, update, delete on here.tasks to authenticated;
grant select on here.trash to authenticated;
-- rows
insert into here.tasks (user_id, words) values (:b, 'secret');
delete from here.tasks;
-- attack
select * from here.trash;

-- == good trigger_notifies
-- A comment on a post that all may read tells its author so, and the post counts it.
create table here.posts (
    id uuid primary key default gen_random_uuid(),
    author_id uuid not null references public.users on delete cascade,
    body text not null,
    comments integer not null default 0,
    last_at timestamptz
);
create table here.comments (
    id uuid primary key default gen_random_uuid(),
    post_id uuid not null references here.posts on delete cascade,
    user_id uuid not null references public.users on delete cascade,
    body text not null
);
create table here.notices (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references public.users on delete cascade,
    words text not null
);
create function here.notify() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    insert into here.notices (user_id, words)
    select p.author_id, 'commented: ' || new.body from here.posts as p where p.id = new.post_id;
    update here.posts set comments = comments + 1, last_at = now() where id = new.post_id;
    return new;
end
$$;
revoke execute on function here.notify() from public;
create trigger notify after insert on here.comments for each row execute function here.notify();
alter table here.posts enable row level security;
alter table here.comments enable row level security;
alter table here.notices enable row level security;
create policy everybody on here.posts for select to anon, authenticated using (true);
create policy writes on here.posts for insert to authenticated with check (author_id = auth.uid());
create policy edits on here.posts for update to authenticated
using (author_id = auth.uid()) with check (author_id = auth.uid());
create policy everybody on here.comments for select to anon, authenticated using (true);
create policy writes on here.comments for insert to authenticated
with check (user_id = auth.uid());
create policy own on here.notices for select to authenticated using (user_id = auth.uid());
grant select on here.posts, here.comments to anon;
grant select, insert, update on here.posts to authenticated;
grant select, insert on here.comments to authenticated;
grant select on here.notices to authenticated;
-- rows
insert into here.posts (id, author_id, body) values (:b, :b, 'of b');
-- works
insert into here.comments (post_id, user_id, body) values (:b, :a, 'x') returning *;

-- == leak label_holds_id: here.parcels
-- A label that ends with the own id may stand on a parcel that only B can see.
create table here.parcels (
    id uuid primary key default gen_random_uuid(),
    label text not null,
    receiver text not null,
    note text
);
alter table here.parcels enable row level security;
create policy receive on here.parcels for select to authenticated
using (receiver = auth.uid()::text);
create policy send on here.parcels for insert to authenticated
with check (label like '%' || auth.uid()::text);
grant select, insert on here.parcels to authenticated;
-- attack
insert into here.parcels (label, receiver)
values ('aaaaaaaa-0000-4000-8000-00000000000a', :b);
-- harm
select 1 from here.parcels where receiver = :b;

-- == leak folder_of_two: here.scans
-- The second folder is asked for at writing, the first at reading.
create table here.scans (
    name text primary key,
    etag text
);
alter table here.scans enable row level security;
create policy look on here.scans for select to authenticated
using (split_part(name, '/', 1) = auth.uid()::text);
create policy put on here.scans for insert to authenticated
with check (split_part(name, '/', 2) = auth.uid()::text);
grant select, insert on here.scans to authenticated;
-- attack
insert into here.scans (name)
values ('bbbbbbbb-0000-4000-8000-00000000000b/aaaaaaaa-0000-4000-8000-00000000000a/x');
-- harm
select 1 from here.scans where split_part(name, '/', 1) = :b;
