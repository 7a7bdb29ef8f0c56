"""Migrations of every kind, with what each does: hazards, and what only looks like one.

The expectation is of the worst statement: class, relation, and the lock on that relation.
"""

from __future__ import annotations

from dataclasses import dataclass

AE, SRE, SH, SUE, RE, RS = (
    "ACCESS EXCLUSIVE",
    "SHARE ROW EXCLUSIVE",
    "SHARE",
    "SHARE UPDATE EXCLUSIVE",
    "ROW EXCLUSIVE",
    "ROW SHARE",
)
USERS, ORDERS = "public.users", "public.orders"
LONG, LONG_WRITE = "long-read-write-block", "long-write-block"


@dataclass(frozen=True)
class Case:
    """A migration and its worst statement.

    Attributes:
        sql: the file.
        effect: the class.
        relation: that it is of this class for; None where there is none.
        lock: on that relation; None where it is not of interest.
        also: what else is to be in the plan, by field.
    """

    sql: str
    effect: str
    relation: str | None = None
    lock: str | None = None
    also: tuple[tuple[str, str], ...] = ()


_ALONE = "-- arami: no-transaction\n"

CASES = {
    # ---- harmless
    "create_table": Case("create table public.t (id bigint primary key)", "none"),
    "index_on_new_table": Case(
        "create table public.t (a int); insert into public.t select generate_series(1, 100);"
        " create index on public.t (a); alter table public.t alter column a set not null",
        "none",
    ),
    "drop_new_table": Case("create table public.t (a int); drop table public.t", "none"),
    "add_column": Case("alter table public.users add column x int", "brief", USERS, AE),
    "add_column_default": Case(
        "alter table public.users add column x int not null default 1", "brief", USERS, AE
    ),
    "add_column_now": Case(
        "alter table public.users add column x timestamptz default now()", "brief", USERS, AE
    ),
    "add_column_inlined_volatile": Case(
        "alter table public.users add column x timestamptz default public.inlined_now()",
        "brief",
        USERS,
        AE,
    ),
    "widen_varchar": Case(
        "alter table public.users alter column code type varchar(40)", "brief", USERS, AE
    ),
    "varchar_to_text": Case(
        "alter table public.users alter column code type text", "brief", USERS, AE
    ),
    "widen_numeric": Case(
        "alter table public.prices alter column price type numeric(12, 2)",
        "brief",
        "public.prices",
        AE,
    ),
    "timestamp_to_timestamptz_in_utc": Case(
        "set local timezone = 'UTC'; alter table public.users alter column seen type timestamptz",
        "brief",
        USERS,
        AE,
    ),
    "set_default": Case(
        "alter table public.users alter column name set default 'x'", "brief", USERS, AE
    ),
    "drop_not_null": Case(
        "alter table public.users alter column email drop not null", "brief", USERS, AE
    ),
    "check_not_valid": Case(
        "alter table public.users add constraint c check (age < 200) not valid", "brief", USERS, AE
    ),
    "foreign_key_not_valid": Case(
        "alter table public.orders add constraint f foreign key (buyer_id) references public.users"
        " not valid",
        "brief",
        USERS,
        SRE,
    ),
    "create_table_with_foreign_key": Case(
        "create table public.t (user_id bigint references public.users)", "brief", USERS, SRE
    ),
    "drop_foreign_key": Case(
        "alter table public.orders drop constraint orders_user",
        "brief",
        USERS,
        AE,
        (("locks", ORDERS),),
    ),
    "set_not_null_proved": Case(
        "alter table public.scores alter column id set not null", "brief", "public.scores", AE
    ),
    "index_concurrently": Case(
        f"{_ALONE}create index concurrently users_age on public.users (age)",
        "none",
        USERS,
        SUE,
        (("scanned", USERS),),
    ),
    "drop_index_concurrently": Case(
        f"{_ALONE}drop index concurrently public.users_name", "none", USERS, SUE
    ),
    "reindex_concurrently": Case(
        f"{_ALONE}reindex index concurrently public.users_name", "none", USERS, SUE
    ),
    "detach_concurrently_refused": Case(
        f"{_ALONE}alter table public.events detach partition public.events_2020 concurrently",
        "fails",  # there is a default partition
    ),
    "vacuum": Case(f"{_ALONE}vacuum public.users", "none", USERS, SUE),
    "drop_index": Case("drop index public.users_name", "brief", USERS, AE),
    "create_view": Case("create view public.v as select * from public.users", "none"),
    "replace_view": Case(
        "create or replace view public.names as select id, name, email, age from public.users",
        "brief",
        "public.names",
        AE,
    ),
    "create_function": Case(
        "create function public.f() returns int language sql as $$ select 1 $$", "none"
    ),
    "create_trigger": Case(
        "create function public.f() returns trigger language plpgsql as"
        " $$ begin return new; end $$;"
        " create trigger t before insert on public.users for each row"
        " execute function public.f()",
        "brief",
        USERS,
        SRE,
    ),
    "enable_rls": Case("alter table public.users enable row level security", "brief", USERS, AE),
    "policy": Case("create policy p on public.users using (true)", "brief", USERS, AE),
    "comment": Case("comment on table public.users is 'x'", "none", USERS, SUE),
    "grant": Case("grant select on public.users to public", "none"),
    "analyze": Case("analyze public.users", "none"),
    "insert": Case("insert into public.log values (100, 'x')", "none", "public.log", RE),
    "insert_known": Case(
        "insert into public.orders (user_id, total) values (4711, 1)", "none", ORDERS, RE
    ),
    "update_by_key": Case("update public.users set name = 'x' where id = 5", "none", USERS, RE),
    "update_by_unique_email": Case(
        "update public.users set name = 'x' where email = 'a@b.c'", "none", USERS, RE
    ),
    "update_up_to_a_limit": Case(
        "update public.users set name = 'x'"
        " where id in (select id from public.users where name is null limit 1000)",
        "none",
        USERS,
        RE,
    ),
    "update_by_index": Case(
        "update public.orders set total = 0 where user_id = 1", "none", ORDERS, RE
    ),
    "update_by_key_in_a_block": Case(
        "do $$ begin update public.users set name = 'x' where id = 1; end $$", "none", USERS, RE
    ),
    "update_of_the_rows_of_a_limited_query": Case(
        "with few as (select id from public.users where name is null limit 100)"
        " update public.users as u set name = 'x' from few where few.id = u.id",
        "none",
        USERS,
        RE,
    ),
    "update_by_place": Case(
        "update public.users set name = 'x' where ctid in (select ctid from public.users limit 9)",
        "none",
        USERS,
        RE,
    ),
    "update_of_one_that_a_query_finds": Case(
        "update public.users set name = 'x' where id = (select max(id) from public.log"
        " where what = 'x')",
        "none",
        USERS,
        RE,
    ),
    "update_of_two_keys": Case(
        "update public.users set name = 'x' where id = 1 or id = 2", "none", USERS, RE
    ),
    "update_of_a_batch": Case(
        "update public.users set name = 'x' where id between 1 and 10000 and age > 1",
        "none",
        USERS,
        RE,
    ),
    "updates_by_key_in_a_block": Case(
        "do $$ begin update public.users set name = 'x' where id = 1;"
        " update public.users set name = 'y' where id in (2, 3, 4); end $$",
        "none",
        USERS,
        RE,
    ),
    "update_by_key_in_a_block_that_swallows": Case(
        "alter table public.log add column x int; do $$ begin"
        " update public.log set what = 'x' where id = 1; exception when others then null; end $$",
        "brief",
        "public.log",
        AE,
    ),
    "delete_that_a_rule_turns_into_nothing": Case("delete from public.kept", "none"),
    "upsert": Case(
        "insert into public.log values (1, 'x') on conflict (id) do update set what = 'y'",
        "none",
        "public.log",
        RE,
    ),
    "merge_that_inserts": Case(
        "merge into public.log as l using public.users as u on l.id = u.id"
        " when not matched then insert values (u.id, 'x')",
        "none",
        "public.log",
        RE,
    ),
    "lock_of_a_row": Case("select from public.users where id = 1 for update", "none", USERS, RS),
    "detach_concurrently": Case(
        f"{_ALONE}alter table public.moments detach partition public.moments_2020 concurrently",
        "brief",
        "public.moments_2020",
        AE,
    ),
    "moved_rows": Case(
        "create table public.old (like public.orders);"
        " with moved as (delete from public.orders where id < 3 returning *)"
        " insert into public.old select * from moved",
        LONG_WRITE,
        ORDERS,
        RE,
    ),
    "timeouts_of_the_file": Case(
        "set local lock_timeout = '1ms'; set local statement_timeout = '1ms';"
        " alter table public.users add column x int",
        "brief",
        USERS,
        AE,
    ),
    "delete_by_key": Case("delete from public.log where id = 1", "none", "public.log", RE),
    "enum_value": Case(
        "alter type public.mood add value 'fair'",
        "none",
        None,
        None,
        (("notes", "Postgres cannot drop values of an enum"),),
    ),
    "view_made_again_without_a_column": Case(
        "drop view public.greetings;"
        " create view public.greetings as select 1 as one from public.names",
        "brief",
        "public.greetings",
        AE,
        (("breaks", "column public.greetings.greeting is gone"),),
    ),
    "refresh_concurrently": Case(
        "refresh materialized view concurrently public.totals", "none", "public.totals", "EXCLUSIVE"
    ),
    "sequence": Case(
        "alter sequence public.numbers increment by 2", "brief", "public.numbers", SRE
    ),
    "domain_check_not_valid": Case(
        "alter domain public.score add constraint c check (value > 0) not valid", "none"
    ),
    "select": Case("select count(*) from public.users", "none"),
    "constraint_using_index": Case(
        "alter table public.orders add constraint u unique using index orders_total",
        "brief",
        ORDERS,
        AE,
    ),
    "validate_foreign_key_alone": Case(
        "alter table public.log add column x int", "brief", "public.log", AE
    ),
    "storage": Case(
        "alter table public.users alter column note set storage external", "brief", USERS, AE
    ),
    "statistics": Case(
        "alter table public.users alter column note set statistics 500", "none", USERS, SUE
    ),
    "set_fillfactor": Case("alter table public.users set (fillfactor = 90)", "none", USERS, SUE),
    # ---- what is lost
    "drop_table": Case("drop table public.log", "data-loss", "public.log", AE),
    "drop_table_cascade": Case(
        "drop table public.users cascade",
        "data-loss",
        USERS,
        AE,
        (("breaks", "view public.greetings is gone"), ("breaks", "foreign key orders_user on")),
    ),
    "drop_column": Case("alter table public.users drop column note", "data-loss", USERS, AE),
    "truncate": Case("truncate public.log", "data-loss", "public.log", AE),
    "truncate_in_a_block": Case(
        "do $$ begin execute 'truncate public.log'; end $$", "data-loss", "public.log", AE
    ),
    "delete_all": Case("delete from public.log", "data-loss", "public.log", RE),
    "delete_by_pattern": Case(
        "delete from public.users where email like 'a%'", "data-loss", USERS, RE
    ),
    "delete_some": Case(
        "delete from public.orders where placed_at < now() - interval '1 year'",
        "data-loss",
        ORDERS,
        RE,
    ),
    "delete_in_a_block": Case(
        "do $$ begin delete from public.log where what = 'nobody has that'; end $$",
        "data-loss",
        "public.log",
        RE,
    ),
    "delete_by_merge": Case(
        "merge into public.log as l using public.users as u on l.id = u.id and u.note = 'none'"
        " when matched then delete",
        "data-loss",
        "public.log",
        RE,
    ),
    "drop_partition": Case("drop table public.events_2020", "data-loss", "public.events_2020", AE),
    "drop_type_cascade": Case("drop type public.mood cascade", "data-loss", USERS, AE),
    "drop_schema": Case("drop schema public cascade", "data-loss", USERS, AE),
    # ---- rewrites
    "int_to_bigint": Case(
        "alter table public.users alter column age type bigint",
        "rewrite",
        USERS,
        AE,
        (("rebuilt", "public.users_pkey"),),
    ),
    "unique_index_concurrently_on_rows_that_are_alike": Case(
        f"{_ALONE}create unique index concurrently alike_a on public.alike (a)",
        "none",
        "public.alike",
        SUE,
    ),
    "timestamp_to_timestamptz": Case(
        "set local timezone = 'Europe/Lisbon';"
        " alter table public.users alter column seen type timestamptz",
        "rewrite",
        USERS,
        AE,
    ),
    "text_to_int": Case(
        "alter table public.users alter column note type int using note::int", "rewrite", USERS, AE
    ),
    "shorten_varchar": Case(
        "alter table public.users alter column code type varchar(5)", "rewrite", USERS, AE
    ),
    "volatile_default": Case(
        "alter table public.users add column x uuid default gen_random_uuid()", "rewrite", USERS, AE
    ),
    "volatile_plpgsql_default": Case(
        "alter table public.users add column x timestamptz default public.slow_now()",
        "rewrite",
        USERS,
        AE,
    ),
    "column_of_constrained_domain": Case(
        "alter table public.users add column x public.grade", "rewrite", USERS, AE
    ),
    "identity_column": Case(
        "alter table public.events_2022 add column n bigint generated always as identity",
        "rewrite",
        "public.events_2022",
        AE,
    ),
    "generated_column": Case(
        "alter table public.users add column x int generated always as (age * 2) stored",
        "rewrite",
        USERS,
        AE,
    ),
    "set_unlogged": Case("alter table public.log set unlogged", "rewrite", "public.log", AE),
    "vacuum_full": Case(f"{_ALONE}vacuum full public.users", "rewrite", USERS, AE),
    "vacuum_full_of_all": Case(f"{_ALONE}vacuum full", "rewrite", USERS, AE),
    "cluster": Case("cluster public.users using users_name", "rewrite", USERS, AE),
    "refresh": Case("refresh materialized view public.totals", "rewrite", "public.totals", AE),
    "rewrite_in_a_block": Case(
        "do $$ begin execute format('alter table %I.%I alter column age type bigint',"
        " 'public', 'users'); end $$",
        "rewrite",
        USERS,
        AE,
    ),
    "rewrite_swallowed": Case(
        "do $$ begin begin alter table public.users alter column age type bigint;"
        " raise exception 'no'; exception when others then null; end; end $$",
        "rewrite",
        USERS,
        AE,
    ),
    # ---- long blocks
    "set_not_null": Case(
        "alter table public.users alter column name set not null", LONG, USERS, AE
    ),
    "check": Case("alter table public.users add constraint c check (age < 200)", LONG, USERS, AE),
    "not_null_that_commits": Case(
        f"{_ALONE}do $$ begin alter table public.users alter column name set not null; commit;"
        " end $$",
        LONG,
        USERS,
        AE,
    ),
    "check_where_messages_are_silenced": Case(
        "set local client_min_messages = error;"
        " alter table public.users add constraint c check (age < 200)",
        LONG,
        USERS,
        AE,
    ),
    "check_that_rows_here_violate": Case(
        "alter table public.users add constraint c check (name like 'zzz%')", LONG, USERS, AE
    ),
    "unique": Case("alter table public.users add unique (plan)", LONG, USERS, AE),
    "primary_key_using_nullable_index": Case(
        "create table public.u (a int); drop table public.u;"
        " alter table public.orders alter column total drop not null;"
        " alter table public.orders drop constraint orders_pkey;"
        " alter table public.orders add primary key using index orders_total",
        LONG,
        ORDERS,
        AE,
    ),
    "check_not_valid_and_validate_in_one_file": Case(
        "alter table public.users add constraint c check (age < 200) not valid;"
        " alter table public.users validate constraint c",
        LONG,
        USERS,
        AE,
    ),
    "foreign_key": Case(
        "alter table public.orders add constraint f foreign key (buyer_id) references public.users",
        LONG_WRITE,
        USERS,
        SRE,
        (("scanned", ORDERS),),
    ),
    "foreign_key_not_valid_and_validate": Case(
        "alter table public.orders add constraint f foreign key (buyer_id) references public.users"
        " not valid; alter table public.orders validate constraint f",
        LONG_WRITE,
        USERS,
        SRE,
    ),
    "column_with_foreign_key": Case(
        "alter table public.orders add column seller_id bigint default 1 references public.users",
        LONG,
        ORDERS,
        AE,
    ),
    "index": Case("create index on public.users (age)", LONG_WRITE, USERS, SH),
    "index_swallowed": Case(
        "do $$ begin create index on public.users (age); raise 'no';"
        " exception when others then null; end $$",
        LONG_WRITE,
        USERS,
        SH,
    ),
    "index_of_a_new_table_of_the_same_name": Case(
        "create schema s; create table s.users (id bigint, age int);"
        " create index on s.users (age); alter table s.users alter column age set not null",
        "none",
    ),
    "update_that_commits": Case(
        f"{_ALONE}do $$ begin update public.users set name = 'x'; commit; end $$",
        LONG_WRITE,
        USERS,
        RE,
    ),
    "unique_index": Case("create unique index on public.users (code)", LONG_WRITE, USERS, SH),
    "index_on_partitioned": Case(
        "create index on public.events (kind)", LONG_WRITE, "public.events_2020", SH
    ),
    "index_after_a_lock": Case(
        "alter table public.orders add column x int; create index on public.users (age)",
        LONG,
        ORDERS,
        AE,
    ),
    "reindex": Case("reindex table public.users", LONG, USERS, SH),
    "reindex_schema": Case(f"{_ALONE}reindex schema public", LONG, USERS, SH),
    "rows_locked": Case("select id from public.users for update", LONG_WRITE, USERS, RS),
    "rows_locked_in_a_block": Case(
        "do $$ begin perform id from public.users where note = 'x' for no key update; end $$",
        LONG_WRITE,
        USERS,
        RS,
    ),
    "upsert_of_a_table": Case(
        "insert into public.log select id, name from public.users"
        " on conflict (id) do update set what = excluded.what",
        LONG_WRITE,
        "public.log",
        RE,
    ),
    "update_in_a_block_that_finds_no_row_here": Case(
        "do $$ begin update public.users set name = 'x' where note = 'nobody has that'; end $$",
        LONG_WRITE,
        USERS,
        RE,
    ),
    "update_of_keys_that_a_query_finds": Case(
        "update public.users set name = 'x' where id = any (array(select user_id from"
        " public.orders where total is null))",
        LONG_WRITE,
        USERS,
        RE,
    ),
    "update_after_a_reset": Case(
        "reset all; do $$ begin update public.users set name = 'x' where note = 'no'; end $$",
        LONG_WRITE,
        USERS,
        RE,
    ),
    "update_of_many_keys": Case(
        "update public.users set name = 'x' where id between 1 and 900000", LONG_WRITE, USERS, RE
    ),
    "update_of_a_range_that_is_no_key": Case(
        "create index on public.orders (buyer_id);"
        " update public.orders set total = 1 where buyer_id between 1 and 9",
        LONG_WRITE,
        ORDERS,
        SH,
    ),
    "batches_in_one_transaction": Case(
        "do $$ begin loop update public.users set name = 'x' where id in"
        " (select id from public.users where name <> 'x' limit 1000); exit when not found;"
        " end loop; end $$",
        LONG_WRITE,
        USERS,
        RE,
    ),
    "update_all": Case("update public.users set name = 'x'", LONG_WRITE, USERS, RE),
    "update_without_index": Case(
        "update public.users set name = 'x' where note = 'y'", LONG_WRITE, USERS, RE
    ),
    "update_of_nulls": Case(
        "update public.users set name = 'x' where name is null", LONG_WRITE, USERS, RE
    ),
    "update_one_by_one": Case(
        "do $$ declare r record; begin for r in select id from public.users loop"
        " update public.users set name = 'x' where id = r.id; end loop; end $$",
        LONG_WRITE,
        USERS,
        RE,
    ),
    "update_from_a_table": Case(
        "update public.users as u set name = 'x' from public.orders as o where o.user_id = u.id",
        LONG_WRITE,
        USERS,
        RE,
    ),
    "update_in_a_block": Case(
        "do $$ begin update public.users set name = 'x'; end $$", LONG_WRITE, USERS, RE
    ),
    "domain_check": Case(
        "alter domain public.score add constraint c check (value > 0)", LONG_WRITE, USERS, SH
    ),
    "domain_validate": Case(
        "alter domain public.score add constraint c check (value > 0) not valid;"
        " alter domain public.score validate constraint c",
        LONG_WRITE,
        "public.scores",
        SH,
    ),
    "domain_not_null": Case("alter domain public.score set not null", LONG_WRITE, USERS, SH),
    "partition_beside_a_default": Case(
        "create table public.events_2021 partition of public.events"
        " for values from ('2021-01-01') to ('2022-01-01')",
        LONG,
        "public.events_rest",
        AE,
    ),
    "attach_partition": Case(
        "alter table public.events attach partition public.events_2022"
        " for values from ('2022-01-01') to ('2023-01-01')",
        LONG,
        "public.events_2022",
        AE,
    ),
    "backfill_under_a_lock": Case(
        "alter table public.users add column x int; update public.users set x = age",
        LONG,
        USERS,
        AE,
    ),
    "exclusion": Case(
        "create extension if not exists btree_gist;"
        " alter table public.orders add exclude using gist (buyer_id with =)",
        LONG,
        ORDERS,
        AE,
    ),
    "procedure": Case(
        "create procedure public.p() language plpgsql as $$ begin"
        " execute 'alter table public.users alter column name set not null'; end $$;"
        " call public.p()",
        LONG,
        USERS,
        AE,
    ),
    "lock_swallowed": Case(
        "do $$ begin begin lock table public.users; perform 1 / 0;"
        " exception when others then null; end; end $$",
        "brief",
        USERS,
        AE,
    ),
    "lock_swallowed_in_a_function": Case(
        "create function public.f() returns void language plpgsql as $$ begin"
        " lock table public.orders in share mode; raise 'no';"
        " exception when others then null; end $$; select public.f()",
        "brief",
        ORDERS,
        SH,
    ),
    # ---- what fails
    "not_null_without_default": Case(
        "alter table public.users add column x int not null", "fails", None, None
    ),
    "one_value_for_all_that_is_to_be_unique": Case(
        "alter table public.users add column x int unique default 1", "fails"
    ),
    "one_value_for_all_that_gets_a_unique_index": Case(
        "alter table public.users add column x int default 1;"
        " create unique index on public.users (x)",
        "fails",
    ),
    "default_that_a_check_rules_out": Case(
        "alter table public.users add column x int default 0 check (x > 0)", "fails"
    ),
    "column_exists": Case("alter table public.users add column name int", "fails"),
    "view_in_the_way": Case("alter table public.users drop column email", "fails"),
    "no_such_table": Case("alter table public.nowhere add column x int", "fails"),
    "cast_missing": Case("alter table public.users alter column note type int", "fails"),
    # ---- what breaks
    "rename_column": Case(
        "alter table public.users rename column note to remark",
        "brief",
        USERS,
        AE,
        (
            ("breaks", "column public.users.note is now remark"),
            ("breaks", "function public.notes() names note"),
        ),
    ),
    "rename_table": Case(
        "alter table public.log rename to journal",
        "brief",
        "public.log",
        AE,
        (("breaks", "table public.log is now public.journal"),),
    ),
    "drop_function": Case(
        "drop function public.greet(text)",
        "none",
        None,
        None,
        (("breaks", "function public.greet(a text) is gone"),),
    ),
    "drop_view": Case(
        "drop view public.greetings",
        "brief",
        "public.greetings",
        AE,
        (("breaks", "view public.greetings is gone"),),
    ),
    "rename_label": Case(
        "alter type public.mood rename value 'bad' to 'sad'",
        "none",
        None,
        None,
        (("breaks", "label public.mood 'bad' is now public.mood 'sad'"),),
    ),
}
