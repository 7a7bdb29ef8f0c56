"""Reach: every path from the API's roles to our tables is stated, is real, and nothing else is.

What a path is said to be is tried as well: the API's role reads along it, or is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import sql

from tests.asking import facts
from tests.conftest import made, missing, run_cli

Connection = psycopg.Connection[Any]
Path = tuple[str, str, str]  # role, object, path

SUFFIX = uuid.uuid4().hex[:8]  # roles belong to the cluster: nobody else's name
ROLE, MIDDLE = f"reaching_{SUFFIX}", f"between_{SUFFIX}"
SECRET = "someone@example.org"  # noqa: S105
USERS, GOALS = "public.users", "public.user_goals"

API = "create schema api; grant usage on schema api to public;"
HIDDEN = "create schema hidden;"
BOTH = f"{API} {HIDDEN}"
MIDDLE_OF = f"create role {ROLE}; create role {MIDDLE}; grant {ROLE} to {MIDDLE};"
READS = "language sql security definer as 'select max(email)::text from public.users'"
PEEK = "public.peek(integer)"
CLOSED = f"create function {PEEK} returns text {READS}; revoke all on function {PEEK} from public;"
DEFINER = "runs as owner"
ELSEWHERE = "takes on a role or connects elsewhere"


def reach(connection: Connection) -> frozenset[Path]:
    return frozenset((f.object, f.property, f.value) for f in facts(connection, "reach"))


@pytest.fixture(scope="module")
def schema(server: dict[str, str], template: str) -> Iterator[Connection]:
    """One migrated database with one user in it; what a test does there it rolls back."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        opened.execute("insert into public.users (name, email) values ('Someone', %s)", [SECRET])
        yield opened


@pytest.fixture(scope="module")
def baseline(schema: Connection) -> frozenset[Path]:
    return reach(schema)


@pytest.fixture
def connection(schema: Connection) -> Iterator[Connection]:
    with schema.transaction(force_rollback=True):
        yield schema


# What the API's roles must not be given: each is a new fact that names the object

GIVEN = {
    "a definer function, by default": (
        f"create function {PEEK} returns text {READS}", f"function {PEEK}"),
    "a definer function, granted": (
        f"{CLOSED} grant execute on function {PEEK} to authenticated", f"function {PEEK}"),
    "a definer function, granted to service_role": (
        f"{CLOSED} grant execute on function {PEEK} to service_role", f"function {PEEK}"),
    "a definer function, through others": (
        f"{CLOSED} {MIDDLE_OF} grant {MIDDLE} to authenticated;"
        f" grant execute on function {PEEK} to {ROLE}", f"function {PEEK}"),
    "a trigger's function": (
        "grant execute on function audit.record_change() to public",
        "function audit.record_change()"),
    "a definer procedure": (
        "create procedure public.p() language sql security definer as ''", "procedure public.p()"),
    "a table": (f"grant select on {GOALS} to anon", GOALS),
    "a table, to PUBLIC": (f"grant select on {GOALS} to public", GOALS),
    "a column": (f"grant update (source) on {GOALS} to anon", f"{GOALS}.source"),
    "a column, to PUBLIC": (f"grant select (status) on {GOALS} to public", f"{GOALS}.status"),
    "a table, through others": (
        f"{MIDDLE_OF} grant {MIDDLE} to anon; grant select on {GOALS} to {ROLE}", GOALS),
    "a view": ("grant select on public.user_dashboard to anon", "view public.user_dashboard"),
    "a sequence": ("grant usage on sequence audit.change_log_id_seq to anon",
                   "sequence audit.change_log_id_seq"),
    "a sequence, to PUBLIC": ("grant usage on sequence audit.change_log_id_seq to public",
                              "sequence audit.change_log_id_seq"),
    "a type": ('create type public."Mood" as enum (); grant usage on type public."Mood" to anon',
               'type public."Mood"'),
    "a schema, to PUBLIC": ("grant usage on schema audit to public", "schema audit"),
    "a schema": ("grant usage on schema audit to authenticated", "schema audit"),
    "a schema, through others": (
        f"{MIDDLE_OF} grant {MIDDLE} to service_role; grant usage on schema arami_db to {ROLE}",
        "schema arami_db"),
    "creating in public": ("grant create on schema public to public", "schema public"),
    "an invoker function, by default": (
        "create function public.f() returns int language sql return 1", "function public.f()"),
    "an invoker function": (
        "grant execute on function public.get_session_summary(uuid, integer) to anon",
        "function public.get_session_summary(uuid, integer)"),
    "the ledger": ("grant select on arami_db.migration to service_role",
                   "table arami_db.migration"),
    "a column of the change log": (
        "grant select (row_id) on audit.change_log to authenticator",
        "column audit.change_log.row_id"),
    "the history of archiving": (
        "grant select on audit.archive_history to authenticated", "view audit.archive_history"),
}  # fmt: skip


