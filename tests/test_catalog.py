"""sql/catalog/: it sees every difference that matters, and none that does not."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db.facts import Fact
from tests.asking import facts
from tests.conftest import made, run_cli
from tests.mutations import FAMILIES, Mutation

Connection = psycopg.Connection[Any]
TABLESPACE = f"fast_{uuid.uuid4().hex[:8]}"
SAMPLE = None if os.environ.get("ARAMI_ALL_MUTATIONS") else 90  # of a family; all are thousands
# Postgres itself would not have these: a key without NOT NULL, a type a view depends on.
REFUSALS = (
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.InvalidTableDefinition,
    psycopg.errors.NotNullViolation,
    psycopg.errors.WrongObjectType,
)


@pytest.fixture(scope="module")
def conninfo(server: dict[str, str], template: str) -> Iterator[str]:
    with made(server, template) as found:
        yield found


@pytest.fixture(scope="module")
def shared(conninfo: str) -> Iterator[Connection]:
    """One clone for all tests of a module: what a test changes, it rolls back."""
    with psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def baseline(shared: Connection) -> frozenset[Fact]:
    return facts(shared)


def verdict(connection: Connection, baseline: frozenset[Fact], mutation: Mutation) -> str | None:
    """What is wrong with how a mutation is seen: None when it is found and named."""
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(mutation.sql)
        except REFUSALS as refusal:
            return f"refused: {refusal}"
        found = facts(connection) ^ baseline
    if not found:
        return "not found"
    if not any(mutation.expected in f"{kind} {name}" for kind, name, _, _ in found):
        return f"named {sorted(found)[:3]}"
    return None


@pytest.mark.parametrize("family", FAMILIES)
def test_every_mutation_is_found(
    shared: Connection, baseline: frozenset[Fact], family: str
) -> None:
    mutations = list(FAMILIES[family](shared))
    if SAMPLE and len(mutations) > SAMPLE:
        mutations = random.Random(family).sample(mutations, SAMPLE)  # noqa: S311
    verdicts = {m.id: verdict(shared, baseline, m) for m in mutations}
    refused = {name for name, said in verdicts.items() if said and said.startswith("refused")}
    assert {n: said for n, said in verdicts.items() if said and n not in refused} == {}
    assert len(refused) <= len(mutations) / 4
    assert facts(shared) == baseline


def test_an_extension_in_public_is_seen_and_with_it_what_anybody_could_have_written(
    shared: Connection, baseline: frozenset[Fact]
) -> None:
    with shared.transaction(force_rollback=True):
        shared.execute("create extension citext")
        extra = facts(shared) - baseline
    assert Fact("extension", "citext", "schema", "public") in extra
    assert {fact.kind for fact in extra} == {"extension", "function", "grant"}


HIDDEN = {
    "table": "create table public.hidden (id int)",
    "view": "create view public.hidden as table public.users",
    "function": "create function public.hidden() returns setof public.users language sql"
    " as 'table public.users'",
    "operator": "create function other.same(text, text) returns bool language sql as 'select true';"
    " create operator public.@@@ (leftarg = text, rightarg = text, function = other.same)",
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_membership_in_an_extension_hides_nothing(
    shared: Connection, baseline: frozenset[Fact], kind: str
) -> None:
    name = {"function": "public.hidden()", "operator": "public.@@@ (text, text)"}
    with shared.transaction(force_rollback=True):
        shared.execute(f"create schema other; {HIDDEN[kind]}")
        before = facts(shared)
        shared.execute(f"alter extension plpgsql add {kind} {name.get(kind, 'public.hidden')}")
        assert before > baseline
        assert facts(shared) >= before


OTHER_OBJECTS = """
    create schema other;
    create table other.t (id int primary key, name text);
    create table other.child () inherits (other.t);
    create view other.v as select * from other.t;
    create function other.f() returns int language sql as 'select 1';
    create type other.e as enum ('a');
    create sequence other.s;
    create index on other.t (name);
    grant all on schema other to anon;
    grant all on all tables in schema other to anon;
    create publication other for table other.t;
    create policy p on other.t to public using (true);
    create cast (other.e as text) with inout as assignment;
    create statistics other.st on id, name from other.t;
    create materialized view other.m as select * from other.v;
    create rule r as on insert to other.t do also select 1;
    create policy q on other.t using (exists (select from other.v where v.id = t.id));
    create function other.g() returns bigint security definer
        begin atomic select count(*) from other.v; end;
    revoke execute on function other.g() from public;
    create function other.h(other.t) returns setof other.v language sql as 'select * from other.v';
    alter table other.t alter id set default other.f();
    create view other.users as select auth.uid() as id, 'public.users'::text as name;
