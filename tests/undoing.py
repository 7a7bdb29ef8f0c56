"""Small migrations of every kind, and the schema they are for: each is to be taken back."""

BASE = """
create schema app;
comment on schema app is 'ours';
create type public.mood as enum ('sad', 'ok');
comment on type public.mood is 'how';
create type public.spare as enum ('a', 'b');
create type public.pair as (x integer, y text);
create type public.span as range (subtype = integer);
create domain public.email as text check (value like '%@%');
comment on domain public.email is 'an address';
create domain public.score as integer default 1 not null;
create function public.double(n integer) returns integer language sql immutable
    as 'select 2 * n';
comment on function public.double(integer) is 'twice';
create function public.touch() returns trigger language plpgsql
    as 'begin return new; end';
create function public.lonely(a integer, b text default 'x') returns text language sql stable
    as 'select b';
revoke execute on function public.lonely(integer, text) from public;
create procedure public.work(n integer) language plpgsql as 'begin null; end';
create function public.atomic(n integer) returns bigint language sql
    begin atomic select n::bigint; end;
create aggregate public.total(integer) (sfunc = int4pl, stype = integer, initcond = '0');
create operator public.@@@ (leftarg = integer, rightarg = integer, function = int4pl);
create collation public.plain (provider = libc, locale = 'C');
create cast (integer as public.pair) with function public.to_pair(integer) as assignment;
create sequence public.counter increment by 5 start with 10 cache 3 cycle maxvalue 1000;
create table public.people (
    id bigint generated always as identity primary key,
    name text not null default 'nobody',
    mail public.email,
    feels public.mood default 'ok',
    age integer check (age >= 0),
    twice integer generated always as (age * 2) stored,
    notes text collate "C",
    seen timestamptz not null default now(),
    constraint uq_people_mail unique (mail)
);
comment on table public.people is 'who';
comment on column public.people.name is 'called';
alter table public.people enable row level security;
alter table public.people alter column notes set statistics 500,
    alter column notes set storage main, alter column notes set (n_distinct = 7);
create policy "own rows" on public.people for select to anon using (age > 1);
comment on policy "own rows" on public.people is 'theirs';
create index people_name on public.people (name) where age > 3;
comment on index public.people_name is 'by name';
create index people_low on public.people (lower(name));
create statistics public.people_stats (dependencies) on name, age from public.people;
create trigger touch_people before update on public.people
    for each row when (old.name is distinct from new.name) execute function public.touch();
comment on trigger touch_people on public.people is 'touches';
create rule people_rule as on delete to public.people where old.age > 9 do instead nothing;
grant select, insert (name, age) on public.people to anon;
grant select on public.people to authenticated with grant option;
create table public.things (
    id serial primary key,
    owner bigint not null constraint fk_things_people references public.people (id)
        on delete cascade,
    label text,
    size numeric(8, 2) default 1.5,
    tags text[] default '{}',
    feels public.mood,
    level public.score,
    constraint chk_things_label check (length(label) < 100),
    constraint things_once exclude using btree (label with =),
    constraint uq_things unique (owner, label) deferrable initially deferred
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.2);
create view public.named with (security_invoker = true) as
    select p.id, p.name, public.double(p.age) as twice from public.people as p where p.age > 0;
comment on view public.named is 'named ones';
comment on column public.named.name is 'as called';
grant select on public.named to anon;
create view public.upon as select n.id, n.name from public.named as n;
create materialized view public.counted as
    select t.owner, count(*) as things from public.things as t group by t.owner;
create unique index counted_owner on public.counted (owner);
create materialized view public.unfilled as select t.id from public.things as t with no data;
create table public.events (
    id bigint not null, at date not null, what text default 'x', primary key (id, at)
) partition by range (at);
create index events_what on public.events (what);
create trigger touch_events before insert on public.events
    for each row execute function public.touch();
create table public.events_2024 partition of public.events
    for values from ('2024-01-01') to ('2025-01-01');
create table public.events_rest partition of public.events default;
create table public.seats (event bigint, at date, foreign key (event, at) references public.events);
create table public.parent (id integer, a text);
create type public.kept as (k text, v text);
create table public.typed of public.kept;
alter table public.parent add constraint unproved check (id > 0) not valid;
create table public.child (b text) inherits (public.parent);
create table app.inner_one (id integer primary key, pair public.pair);
create table public.counts (first text, "order" serial, n bigserial primary key);
create unlogged table public.cache (k text primary key, v text);
alter default privileges in schema app grant select on tables to anon;
alter default privileges revoke execute on functions from public;
create publication everything for table public.people, public.things where (id > 3);
create event trigger guard on ddl_command_end when tag in ('CREATE CONVERSION')
    execute function public.guard();
grant usage on schema app to anon;
create extension citext schema app;
""".replace(
    "create cast",
    "create function public.to_pair(n integer) returns public.pair language sql immutable"
    " as $$ select row(n, '')::public.pair $$;\ncreate cast",
).replace(
    "create event trigger",
    "create function public.guard() returns event_trigger language plpgsql"
    " as 'begin null; end';\ncreate event trigger",
)