@pytest.mark.parametrize("given", GIVEN)
def test_what_an_api_role_is_given_is_a_fact(connection: Connection, given: str) -> None:
    statement, name = GIVEN[given]
    before = facts(connection, "reach", "grant")
    connection.execute(statement)
    new = facts(connection, "reach", "grant") - before
    assert any(name in f"{fact.object} {fact.property}" for fact in new), new


# Paths, and who reads along them


class Way(NamedTuple):
    """What opens a way, the paths that must be stated, and how anon then reads the secret."""

    statement: str
    paths: frozenset[Path]
    read: str | None = None


def anon(name: str, path: str) -> frozenset[Path]:
    return frozenset({("anon", name, path)})


def both(name: str, path: str) -> frozenset[Path]:
    return frozenset((role, name, path) for role in ("anon", "authenticated"))


GOALS_OF = f"{MIDDLE_OF} grant select on {GOALS} to {ROLE};"
KEEPER_OF = (
    f"{API} create role {ROLE}; grant create on schema api to {ROLE}; {HIDDEN}"
    f" grant usage on schema hidden to {ROLE};"
)
TABLE = f"{API} create table api.t (x text); grant insert, select on api.t to anon;"
UNSEEN = f"{BOTH} create function hidden.f() returns text {READS};"
SEEN_BY_NAME = f"{BOTH} create function hidden.f(text, text) returns text {READS};"
ACCOUNT = f"{API} insert into auth.users (email) values ('{SECRET}');"

