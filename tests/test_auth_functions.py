"""Check 030: every text that Supabase or the stub shipped is known, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from arami_db.files import discover, packaged_sql_dir
from tests.conftest import made

Connection = psycopg.Connection[Any]
[CHECK] = [c for c in discover(packaged_sql_dir()).checks if "auth_functions" in c.path.stem]
RESULTS = {"uid": "uuid", "role": "text", "email": "text", "jwt": "jsonb"}


@pytest.fixture(scope="module")
def shared(server: dict[str, str], template: str) -> Iterator[Connection]:
    """One clone for the module; what a test does there it rolls back."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        yield opened


@pytest.fixture
def connection(shared: Connection) -> Iterator[Connection]:
    with shared.transaction(force_rollback=True):
        yield shared


def found(connection: Connection) -> list[tuple[str, ...]]:
    """What the check returns: severity, object, finding, remedy, expected, actual."""
    connection.execute("set local search_path = pg_catalog, pg_temp")
    return connection.execute(CHECK.text).fetchall()


def define(name: str, body: str, options: str = "") -> str:
    """A definition as Supabase writes it, with nothing set."""
    return (
        f"create or replace function auth.{name}() returns {RESULTS[name]} language sql stable"
        f" {options} as $body${body}$body$"
    )


def setting(name: str) -> str:
    return f"current_setting('request.jwt.claim{name}', true)"


def legacy(claim: str) -> str:
    """As it was while PostgREST fed one setting a claim."""
    return f"\n  select nullif({setting(f'.{claim}')}, '')::{TYPES[claim]};\n"


def raising(claim: str) -> str:
    """As it was in 2021, when an empty string was an error."""
    return (
        f"\n  select \n  coalesce(\n    {setting(f'.{claim}')},\n"
        f"    ({setting('s')}::jsonb ->> '{claim}')\n  )::{TYPES[claim]}\n"
    )


def current(claim: str) -> str:
    return (
        f"\n  select \n  coalesce(\n    nullif({setting(f'.{claim}')}, ''),\n"
        f"    (nullif({setting('s')}, '')::jsonb ->> '{claim}')\n  )::{TYPES[claim]}\n"
    )


TYPES = {"sub": "uuid", "role": "text", "email": "text"}
CLAIMS = {"uid": "sub", "role": "role", "email": "email"}
JWT = f"select coalesce(nullif({setting('')}, ''), nullif({setting('s')}, ''))::jsonb"
OF_2021 = f"select nullif(coalesce({setting('.sub')}, ({setting('s')}::jsonb ->> 'sub')), '')::uuid"
SHIPPED = [
    *((name, text(claim)) for name, claim in CLAIMS.items() for text in (legacy, raising, current)),
    ("uid", OF_2021),
    ("jwt", JWT),
    ("jwt", f"{JWT};"),
]


@pytest.mark.parametrize("options", ["", "set search_path to ''"])
@pytest.mark.parametrize(("name", "body"), SHIPPED)
def test_what_supabase_shipped_is_known(
    connection: Connection, name: str, body: str, options: str
) -> None:
    connection.execute("alter schema auth owner to pg_monitor")
    connection.execute(define(name, body, options))
    assert found(connection) == []


KNOWN = current("sub").strip()
CLAIM = KNOWN.removeprefix("select").removesuffix("::uuid")
BACKDOOR = "select nullif(current_setting('app.user_id', true), '')::uuid"


@pytest.mark.parametrize(
    "body",
    [
        KNOWN.replace("select", "select/* all */\t").replace(",", "  ,-- or '\r\n"),
        "".join(KNOWN.split("\n")).replace(" ", "").replace("select", "select\f"),
        f"-- the user's id\n/* a ** comment / of '*/{KNOWN} ; -- done",
    ],
)
def test_whitespace_and_comments_do_not_matter(connection: Connection, body: str) -> None:
    connection.execute(define("uid", body))
    assert found(connection) == []


HEADER = "nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-debug-user'"
METADATA = f"{setting('s')}::jsonb #>> '{{user_metadata,impersonate}}'"
UNKNOWN = [
    # A way in beside the claim.
    *(f"select coalesce({way}, {CLAIM})::uuid" for way in (HEADER, METADATA)),
    f"select coalesce(nullif(current_setting('app.user_id', true), ''), {CLAIM})::uuid",
    f"select coalesce({CLAIM}, nullif(current_setting('app.user_id', true), ''))::uuid",
    f"select coalesce({CLAIM}, {HEADER})::uuid",
    # A literal is compared as it is.
    KNOWN.replace("'sub'", "'Sub'"),
    KNOWN.replace(".sub'", ". sub'"),
    KNOWN.replace("''", "' '"),
    KNOWN.replace("->>", "->> /* '' */ 'user_metadata' ->>"),
    KNOWN.replace("sub'", "sub/**/'"),
    KNOWN.replace("sub'", "sub--'\n'"),
    # A known text that is not what is run.
    f"{BACKDOOR}; {KNOWN}",
    f"{KNOWN}; {BACKDOOR}",
    f"/* /* */ {KNOWN} -- */ {BACKDOOR}",
    f"/*- /* */ {KNOWN} -- */ {BACKDOOR}",
    f"/*/ /* */ {KNOWN} -- */ */ {BACKDOOR}",
    f"{KNOWN} -- \r union all {BACKDOOR} limit 1",
    f"{KNOWN} /**/ union all {BACKDOOR} /**/",
    f"-- $$\n{BACKDOOR} -- {KNOWN}",
    # What looks like a space is part of a name.
    KNOWN.replace("setting(", "setting\u2003("),
    KNOWN.replace("setting(", "setting\u00a0("),
    KNOWN.replace("current_setting", '"current_setting "'),
    KNOWN.replace("current_setting", "auth.current_setting"),
    KNOWN.replace("::uuid", "::public.uuid"),
]