# A migration by the kind of object that it makes, drops or changes.
TAKEN_BACK = {
    # tables
    "table made": "create table public.extra (id integer primary key, t text);"
    " comment on table public.extra is 'x'; alter table public.extra enable row level security;"
    " create policy p on public.extra using (true); grant all on public.extra to anon",
    "table dropped": "drop table public.things cascade",
    "table with everything dropped": "drop table public.people cascade",
    "table without rows of ours dropped": "drop table public.cache",
    "table renamed": "alter table public.people rename to persons",
    "table renamed with its parts": "alter table public.people rename to persons;"
    " alter table public.persons rename column mail to address; alter index public.people_name"
    " rename to persons_name; alter table public.persons rename constraint uq_people_mail to uq;"
    " alter trigger touch_people on public.persons rename to touching",
    "tables that swap names": "alter table public.parent rename to aside;"
    " alter table public.cache rename to parent; alter table public.aside rename to cache",
    "table in the place of another": "alter table public.cache rename to cache_before;"
    " create table public.cache (k integer primary key)",
    "view in the place of a table": "alter table public.cache rename to caches;"
    " create view public.cache as select c.k from public.caches as c",
    "table moved with what uses it": "alter table public.things set schema app",
    "table moved": "alter table public.cache set schema app",
    "table of no type": "alter table public.typed not of",
    "table of a type": "create type public.keyed as (k text, v text);"
    " alter table public.cache of public.keyed",
    "foreign table made": "create extension file_fdw; create server files foreign data wrapper"
    " file_fdw; create user mapping for anon server files;"
    " create foreign table public.file (t text) server files options (filename 'x')",
    "table logged": "alter table public.cache set logged",
    "table made unlogged": "alter table public.parent set unlogged",
    "storage parameters": "alter table public.things set (fillfactor = 50),"
    " reset (autovacuum_vacuum_scale_factor)",
    "toast parameter": "alter table public.things set (toast.autovacuum_enabled = false)",
    "replica identity": "alter table public.people replica identity full",
    "replica identity of an index": "alter table public.things replica identity using index"
    " things_pkey",
    "clustered": "alter table public.people cluster on people_pkey",
    "table dropped and made otherwise": "drop table public.cache;"
    " create table public.cache (k integer, w text, v text)",
    # columns
    "column added": "alter table public.things add column colour text not null default 'red'",
    "column dropped from the middle": "alter table public.things drop column size",
    "last column dropped": "alter table public.things drop column level",
    "column with options dropped": "alter table public.people drop column notes",
    "column with everything dropped": "alter table public.people drop column age cascade",
    "key column dropped": "alter table public.people drop column id cascade",
    "column before a serial's dropped": "alter table public.counts drop column first",
    "generated column dropped": "alter table public.people drop column twice",
    "generated column changed": "alter table public.people drop column twice;"
    " alter table public.people add column twice integer generated always as (age * 3) stored",
    "column renamed": "alter table public.people rename column name to called",
    "column's type": "alter table public.things alter column size type numeric(10, 3)",
    "type of a column with a view later": "alter table public.things"
    " alter column label type varchar(80); create view public.labels as"
    " select t.label from public.things as t",
    "column to another type": "alter table public.things alter column tags drop default,"
    " alter column tags type integer using null",
    "default set": "alter table public.things alter column label set default 'none'",
    "default dropped": "alter table public.people alter column name drop default",
    "default changed": "alter table public.things alter column tags set default '{a}'",
    "not null set": "alter table public.things alter column label set not null",
    "not null dropped": "alter table public.people alter column name drop not null",
    "identity dropped": "alter table public.people alter column id drop identity",
    "identity changed": "alter table public.people alter column id set generated by default"
    " set increment by 7",
    "identity added": "alter table public.parent alter column id set not null,"
    " alter column id add generated always as identity",
    "generated expression dropped": "alter table public.people alter column twice drop expression",
    "collation of a column": "alter table public.people alter column notes"
    ' type text collate "POSIX"',
    "statistics target and storage": "alter table public.people"
    " alter column notes set statistics -1, alter column notes set storage external",
    "compression": "alter table public.things alter column label set compression pglz",
    "options of a column": "alter table public.things alter column label set (n_distinct = 5)",
    # constraints
    "check added": "alter table public.things add constraint c check (size > 0) not valid",
    "check dropped": "alter table public.things drop constraint chk_things_label",
    "check changed": "alter table public.things drop constraint chk_things_label,"
    " add constraint chk_things_label check (length(label) < 10)",
    "foreign key dropped": "alter table public.things drop constraint fk_things_people",
    "foreign key changed": "alter table public.things drop constraint fk_things_people,"
    " add constraint fk_things_people foreign key (owner) references public.people (id)",
    "foreign key added": "alter table app.inner_one add foreign key (id) references public.things",
    "primary key dropped": "alter table public.people drop constraint people_pkey cascade",
    "primary key moved": "alter table public.cache drop constraint cache_pkey,"
    " add primary key (k, v)",
    "unique constraint dropped": "alter table public.people drop constraint uq_people_mail",
    "deferrable constraint changed": "alter table public.things alter constraint fk_things_people"
    " deferrable",
    "exclusion dropped": "alter table public.things drop constraint things_once",
    "constraint proved": "alter table public.parent validate constraint unproved",
    "constraint renamed": "alter table public.things rename constraint chk_things_label to other",
    # indexes, statistics
    "index made": "create unique index new_one on public.things (label) include (size)",
    "index dropped": "drop index public.people_name",
    "index changed": "drop index public.people_low;"
    " create index people_low on public.people (upper(name))",
    "index renamed": "alter index public.people_name rename to other_name",
    "index with parameters": "alter index public.people_name set (fillfactor = 60)",
    "statistics dropped": "drop statistics public.people_stats",
    "statistics made": "create statistics public.more on label, size from public.things",
    "statistics' target": "alter statistics public.people_stats set statistics 77",
    # policies, rights
    "policy made": "create policy more on public.people for insert to authenticated"
    " with check (true)",
    "policy dropped": 'drop policy "own rows" on public.people',
    "policy changed": 'alter policy "own rows" on public.people to authenticated using (age > 7)',
    "policy renamed": 'alter policy "own rows" on public.people rename to theirs',
    "row level security on": "alter table public.things enable row level security",
    "row level security off": "alter table public.people disable row level security",
    "row level security forced": "alter table public.people force row level security",
    "granted": "grant update, delete on public.people to authenticated",
    "granted on a column": "grant update (label) on public.things to anon",
    "revoked": "revoke all on public.people from anon, authenticated",
    "grant option": "revoke grant option for select on public.people from authenticated",
    "granted on a function": "grant execute on function public.lonely(integer, text) to public",
    "granted on a schema": "revoke usage on schema app from anon",
    "granted on a sequence": "grant usage on sequence public.counter to anon",
    "granted on a type": "revoke usage on type public.mood from public",
    "default privileges granted": "alter default privileges in schema public"
    " grant execute on functions to anon",
    "default privileges of every schema": "alter default privileges grant execute on functions"
    " to public; alter default privileges grant usage on schemas to anon",
    "granted on all functions": "grant execute on all functions in schema app to anon",
    "default privileges revoked": "alter default privileges in schema app"
    " revoke select on tables from anon",
    "owner": "alter table public.things owner to service_role;"
    " alter function public.lonely(integer, text) owner to service_role",
    # functions
    "function made": "create function public.fresh() returns integer language sql as 'select 1'",
    "function dropped": "drop function public.lonely(integer, text)",
    "function replaced": "create or replace function public.double(n integer) returns integer"
    " language plpgsql as 'begin return n + n; end'",
    "function's signature": "drop function public.lonely(integer, text);"
    " create function public.lonely(a integer, b integer, c text) returns integer language sql"
    " as 'select 1'",
    "function's result where a view uses it": "drop view public.upon; drop view public.named;"
    " drop function public.double(integer);"
    " create function public.double(n integer) returns bigint language sql immutable"
    " as 'select 2::bigint * n'; create view public.named as"
    " select p.id, public.double(p.age) as d from public.people as p",
    "function's attributes": "alter function public.lonely(integer, text) security definer"
    " immutable cost 7 set search_path = ''",
    "function renamed": "alter function public.lonely(integer, text) rename to lone",
    "function moved": "alter function public.lonely(integer, text) set schema app",
    "function dropped with its trigger": "drop function public.touch() cascade",
    "procedure replaced": "create or replace procedure public.work(n integer) language sql"
    " as 'select 1'",
    "procedure dropped": "drop procedure public.work(integer)",
    "function with a body of SQL": "drop function public.atomic(integer)",
    "aggregate dropped": "drop aggregate public.total(integer)",
    "aggregate made": "create aggregate public.most(integer) (sfunc = int4larger, stype = integer)",
    "operator made": "create operator public.|=| (leftarg = integer, rightarg = integer,"
    " function = int4mi)",
    # triggers, rules
    "trigger made": "create trigger again after insert on public.things"
    " for each statement execute function public.touch()",
    "trigger dropped": "drop trigger touch_people on public.people",
    "trigger changed": "create or replace trigger touch_people after insert on public.people"
    " for each row execute function public.touch()",
    "trigger disabled": "alter table public.people disable trigger touch_people",
    "trigger renamed": "alter trigger touch_people on public.people rename to t2",
    "constraint trigger": "create constraint trigger late after insert on public.things"
    " deferrable initially deferred for each row execute function public.touch()",
    "rule dropped": "drop rule people_rule on public.people",
    "rule made": "create rule r as on update to public.things do also nothing",
    "event trigger dropped": "drop event trigger guard",
    "event trigger disabled": "alter event trigger guard disable",
    "event trigger made": "create event trigger more on sql_drop execute function public.guard()",
    # views
    "view made": "create view public.seen as select p.id, p.seen from public.people as p",
    "view dropped": "drop view public.upon",
    "views dropped": "drop view public.named cascade",
    "view replaced": "create or replace view public.upon as"
    " select n.id, n.name, 1 as one from public.named as n",
    "view under a view changed": "drop view public.named cascade; create view public.named as"
    " select p.id, p.age from public.people as p; create view public.upon as"
    " select n.id from public.named as n",
    "view with its columns in another order": "drop view public.upon; create view public.upon as"
    " select n.name, n.id from public.named as n; create view public.over as"
    " select u.id from public.upon as u",
    "view's options": "alter view public.named reset (security_invoker)",
    "view renamed": "alter view public.upon rename to upper_one",
    "materialized view dropped": "drop materialized view public.counted",
    "materialized view without rows dropped": "drop materialized view public.unfilled",
    "materialized view filled": "refresh materialized view public.unfilled",
    "materialized view changed": "drop materialized view public.counted;"
    " create materialized view public.counted as select 1 as one",
    # types
    "enum made": "create type public.size as enum ('s'); alter table public.things"
    " add column s public.size",
    "enum dropped": "drop type public.spare",
    "column of an enum dropped with it": "alter table public.things drop column feels;"
    " alter table public.people drop column feels; drop type public.mood",
    "enum's value renamed": "alter type public.mood rename value 'sad' to 'blue'",
    "enum made again": "alter type public.mood rename to old_mood;"
    " create type public.mood as enum ('ok');"
    " alter table public.people alter column feels drop default,"
    " alter column feels type public.mood using feels::text::public.mood,"
    " alter column feels set default 'ok';"
    " alter table public.things alter column feels type public.mood"
    " using feels::text::public.mood; drop type public.old_mood",
    "type renamed that has another value": "alter type public.mood rename to feeling;"
    " alter type public.feeling add value 'new'",
    "type renamed": "alter type public.mood rename to feeling",
    "composite type made": "create type public.trio as (a integer, b integer, c integer)",
    "composite type changed": "alter type public.pair add attribute z integer",
    "attribute of a typed table": "alter type public.kept add attribute z integer cascade",
    "composite type's attribute dropped": "alter type public.pair drop attribute y",
    "range made": "create type public.reach as range (subtype = bigint)",
    "range dropped": "drop type public.span",
    "domain made": "create domain public.tiny as smallint check (value < 9)",
    "domain's default": "alter domain public.score set default 5",
    "domain's not null": "alter domain public.score drop not null",
    "domain's check dropped": "alter domain public.email drop constraint email_check;"
    " comment on domain public.email is 'any'",
    "domain's check added": "alter domain public.email add constraint long check"
    " (length(value) > 3)",
    "domain dropped": "alter table public.people alter column mail type text;"
    " drop domain public.email",
    "collation made": "create collation public.other (provider = libc, locale = 'C')",
    "collation dropped": "drop collation public.plain",
    "cast dropped": "drop cast (integer as public.pair)",
    # sequences
    "sequence made": "create sequence public.numbers",
    "sequence dropped": "drop sequence public.counter",
    "sequence changed": "alter sequence public.counter increment by 1 no cycle cache 1",
    "sequence of a serial": "alter table public.things alter column id drop default;"
    " drop sequence public.things_id_seq",
    "sequence owned": "alter sequence public.counter owned by public.parent.id",
    # comments
    "comments": "comment on table public.people is 'others'; comment on column public.people.name"
    " is null; comment on function public.double(integer) is 'thrice'; comment on schema app"
    " is null; comment on constraint uq_things on public.things is 'new';"
    " comment on type public.mood is null; comment on index public.people_name is 'other'",
    "comments on few kinds": "comment on collation public.plain is 'c'; comment on operator"
    " public.@@@ (integer, integer) is 'o'; comment on extension citext is 'e'",
    # schemas, extensions, publications
    "schema made": "create schema fresh; create table fresh.t (id integer);"
    " create function fresh.f() returns integer language sql as 'select 1'",
    "schema dropped": "drop schema app cascade",
    "schema renamed": "alter schema app rename to apps; alter extension citext set schema public",
    "extension made": "create extension pg_trgm",
    "extension dropped": "drop extension citext",
    "extension moved": "alter extension citext set schema public",
    "publication made": "create publication more for table public.parent",
    "publication for all": "create publication every for all tables",
    "publication dropped": "drop publication everything",
    "publication's table taken out": "alter publication everything drop table public.people",
    "publication's table added": "alter publication everything add table public.parent (id)",
    "publication's operations": "alter publication everything set (publish = 'insert')",
    # partitions, inheritance
    "partition made": "create table public.events_2025 partition of public.events"
    " for values from ('2025-01-01') to ('2026-01-01')",
    "partition dropped": "drop table public.events_2024 cascade",
    "partitions dropped": "drop table public.events cascade",
    "partition detached": "alter table public.events detach partition public.events_2024",
    "table attached": "create table public.events_1 (like public.events including all);"
    " alter table public.events attach partition public.events_1"
    " for values from ('2020-01-01') to ('2021-01-01')",
    "table attached that others refer to": "create table public.events_2 (like public.events"
    " including all); alter table public.events attach partition public.events_2"
    " for values from ('2020-01-01') to ('2021-01-01')",
    "table that refers to partitions dropped": "drop table public.seats",
    "partition's bound": "alter table public.events detach partition public.events_2024;"
    " alter table public.events attach partition public.events_2024"
    " for values from ('2024-01-01') to ('2024-06-01')",
    "index of a partitioned table": "drop index public.events_what",
    "index on a partitioned table": "create index more on public.events (at, what)",
    "column of a partitioned table": "alter table public.events add column more integer",
    "column of a partitioned table dropped": "alter table public.events drop column what",
    "inheritance ended": "alter table public.child no inherit public.parent",
    "child dropped": "drop table public.child",
    "parent's column": "alter table public.parent drop column a",
    # statements that the parser does not see through
    "a block": "do $$ begin execute 'alter table public.things add column z integer';"
    " execute 'drop index public.people_name'; end $$",
    "names that need quotes": 'create table public."Odd one" ("a b" integer primary key,'
    ' "c""d" text); create view public."V" as select "a b" from public."Odd one";'
    ' alter table public.things add column "Select" integer; drop view public.upon',
}