WAYS = {
    "a column": Way(
        "grant select (email) on public.users to anon",
        anon(USERS, "select (email) granted to anon"),
    ),
    "membership, inherited": Way(
        f"{GOALS_OF} grant {MIDDLE} to anon", anon(GOALS, f"select granted to {ROLE}")
    ),
    "membership, not inherited": Way(
        f"{GOALS_OF} alter role anon noinherit; alter role {MIDDLE} noinherit;"
        f" grant {MIDDLE} to anon",
        anon(GOALS, f"select granted to {ROLE}"),
    ),
    "a definer view": Way(
        f"{API} create view api.v as table public.users; grant select on api.v to anon",
        anon(USERS, "view api.v as owner"),
        "select email from api.v",
    ),
    "a definer view, a column": Way(
        f"{API} create view api.v as table public.users; grant select (email) on api.v to anon",
        anon(USERS, "view api.v as owner"),
        "select email from api.v",
    ),
    "a definer view, through others": Way(
        f"{API} {MIDDLE_OF} alter role anon inherit; grant {MIDDLE} to anon;"
        f" create view api.v as table public.users; grant select on api.v to {ROLE}",
        anon(USERS, "view api.v as owner"),
        "select email from api.v",
    ),
    "a definer view in a schema of the role's own": Way(
        "create schema api authorization anon;"
        " create view api.v as table public.users; grant select on api.v to anon",
        anon(USERS, "view api.v as owner"),
        "select email from api.v",
    ),
    "views over views": Way(
        f"{BOTH} create view hidden.v as table public.users;"
        " create view api.w as table hidden.v; grant select on api.w to public",
        both(USERS, "view api.w as owner -> view hidden.v as owner"),
        "select email from api.w",
    ),
    "an invoker view over a definer view": Way(
        f"{BOTH} create view hidden.v as table public.users; grant select on hidden.v to anon;"
        " create view api.w with (security_invoker) as table hidden.v;"
        " grant select on api.w to anon",
        anon(USERS, "view api.w -> view hidden.v as owner"),
        "select email from api.w",
    ),
    "an invoker view over a table in a schema of no use": Way(
        f"{API} grant select on arami_db.migration to anon;"
        " create view api.w with (security_invoker) as table arami_db.migration;"
        " grant select on api.w to anon",
        anon("arami_db.migration", "view api.w"),
    ),
    "a materialized view": Way(
        f"{API} create materialized view api.m as table public.users;"
        " grant select on api.m to anon",
        anon(USERS, "materialized view api.m as owner"),
        "select email from api.m",
    ),
    "a materialized view, through an invoker view": Way(
        f"{BOTH} create materialized view hidden.m as table public.users;"
        " grant select on hidden.m to anon;"
        " create view api.v with (security_invoker) as table hidden.m;"
        " grant select on api.v to anon",
        anon(USERS, "view api.v -> materialized view hidden.m as owner"),
        "select email from api.v",
    ),
    "a materialized view of a held-back owner over a definer view": Way(
        f"{KEEPER_OF} create view hidden.v as table public.users;"
        f" grant select on hidden.v to {ROLE}; set local role {ROLE};"
        " create materialized view api.m as table hidden.v; grant select on api.m to anon;"
        " reset role",
        anon(USERS, f"materialized view api.m as {ROLE} -> view hidden.v as owner"),
        "select email from api.m",
    ),
    "a materialized view whose owner reads no more": Way(
        f"{KEEPER_OF} create view hidden.v as table public.users;"
        f" grant select on hidden.v to {ROLE}; set local role {ROLE};"
        " create materialized view api.m as table hidden.v; grant select on api.m to anon;"
        f" reset role; revoke select on hidden.v from {ROLE}",
        anon(USERS, f"materialized view api.m as {ROLE} -> view hidden.v as owner"),
        "select email from api.m",
    ),
    "a rule": Way(
        f"{TABLE} create rule r as on insert to api.t do instead"
        " update public.users set name = email",
        anon(USERS, "rule on api.t as owner"),
    ),
    "a parent": Way(
        f"{API} create table api.people (email text, name text);"
        " grant select on api.people to anon;"
        " alter table public.users inherit api.people",
        anon(USERS, "parent api.people"),
        "select email from api.people",
    ),
    "a partitioned parent": Way(
        f"{API} create table api.all_notes (x text) partition by list (x);"
        " create table public.notes (x text); grant select on api.all_notes to anon;"
        f" insert into public.notes values ('{SECRET}');"
        " alter table public.notes enable row level security;"
        " alter table api.all_notes attach partition public.notes default",
        anon("public.notes", "parent api.all_notes"),
        "select x from api.all_notes",
    ),
    "a view over a parent": Way(
        f"{BOTH} create table hidden.people (email text, name text);"
        " alter table public.users inherit hidden.people;"
        " create view api.v as table hidden.people; grant select on api.v to anon",
        anon(USERS, "view api.v as owner -> parent hidden.people"),
        "select email from api.v",
    ),
    "a view over the accounts": Way(
        f"{ACCOUNT} create view api.v as table auth.users; grant select on api.v to anon",
        anon("auth.users", "view api.v as owner"),
        "select email from api.v",
    ),
    "a materialized view over the accounts": Way(
        f"{ACCOUNT} create materialized view api.m as table auth.users;"
        " grant select on api.m to anon",
        anon("auth.users", "materialized view api.m as owner"),
        "select email from api.m",
    ),
    "the accounts": Way(
        f"{ACCOUNT} grant usage on schema auth to anon; grant select (email) on auth.users to anon;"
        " create policy p on auth.users using (true)",
        anon("auth.users", "select (email) granted to anon"),
        "select email from auth.users",
    ),
    "a definer function, by default": Way(
        f"{API} create function api.f(int) returns text {READS}",
        both("function api.f(integer)", f"execute granted to public, {DEFINER}"),
        "select api.f(1)",
    ),
    "a definer function that says nothing of ours": Way(
        f"{API} create function api.f() returns int language sql security definer return 1",
        both("function api.f()", f"execute granted to public, {DEFINER}"),
    ),
    "a definer function whose text is put together": Way(
        f"{API} create function api.f() returns text language plpgsql security definer as"
        " $$ declare x text; begin execute format('select max(email) from %I.%I', 'public',"
        " 'us' || 'ers') into x; return x; end $$",
        both("function api.f()", f"execute granted to public, {DEFINER}"),
        "select api.f()",
    ),
    "a member of an extension": Way(
        f"create function public.everybody() returns text {READS};"
        " alter extension plpgsql add function public.everybody()",
        both("function public.everybody()", f"execute granted to public, {DEFINER}"),
        "select public.everybody()",
    ),
    "a trigger elsewhere": Way(
        f"{TABLE} {HIDDEN} create function hidden.f() returns trigger language plpgsql"
        " security definer as"
        " $$ begin new.x := (select max(email) from public.users); return new; end $$;"
        " revoke execute on function hidden.f() from public;"
        " create trigger t before insert on api.t for each row execute function hidden.f()",
        anon("function hidden.f()", f"trigger of api.t, {DEFINER}"),
        "insert into api.t values ('') returning x",
    ),
    "a domain": Way(
        f"{UNSEEN} create domain hidden.d as text check (hidden.f() <> value);"
        " create table api.t (x hidden.d); grant insert on api.t to anon",
        anon("function hidden.f()", f"domain of api.t, {DEFINER}"),
    ),
    "a default": Way(
        f"{UNSEEN} create table api.t (x text default hidden.f());"
        " grant insert, select on api.t to anon",
        anon("function hidden.f()", f"default of api.t, {DEFINER}"),
        "insert into api.t default values returning x",
    ),
    "a policy": Way(
        f"{UNSEEN} {TABLE.removeprefix(API)} alter table api.t enable row level security;"
        " create policy p on api.t using (x = hidden.f());"
        f" insert into api.t values ('{SECRET}'), ('other')",
        anon("function hidden.f()", f"policy of api.t, {DEFINER}"),
        "select x from api.t",
    ),
    "a constraint": Way(
        f"{UNSEEN} {TABLE.removeprefix(API)} alter table api.t add check (x <> hidden.f())",
        anon("function hidden.f()", f"constraint of api.t, {DEFINER}"),
    ),
    "a view that calls": Way(
        f"{UNSEEN} create view api.v as select hidden.f(); grant select on api.v to anon",
        anon("function hidden.f()", f"view of api.v, {DEFINER}"),
        "select f from api.v",
    ),
    "a parsed body that calls": Way(
        f"{UNSEEN} create function api.g() returns text language sql return hidden.f()",
        both("function hidden.f()", f"function api.g(), {DEFINER}"),
        "select api.g()",
    ),
    "a parsed body that calls another": Way(
        f"{UNSEEN} create function hidden.g() returns text language sql return hidden.f();"
        " create function api.h() returns text language sql return hidden.g()",
        both("function hidden.f()", f"function api.h(), {DEFINER}"),
        "select api.h()",
    ),
    "a view over a parsed body that calls": Way(
        f"{UNSEEN} create function hidden.g() returns text language sql return hidden.f();"
        " create view api.v as select hidden.g(); grant select on api.v to anon",
        anon("function hidden.f()", f"view of api.v, {DEFINER}"),
        "select g from api.v",
    ),
    "a parsed body that reads": Way(
        f"{BOTH} create view hidden.v as table public.users; grant select on hidden.v to anon;"
        " create function api.g() returns setof hidden.v language sql"
        " begin atomic select * from hidden.v; end",
        anon(USERS, "function api.g() -> view hidden.v as owner"),
        "select email from api.g()",
    ),
    "an operator": Way(
        f"{SEEN_BY_NAME}"
        " create operator api.@@@ (leftarg = text, rightarg = text, function = hidden.f)",
        both("function hidden.f(text, text)", f"operator api.@@@(text,text), {DEFINER}"),
        "select 'a'::text operator(api.@@@) 'b'::text",
    ),
    "a view with an operator": Way(
        f"{SEEN_BY_NAME}"
        " create operator hidden.@@@ (leftarg = text, rightarg = text, function = hidden.f);"
        " create view api.v as select 'a'::text operator(hidden.@@@) 'b'::text as x;"
        " grant select on api.v to anon",
        anon("function hidden.f(text, text)", f"view of api.v, {DEFINER}"),
        "select x from api.v",
    ),
    "a cast": Way(
        f"{BOTH} create type api.t as (x text); create function hidden.f(api.t) returns text"
        f" {READS}; create cast (api.t as text) with function hidden.f(api.t)",
        both("function hidden.f(api.t)", f"cast of api.t to text, {DEFINER}"),
        "select row('')::api.t::text",
    ),
    "an aggregate": Way(
        f"{SEEN_BY_NAME} revoke execute on function hidden.f(text, text) from public;"
        " create aggregate api.a(text) (sfunc = hidden.f, stype = text)",
        both(
            "function api.a(text)",
            "execute granted to public, has a step that runs with other rights",
        ),
        "select api.a('')",
    ),
    "a role in a function's settings": Way(
        f"{API} create function api.f() returns text language sql set role = 'service_role'"
        " as 'select max(email)::text from public.users'",
        both("function api.f()", f"execute granted to public, {ELSEWHERE}"),
        "select api.f()",
    ),
    "a role in a function's body": Way(
        f"{API} create function api.f() returns text language plpgsql as $$ begin"
        " set local role service_role; return (select max(email) from public.users); end $$",
        both("function api.f()", f"execute granted to public, {ELSEWHERE}"),
        "select api.f()",
    ),
    "a role set by a function": Way(
        f"{API} create function api.f() returns text language plpgsql as $$ begin"
        " perform set_config('role', 'service_role', true);"
        " return (select max(email) from public.users); end $$",
        both("function api.f()", f"execute granted to public, {ELSEWHERE}"),
        "select api.f()",
    ),
    "a language that is not trusted": Way(
        f"{API} create language untrusted handler plpgsql_call_handler;"
        " create function api.f() returns int language untrusted as 'begin return 1; end'",
        both("function api.f()", "execute granted to public, runs with the server's own rights"),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_is_stated_with_its_path_and_is_real(
    connection: Connection, baseline: frozenset[Path], way: str
) -> None:
    connection.execute(WAYS[way].statement)
    assert reach(connection) - baseline == WAYS[way].paths
    if read := WAYS[way].read:
        connection.execute("set local role anon")
        assert connection.execute(read.encode()).fetchall() == [(SECRET,)]


def test_a_rule_writes_with_the_rights_of_its_table(connection: Connection) -> None:
    connection.execute(WAYS["a rule"].statement)
    connection.execute("set local role anon; insert into api.t values (''); reset role")
    assert connection.execute("select name from public.users").fetchall() == [(SECRET,)]


def test_a_role_of_power_is_stated_with_all_that_it_reads(
    connection: Connection, baseline: frozenset[Path]
) -> None:
    connection.execute("alter role anon inherit; grant pg_read_all_data to anon")
    new = reach(connection) - baseline
    assert ("anon", "role pg_read_all_data", "member of it") in new
    every = connection.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname in ('public', 'audit', 'arami_db')"
    ).fetchall()
    assert {("anon", table, "select granted to pg_read_all_data") for (table,) in every} <= new
    connection.execute("set local role anon; table arami_db.migration")


POWERS = {
    "service_role": "grant service_role to anon",
    "service_role, held back": "alter role service_role nobypassrls; grant service_role to anon",
    "authenticated": "grant authenticated to anon",
    "authenticator": "revoke anon from authenticator; grant authenticator to anon",
    "pg_write_all_data": f"{MIDDLE_OF} grant {MIDDLE} to anon; grant pg_write_all_data to {ROLE}",
    ROLE: f"create role {ROLE} createrole; grant {ROLE} to anon",
    f"{ROLE}, past row level security": f"create role {ROLE} bypassrls; grant {ROLE} to anon",
    f"{ROLE}, owner of a view": f"{MIDDLE_OF} grant {MIDDLE} to anon;"
    f" alter view public.user_dashboard owner to {ROLE}",
}


@pytest.mark.parametrize("power", POWERS, ids=lambda power: power.replace(SUFFIX, ""))
def test_a_role_of_power_that_anon_may_become_is_stated(
    connection: Connection, baseline: frozenset[Path], power: str
) -> None:
    connection.execute(POWERS[power])
    how = "may become it, through another" if MIDDLE in POWERS[power] else "member of it"
    assert ("anon", f"role {power.partition(',')[0]}", how) in reach(connection) - baseline


def test_who_owns_a_table_has_everything(connection: Connection, baseline: frozenset[Path]) -> None:
    connection.execute(
        f"create role {ROLE}; alter role anon inherit; grant {ROLE} to anon;"
        f" alter table public.users owner to {ROLE}"
    )
    new = reach(connection) - baseline
    assert ("anon", USERS, f"everything granted to {ROLE}") in new
    assert ("anon", f"role {ROLE}", "member of it") in new
    connection.execute("set local role anon")
    assert connection.execute("select email from public.users").fetchall() == [(SECRET,)]


def needs_extension(connection: Connection, name: str) -> None:
    found = connection.execute("select from pg_available_extensions where name = %s", [name])
    if not found.fetchall():
        missing(f"extension {name}")


@pytest.mark.parametrize(
    ("statement", "paths"),
    [
        ("create extension dblink schema api",
         both("extension dblink", "execute granted to public, connects elsewhere")),
        ("create extension dblink schema hidden; create view api.v as"
         " select * from hidden.dblink('', '') as x (x text); grant select on api.v to anon",
         anon("extension dblink", "view of api.v, connects elsewhere")),
        ("create extension dblink schema hidden; create function api.f() returns text"
         " language sql as $$select x from hidden.dblink('', '') as x (x text)$$",
         both("function api.f()", f"execute granted to public, {ELSEWHERE}")),
    ],
    ids=["in reach", "by a view", "by a function"],
)  # fmt: skip
def test_dblink_is_a_way(
    connection: Connection, baseline: frozenset[Path], statement: str, paths: frozenset[Path]
) -> None:
    needs_extension(connection, "dblink")
    connection.execute(f"{BOTH} {statement}")
    assert reach(connection) - baseline == paths


@pytest.mark.parametrize(
    ("statement", "paths"),
    [
        ("create foreign table api.people (email text) server loop;"
         " grant select on api.people to anon",
         anon("foreign table api.people", "on server loop")),
        ("create foreign table hidden.people (email text) server loop;"
         " create view api.v as table hidden.people; grant select on api.v to anon",
         anon("foreign table hidden.people", "view api.v as owner -> on server loop")),
        ("grant usage on foreign server loop to anon",
         anon("server loop", "usage granted to anon")),
        (f"{MIDDLE_OF} grant {MIDDLE} to anon; grant usage on foreign server loop to {ROLE}",
         anon("server loop", f"usage granted to {ROLE}")),
    ],
    ids=["table", "table behind a view", "server", "server through others"],
)  # fmt: skip
def test_a_foreign_server_is_a_way(
    connection: Connection, baseline: frozenset[Path], statement: str, paths: frozenset[Path]
) -> None:
    needs_extension(connection, "postgres_fdw")
    connection.execute(
        f"{BOTH} create extension postgres_fdw schema hidden;"
        f" create server loop foreign data wrapper postgres_fdw; {statement}"
    )
    assert reach(connection) - baseline == paths


# What is not a way, and who is refused there


class Wall(NamedTuple):
    """What opens nothing, and what an API role tries in vain."""

    statement: str
    attempts: tuple[str, ...] = ()
    role: str = "anon"


WALLS = {
    "reports kept for a role of its own": Wall(
        f"create role {ROLE}; create schema reports; grant usage on schema reports to {ROLE};"
        f" create view reports.v as table public.users; grant select on reports.v to {ROLE};"
        " create materialized view reports.m as table reports.v;"
        " create view reports.unreachable as table public.users;"
        " grant select on reports.unreachable to anon, authenticated;"
        f" create function reports.f() returns text {READS};"
        f" {API} create view api.kept as table reports.v",
        ("table reports.v", "table reports.m", "table reports.unreachable", "table api.kept",
         "select reports.f()"),
    ),
    "an owner whom row level security holds back": Wall(
        f"create role {ROLE}; grant authenticated to {ROLE}; {API}"
        " create view api.users as table public.users;"
        f" alter view api.users owner to {ROLE}; grant select on api.users to authenticated",
        ("select email from api.users",),
        "authenticated",
    ),
    "what an owner whom row level security holds back wrote down": Wall(
        f"{KEEPER_OF} grant authenticated to {ROLE}; set local role {ROLE};"
        " create materialized view api.m as table public.users;"
        " grant select on api.m to authenticated; reset role",
        ("select email from api.m",),
        "authenticated",
    ),
    "an owner who may not read": Wall(
        f"{API} create role {ROLE}; create view api.v as table public.users;"
        f" alter view api.v owner to {ROLE}; grant select on api.v to anon",
        ("table api.v",),
    ),
    "invoker views and functions over what is reached anyway": Wall(
        f"{API} create view api.v with (security_invoker) as table public.users;"
        " grant select on api.v to authenticated;"
        " create function api.f() returns setof public.users language sql"
        " begin atomic select * from public.users; end;"
        " create function api.g() returns setof public.users language sql"
        " as 'select * from public.users'",
        ("select email from api.v", "select email from api.f()", "select email from api.g()"),
        "authenticated",
    ),
    "an invoker view over the accounts": Wall(
        f"{API} create view api.v with (security_invoker) as table auth.users;"
        " grant select on api.v to authenticated; create view api.name as"
        " select 'auth.users'::regclass as name; grant select on api.name to authenticated",
        ("table api.v", "table auth.users"),
        "authenticated",
    ),
    "an invoker view for who may not read": Wall(
        f"{API} create view api.v with (security_invoker) as table public.users;"
        " grant select on api.v to anon",
        ("table api.v",),
    ),
    "a name of a relation": Wall(
        f"{API} create view api.v as select 'public.users'::regclass as name, 'users'::text as x;"
        " grant select on api.v to anon"
    ),
    "a definer function that a caller may not execute": Wall(
        f"{UNSEEN} revoke execute on function hidden.f() from public;"
        " create view api.v as select hidden.f(); grant select on api.v to anon;"
        " create function api.g() returns text language sql return hidden.f()",
        ("select hidden.f()", "table api.v", "select api.g()"),
    ),
    "a definer function that nothing within reach calls": Wall(
        f"{UNSEEN} create view hidden.v as select hidden.f()", ("select hidden.f()",)
    ),
    "our own trigger function on a table elsewhere": Wall(
        f"{TABLE} grant insert, select on api.t to anon; create trigger t after insert on api.t"
        " execute function audit.record_change()",
    ),
    "a trigger of a table that is only read": Wall(
        f"{API} create table api.t (x text); grant select on api.t to anon; create schema hidden;"
        " create function hidden.f() returns trigger language plpgsql security definer"
        " as 'begin return new; end';"
        " create trigger t after insert on api.t execute function hidden.f()",
        ("insert into api.t values ('')",),
    ),
    "membership in a plain role": Wall(f"{MIDDLE_OF} grant {MIDDLE} to anon"),
    "a setting that looks like a role": Wall(
        f"{API} create function api.f() returns int language sql set app.role = 'x' as 'select 1'"
    ),
    "an aggregate of plain steps": Wall(
        f"{API} create aggregate api.a(int) (sfunc = int4pl, stype = int, initcond = 0)"
    ),
    "temporary objects": Wall(
        "create temp table users (id int); create temp view w as table public.users;"
        " grant select on pg_temp.w, pg_temp.users to anon;"
        f" create function pg_temp.f() returns text {READS};"
        " create temp table child () inherits (public.users)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wall", WALLS)
def test_what_is_no_way_is_not_stated_and_nobody_gets_through(
    connection: Connection, baseline: frozenset[Path], wall: str
) -> None:
    connection.execute(WALLS[wall].statement)
    assert reach(connection) == baseline
    connection.execute(f"set local role {WALLS[wall].role}")
    for attempt in WALLS[wall].attempts:
        try:
            with connection.transaction(force_rollback=True):
                assert connection.execute(attempt.encode()).fetchall() == []
        except psycopg.errors.InsufficientPrivilege:
            continue


# What the platform keeps for itself

PLATFORM = """
    create schema auth;
    create function auth.uid() returns uuid language sql stable
    as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
    create table auth.users (id uuid primary key);
    grant usage on schema auth to anon, authenticated, service_role;
"""


@pytest.fixture(scope="module")
def platform(server: dict[str, str], template: str) -> Iterator[Connection]:
    """A database like Supabase's: schema auth is a superuser's, who migrated is none."""
    owner = f"owner_{SUFFIX}"
    with made(server) as conninfo, psycopg.connect(conninfo, autocommit=True) as superuser:
        name = sql.Identifier(superuser.info.dbname)
        superuser.execute(f"create role {owner} login createrole; create role supabase_{SUFFIX}")
        try:
            superuser.execute(PLATFORM)
            superuser.execute(sql.SQL("grant create on database {} to {}").format(
                name, sql.Identifier(owner)))  # fmt: skip
            superuser.execute(f"grant create, usage on schema public to {owner}")
            superuser.execute(f"grant usage on schema auth to {owner} with grant option")
            superuser.execute(f"grant all on auth.users to {owner}")
            run_cli("migrate", "--database", f"{conninfo} user={owner}")
            yield superuser
        finally:
            superuser.execute(f"drop owned by {owner}, supabase_{SUFFIX} cascade;"
                              f" drop role {owner}, supabase_{SUFFIX}")  # fmt: skip


@pytest.mark.parametrize(
    ("place", "owner", "stated"),
    [
        ("storage", "session_user", False),
        ("storage", f"supabase_{SUFFIX}", False),
        ("_realtime", "session_user", False),
        ("api", "session_user", True),
        ("api", f"supabase_{SUFFIX}", True),
        ("storage", f"owner_{SUFFIX}", True),
    ],
    ids=lambda value: str(value).replace(SUFFIX, ""),
)
def test_what_the_platform_keeps_for_itself_is_not_stated(
    platform: Connection, place: str, owner: str, stated: bool
) -> None:
    with platform.transaction(force_rollback=True):
        before = reach(platform)
        platform.execute(
            f"create schema {place}; grant usage on schema {place} to anon;"
            f" create function {place}.f() returns int language sql security definer return 1;"
            f" alter function {place}.f() owner to {owner};"
            f" create view {place}.v as table public.users; grant select on {place}.v to anon;"
            f" grant select on public.users to {owner}; alter view {place}.v owner to {owner}"
        )
        found = {name for _, name, _ in reach(platform) - before}
        assert f"function {place}.f()" in found if stated else not found


def test_the_platforms_accounts_are_stated_where_somebody_reaches_them(
    platform: Connection,
) -> None:
    assert not [name for _, name, _ in reach(platform) if name == "auth.users"]
    with platform.transaction(force_rollback=True):
        platform.execute(
            f"{API} create view api.v as table auth.users; grant select on api.v to authenticated;"
            " create view auth.kept as table auth.users; grant select on auth.kept to anon"
        )
        stated = {path for path in reach(platform) if path[1] == "auth.users"}
    [(role, _, path)] = stated
    assert (role, path.partition(" as ")[0]) == ("authenticated", "view api.v")