"""
POLICY = 'policy "Users can only access their own data" on public.users'
HARMLESS = {
    "a Boolean spelt otherwise": "alter view public.user_dashboard set (security_invoker = on)",
    "what everybody has": "grant usage on schema public to pg_monitor;"
    " do $$ begin execute format('grant connect, temporary on database %I to pg_monitor',"
    " current_database()); end $$",
    "rows": "insert into public.users (name) values ('a'); delete from public.users",
    "updates": "insert into public.users (name) values ('a'); update public.users set name = 'b'",
    "analyze": "analyze",
    "truncate": "truncate public.users cascade",
    "sequence has moved on": "select nextval('audit.change_log_id_seq')",
    "sequence restarted": "alter sequence audit.change_log_id_seq restart with 500",
    "reindex": "reindex table public.users",
    "cluster once": "cluster public.users using users_pkey;"
    " alter table public.users set without cluster",
    "index made again": "drop index public.idx_users_onboarding;"
    " create index idx_users_onboarding on public.users (onboarding_completed)",
    "unique made again": "alter table public.users drop constraint idx_users_email,"
    " add constraint idx_users_email unique (email)",
    "policy made again": f"drop {POLICY}; create {POLICY} for all to authenticated"
    " using ((select auth.uid()) = id) with check ((select auth.uid()) = id);"
    f" comment on {POLICY} is"
    " 'A signed-in user reads and writes the row whose id is auth.uid(), and no other.'",
    "trigger made again": "drop trigger audit_users_delete on public.users;"
    " create trigger audit_users_delete after delete on public.users"
    " referencing old table as old_rows"
    " for each statement execute function audit.record_change()",
    "trigger disabled and enabled": "alter table public.users disable trigger all;"
    " alter table public.users enable trigger all",
    "check made again": "alter table public.users drop constraint chk_users_preferred_language,"
    " add constraint chk_users_preferred_language"
    " check (preferred_language in ('en', 'pt', 'es', 'fr'))",
    "check added not valid, then validated": "alter table public.users"
    " drop constraint chk_users_preferred_language,"
    " add constraint chk_users_preferred_language"
    " check (preferred_language in ('en', 'pt', 'es', 'fr')) not valid;"
    " alter table public.users validate constraint chk_users_preferred_language",
    "foreign key made again": "alter table public.user_goals drop constraint fk_user_goals_users,"
    " add constraint fk_user_goals_users foreign key (user_id)"
    " references public.users (id) on delete cascade",
    "gap of a dropped column": "alter table public.users add column gap int;"
    " alter table public.users drop column gap",
    "last column made again": "alter table public.users drop column updated_at;"
    " alter table public.users add column updated_at timestamptz not null default now()",
    "default set again": "alter table public.users alter column timezone drop default,"
    " alter column timezone set default 'UTC'",
    "not null set again": "alter table public.users alter column timezone drop not null,"
    " alter column timezone set not null",
    "statistics back to the default": "alter table public.users alter column name"
    " set statistics 50; alter table public.users alter column name set statistics -1",
    "renamed and back": "alter table public.users rename to u; alter table u rename to users",
    "rls off and on": "alter table public.users disable row level security;"
    " alter table public.users enable row level security",
    "grants in another order": "revoke all on public.users from authenticated, service_role;"
    " grant delete, update on public.users to service_role;"
    " grant delete, update on public.users to authenticated;"
    " grant select, insert on public.users to authenticated, service_role",
    "the default ACL made explicit": "grant execute on function public.get_session_summary"
    " to current_user; grant usage on type public.users to public;"
    " grant all on type public.users to current_user",
    "a null ACL made explicit": "grant all on sequence arami_db.event_id_seq to current_user",
    "column grant given and taken": "grant select (name) on public.users to anon;"
    " revoke select (name) on public.users from anon",
    "objects elsewhere": OTHER_OBJECTS,
    "a key elsewhere that lets go": "create schema other;"
    " create table other.a (id uuid references public.users on delete cascade);"
    " create table other.b (id uuid references public.users on delete set null)",
    "our trigger function used elsewhere": "create schema other; create table other.a (id int);"
    " create trigger t before update on other.a"
    " for each row execute function public.update_updated_at_column()",
    "an option the server keeps for itself": "set local allow_system_table_mods = on;"
    " update pg_attribute set attoptions = '{pg_attver=1}'"
    " where attrelid = 'public.users'::regclass;"
    " update pg_class set reloptions = '{pg_note=1}' where oid = 'public.user_goals'::regclass",
    "a view elsewhere": "create schema other; create view other.v as select 1 as one",
    "temporary objects": "create temp table users (id int); create temp view v as select 1 as one;"
    " create temp table child () inherits (public.users);"
    " create temp view w as select name from public.users;"
    " create function pg_temp.f(public.users) returns int language sql as 'select 1';"
    " create function pg_temp.g() returns bigint"
    " begin atomic select count(*) from public.users; end;"
    " create rule r as on insert to pg_temp.users do also delete from public.users;"
    " create policy p on pg_temp.users using (exists (table public.users));"
    " create trigger t before update on pg_temp.users"
    " for each row execute function public.update_updated_at_column()",
    "a temporary table that shadows a catalog": "create temp table pg_class (oid oid);"
    " create temp table pg_namespace (); create domain pg_temp.text as integer",
    "an extension's composite type": "create type public.extra as (a int);"
    " alter extension plpgsql add type public.extra",
    "an extension elsewhere": "create schema other; create extension pg_trgm schema other",
    "an extension's view of ours": "create schema other; create view other.v as table public.users;"
    " create function other.f(public.users) returns int language sql as 'select 1';"
    " alter extension plpgsql add view other.v;"
    " alter extension plpgsql add function other.f(public.users)",
    "reports of another tool": "create role reporter; create schema other;"
    " create view other.v as select * from public.daily_sessions;"
    " create materialized view other.m as select name from public.users;"
    " create function other.f() returns bigint language sql security definer"
    " begin atomic select count(*) from public.users; end;"
    " grant usage on schema other to reporter; grant select on other.v to reporter",
    "an extension updated": "alter extension plpgsql update",
    "roles": 'create role "someone else" login; grant authenticated to "someone else"',
    "a superuser's needless grant": "create role root_like superuser;"
    " grant select on public.users to root_like",
    "anon's usage of schema public said twice": "grant usage on schema public to anon",
    "default privileges elsewhere": "create schema other;"
    " alter default privileges in schema other grant all on tables to anon",
    "narrower default privileges": "alter default privileges revoke execute on functions"
    " from public",
    "database settings": "do $$ begin execute format('alter database %I set work_mem = ''8MB''',"
    " current_database()); end $$",
    "a comment on the database": "do $$ begin execute format("
    "'comment on database %I is ''other''', current_database()); end $$",
    "large objects": "select lo_create(0)",
    "prepared statement and cursor": "prepare one as select 1",
}
SESSION = {
    "search_path": ("public, pg_catalog", "auth", "nowhere", '"$user", audit'),
    "datestyle": ("German", "SQL, DMY"),
    "intervalstyle": ("iso_8601", "sql_standard"),
    "standard_conforming_strings": ("off",),
    "quote_all_identifiers": ("on",),
    "extra_float_digits": ("-15", "3"),
    "timezone": ("Asia/Kolkata",),
    "bytea_output": ("escape",),
    "row_security": ("off",),
    "session_replication_role": ("replica",),
    "role": ("anon", "authenticated"),
    "default_transaction_read_only": ("on",),
    "transform_null_equals": ("on",),
    "enable_hashjoin": ("off",),
    "jit": ("on",),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_what_does_not_matter_is_not_seen(
    shared: Connection, baseline: frozenset[Fact], change: str
) -> None:
    with shared.transaction(force_rollback=True):
        shared.execute(HARMLESS[change])
        assert facts(shared) == baseline


def test_no_session_setting_changes_the_facts(conninfo: str, baseline: frozenset[Fact]) -> None:
    for name, values in SESSION.items():
        for value in values:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute("select set_config(%s, %s, false)", [name, value])
                assert facts(connection) == baseline, (name, value)


def test_the_tablespace_all_of_it_was_made_in_is_not_seen(
    server: dict[str, str], baseline: frozenset[Fact]
) -> None:
    settings = "allow_in_place_tablespaces = on"
    with psycopg.connect(make_conninfo("", **server), autocommit=True) as superuser:
        superuser.execute(f"set {settings}")
        superuser.execute(f"create tablespace {TABLESPACE} location ''")
    try:
        with made(server) as database:
            chosen = f"-c default_tablespace={TABLESPACE}"
            run_cli("migrate", "--database", make_conninfo(database, options=chosen))
            with psycopg.connect(database, autocommit=True) as elsewhere:
                assert facts(elsewhere) == baseline
                elsewhere.execute("alter index public.idx_users_email set tablespace pg_default")
                moved = Fact("index", "public.idx_users_email", "tablespace", "default")
                assert facts(elsewhere) ^ baseline == {moved}
    finally:
        with psycopg.connect(make_conninfo("", **server), autocommit=True) as superuser:
            superuser.execute(f"drop tablespace {TABLESPACE}")


def test_vacuum_and_concurrent_index_builds_are_not_seen(
    conninfo: str, baseline: frozenset[Fact]
) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in (
            "vacuum full analyze public.users",
            "vacuum freeze",
            "reindex index concurrently public.idx_users_email",
            "create index concurrently new on public.users (onboarding_completed)",
            "drop index concurrently public.idx_users_onboarding",
            "alter index public.new rename to idx_users_onboarding",
        ):
            connection.execute(statement)
        assert facts(connection) == baseline


def test_views_applied_again_are_not_seen(shared: Connection, baseline: frozenset[Fact]) -> None:
    with shared.transaction(force_rollback=True):
        for view in sorted((Path(__file__).parents[1] / "sql" / "views").glob("*.sql")):
            shared.execute(view.read_text(encoding="utf-8"))
        assert facts(shared) == baseline


def test_it_reads_as_any_role_and_writes_nothing(
    shared: Connection, baseline: frozenset[Fact]
) -> None:
    with shared.transaction(force_rollback=True):
        shared.execute("set transaction read only")
        shared.execute("set local role anon")
        assert facts(shared) == baseline
        assigned = shared.execute("select pg_current_xact_id_if_assigned()").fetchone()
        assert assigned == (None,)


# What a Supabase project has before anybody migrates.
PLATFORM = """
    create schema auth;
    create schema extensions;
    create extension citext schema extensions;
    create function auth.uid() returns uuid language sql stable
    as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
    create table auth.users (id uuid primary key);
    create function extensions.watch() returns event_trigger language plpgsql
    as $$ begin end $$;
    create event trigger watch on ddl_command_end execute function extensions.watch();
    create schema graphql;
    create function graphql.watch() returns event_trigger language plpgsql security definer
    as $$ begin end $$;
    create event trigger graphql_watch on ddl_command_end execute function graphql.watch();
    create publication supabase_realtime;
    grant usage on schema auth, extensions to anon, authenticated, service_role;
    grant usage on schema public to postgres, anon, authenticated, service_role, catalog_owner;
    grant create on schema public to catalog_owner;
    alter default privileges in schema public grant all on tables
    to postgres, anon, authenticated, service_role;
    alter default privileges for role catalog_owner grant all on tables
    to postgres, anon, authenticated, service_role;
    alter default privileges for role catalog_owner in schema public grant all on tables
    to postgres, anon, authenticated, service_role;
    alter default privileges for role catalog_owner in schema public grant all on functions
    to postgres, anon, authenticated, service_role;
    alter default privileges for role catalog_owner in schema public grant all on sequences
    to postgres, anon, authenticated, service_role;
"""


def test_the_same_facts_on_a_server_like_supabase(
    server: dict[str, str], empty_database: str, baseline: frozenset[Fact]
) -> None:
    name = str(conninfo_to_dict(empty_database)["dbname"])
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create role catalog_owner login createrole")
        try:
            connection.execute(PLATFORM)
            connection.execute(f"grant create on database {name} to catalog_owner")
            connection.execute("grant usage on schema auth to catalog_owner with grant option")
            connection.execute("grant all on auth.users to catalog_owner")
            run_cli("migrate", "--database", f"{empty_database} user=catalog_owner")
            assert facts(connection) == baseline
            connection.execute("alter default privileges for role catalog_owner"
                               " in schema audit grant select on tables to anon")  # fmt: skip
            connection.execute("alter function graphql.watch() owner to catalog_owner")
            more = {fact.kind for fact in facts(connection) ^ baseline}
            assert more == {"default privilege", "event trigger"}
        finally:
            connection.execute("drop owned by catalog_owner cascade")
            connection.execute("drop role catalog_owner")