@pytest.mark.parametrize("body", UNKNOWN)
def test_any_other_text_is_a_finding(connection: Connection, body: str) -> None:
    connection.execute("set local check_function_bodies = off")
    connection.execute(define("uid", body))
    [(severity, name, _, remedy, expected, actual)] = found(connection)
    assert (severity, name) == ("security", "auth.uid()")
    assert body in actual
    assert expected == remedy
    connection.execute(remedy.encode())
    assert found(connection) == []


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize(
    "change",
    [
        "security definer",
        "set role = postgres",
        "set request.jwt.claims = '{}'",
        "set search_path = ''",  # under it, types are looked for in pg_temp first
        "set search_path = public, pg_catalog",
        "set app.user_id = 'x'",
    ],
)
def test_any_other_property_is_a_finding(connection: Connection, name: str, change: str) -> None:
    connection.execute(f"alter function auth.{name}() {change}")
    [(severity, object_name, _, remedy, _, _)] = found(connection)
    assert (severity, object_name) == ("security", f"auth.{name}()")
    connection.execute(remedy.encode())
    assert found(connection) == []


@pytest.mark.parametrize(
    "definition",
    [
        define("jwt", JWT).replace("language sql", "language plpgsql").replace("select", "begin"),
        define("jwt", "").replace("as $body$$body$", f"begin atomic {JWT}; end"),
        define("role", current("role")).replace("stable", "volatile"),
        define("email", current("email")).replace("stable", "immutable"),
    ],
)
def test_any_other_kind_of_definition_is_a_finding(connection: Connection, definition: str) -> None:
    connection.execute("set local check_function_bodies = off")
    connection.execute(definition)
    assert len(found(connection)) == 1


@pytest.mark.parametrize(
    "definition",
    [
        "create function auth.uid(a text default null) returns text language sql return a",
        "create function auth.role(variadic text[]) returns text language sql return 'x'",
        "create procedure auth.email(a text) language sql as ''",
        "create aggregate auth.jwt(text) (sfunc = textcat, stype = text)",
    ],
)
def test_an_overload_is_a_finding(connection: Connection, definition: str) -> None:
    connection.execute(definition)
    [(_, name, _, remedy, expected, actual)] = found(connection)
    assert remedy == f"drop routine {name}"
    assert expected is None
    assert actual
    connection.execute(remedy.encode())
    assert found(connection) == []


def test_another_result_has_no_remedy(connection: Connection) -> None:
    connection.execute("drop function auth.jwt()")
    connection.execute("create function auth.jwt() returns json language sql return '{}'::json")
    [(_, _, _, remedy, expected, actual)] = found(connection)
    assert remedy is None
    assert "returns jsonb" in expected
    assert "RETURNS json\n" in actual


def test_what_the_platform_owns_has_no_remedy(connection: Connection) -> None:
    """It is told to restore it, and shown what Supabase ships today."""
    connection.execute("alter schema auth owner to pg_monitor")
    connection.execute(define("uid", BACKDOOR))
    [(_, _, finding, remedy, expected, _)] = found(connection)
    assert "as the platform ships it" in finding
    assert remedy is None
    connection.execute(expected.encode())
    assert found(connection) == []
    assert "search_path" not in expected


def test_a_temporary_type_of_the_caller_runs_nothing_as_the_owner(connection: Connection) -> None:
    """In a SECURITY DEFINER function, as audit.record_change() is one that calls auth.uid()."""
    connection.execute("create function public.me() returns uuid language sql security definer"
                       " set search_path = pg_catalog, pg_temp as 'select auth.uid()'")  # fmt: skip
    for name in ("uuid", "jsonb", "text"):
        connection.execute(
            f"create function pg_temp.seen(pg_catalog.{name}) returns boolean language sql as"
            " $$ select set_config('test.seen', current_user, true) is not null $$;"
            f"create domain pg_temp.{name} as pg_catalog.{name} check (pg_temp.seen(value))"
        )
    connection.execute("set local role authenticated")
    connection.execute("""set local request.jwt.claims = '{"sub": null}'""")
    connection.execute("select public.me()")
    seen = connection.execute("select current_setting('test.seen', true)").fetchone()
    assert seen in {("",), (None,)}


def test_a_search_path_of_the_caller_decides_nothing(connection: Connection) -> None:
    """Names that come before pg_catalog's: a function, an operator, types."""
    connection.execute(
        """create schema mine;
        create function mine.current_setting(text, boolean) returns text language sql
        return 'c0000000-0000-4000-8000-00000000000c';
        create function mine.claim(jsonb, text) returns text language sql
        return 'c0000000-0000-4000-8000-00000000000c';
        create operator mine.->> (leftarg = jsonb, rightarg = text, function = mine.claim);
        create domain mine.uuid as pg_catalog.uuid check (false);
        create domain mine.jsonb as pg_catalog.jsonb check (false);
        set local search_path = mine, pg_catalog"""
    )
    said = {"sub": "a0000000-0000-4000-8000-00000000000a", "role": "r", "email": "e"}
    connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(said)])
    for name, claim in CLAIMS.items():
        [[answer]] = connection.execute(f"select auth.{name}()::text").fetchall()
        assert answer == said[claim]
    [[claims]] = connection.execute("select auth.jwt()::text").fetchall()
    assert json.loads(claims) == said
