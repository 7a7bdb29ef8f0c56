"""Migrating: order, ledger, views, what does not leak, what is read only, and what it costs."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from arami_db import __version__

from .conftest import LIMIT, clean_environment, rows, run_cli, run_json, scalar

pytestmark = pytest.mark.quick

Project = Callable[[dict[str, str]], Path]

TABLES = {
    "migrations/001_one.sql": "create table public.one (id int);\n",
    "migrations/002_two.sql": "create table public.two (id int);\n",
    "migrations/003_three.sql": "create table public.three (id int);\n",
}
VIEWS = {
    "views/001_first.sql": "create or replace view public.first as select id from public.one;\n",
    "views/002_second.sql": "create or replace view public.second as select id from public.two;\n",
}


def ledger(conninfo: str) -> list[tuple[str, int, str]]:
    """Kind, version and name of what is applied, in the order it was applied."""
    return rows(
        conninfo, "select kind, version, name from arami_db.migration order by applied_at, version"
    )


def applied_events(conninfo: str) -> list[tuple[str, int]]:
    """Every application, again if a file was applied again."""
    return rows(
        conninfo, "select kind, version from arami_db.event where event = 'applied' order by id"
    )


def migrate(conninfo: str, root: Path, *args: str, expect: int = 0) -> Any:
    """Run migrate with JSON output."""
    return run_json("migrate", "-d", conninfo, "--sql-dir", str(root), *args, expect=expect)


def numbers(result: Any) -> list[tuple[str, int]]:
    """Kind and version of what a run applied."""
    return [(file["kind"], file["version"]) for file in result["applied"]]


@contextmanager
def role(conninfo: str, attributes: str = "") -> Iterator[str]:
    """A role that is gone afterwards; yields its name."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"create role {name} login {attributes}")
    try:
        yield name
    finally:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(f"reassign owned by {name} to current_user")
            connection.execute(f"drop owned by {name} cascade")
            connection.execute(f"drop role {name}")


# --- plain runs ---------------------------------------------------------------------------------


def test_a_fresh_database_gets_the_whole_schema(empty_database: str) -> None:
    found = run_json("migrate", "-d", empty_database)
    kinds = [kind for kind, _ in numbers(found)]
    assert kinds == sorted(kinds)
    assert kinds.count("migration") >= 15
    assert found["in_place"] == 0
    entries = run_json("status", "-d", empty_database, "--check")["files"]
    assert {entry["state"] for entry in entries} == {"applied"}


def test_a_second_run_has_nothing_to_do(database: str) -> None:
    before = rows(
        database, "select kind, version, applied_at from arami_db.migration order by 1, 2"
    )
    events = applied_events(database)
    found = run_json("migrate", "-d", database)
    assert found["applied"] == []
    assert found["in_place"] == len(before)
    assert "nothing to do" in run_cli("migrate", "-d", database).stdout
    after = rows(database, "select kind, version, applied_at from arami_db.migration order by 1, 2")
    assert (after, applied_events(database)) == (before, events)


def test_files_run_in_the_order_of_their_numbers_and_views_last(
    empty_database: str, project: Project
) -> None:
    files = {f"migrations/{n}_t{n}.sql": f"create table t{n} ();" for n in range(1, 12)}
    root = project({**files, "views/2_b.sql": "select 1", "views/10_c.sql": "select 1"})
    found = migrate(empty_database, root)
    order = [("migration", n) for n in range(1, 12)] + [("view", 2), ("view", 10)]
    assert numbers(found) == order
    assert applied_events(empty_database) == order
    assert [(kind, version) for kind, version, _ in ledger(empty_database)] == order


def test_the_ledger_says_who_did_what_when_and_from_where(
    empty_database: str, project: Project
) -> None:
    root = project({**TABLES, **VIEWS})
    started = scalar(empty_database, "select clock_timestamp()")
    found = migrate(empty_database, root)
    recorded = rows(
        empty_database,
        """
        select kind, version, name, checksum, algorithm, origin, database_role, os_user, host,
            tool_version
        from arami_db.migration
        order by kind, version
        """,
    )
    assert recorded == [
        (
            file["kind"],
            file["version"],
            file["name"],
            file["checksum"],
            "sha256",
            "migrate",
            scalar(empty_database, "select session_user"),
            getpass.getuser(),
            socket.gethostname(),
            __version__,
        )
        for file in found["applied"]
    ]
    assert scalar(
        empty_database,
        "select bool_and(applied_at between %s and clock_timestamp() and duration > '0')"
        " from arami_db.migration",
        started,
    )


def test_data_goes_to_stdout_and_progress_to_stderr(empty_database: str, project: Project) -> None:
    root = project({**TABLES, **VIEWS})
    result = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert result.stdout.count("\n") == 1
    assert "3 migrations and 2 views" in result.stdout
    for name in (*TABLES, *VIEWS):
        assert f"applied  {name.removesuffix('.sql')} " in result.stderr
    assert "\x1b" not in result.stdout + result.stderr


def test_json_lists_what_was_applied(empty_database: str, project: Project) -> None:
    found = migrate(empty_database, project(TABLES))
    assert found["held_back"] == 0
    assert [file["statements"] for file in found["applied"]] == [1, 1, 1]
    assert found["applied"][0]["path"].endswith("migrations/001_one.sql")
    assert len(found["applied"][0]["checksum"]) == 64


# --- target and dry run -------------------------------------------------------------------------


def test_a_target_stops_there_and_lets_views_wait(empty_database: str, project: Project) -> None:
    root = project({**TABLES, **VIEWS})
    first = migrate(empty_database, root, "--target", "2")
    assert numbers(first) == [("migration", 1), ("migration", 2)]
    assert first["held_back"] == 3
    again = migrate(empty_database, root, "--target", "2")
    assert (again["applied"], again["held_back"]) == ([], 3)
    rest = migrate(empty_database, root, "--target", "3")
    assert numbers(rest) == [("migration", 3), ("view", 1), ("view", 2)]
    assert rest["held_back"] == 0


def test_an_unknown_target_is_a_usage_error(empty_database: str, project: Project) -> None:
    root = project(TABLES)
    found = migrate(empty_database, root, "--target", "9", expect=2)
    assert "no migration 9" in found["error"]["message"]
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None


def test_a_dry_run_prints_the_sql_and_touches_nothing(
    empty_database: str, project: Project
) -> None:
    root = project({**TABLES, **VIEWS})
    result = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), "--dry-run")
    positions = [result.stdout.index(text.strip()) for text in (TABLES | VIEWS).values()]
    assert positions == sorted(positions)
    assert "5 files would run" in result.stderr
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None
    assert scalar(empty_database, "select to_regclass('public.one')") is None


def test_what_a_dry_run_prints_is_a_script_that_builds_the_same(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table a (id int)",
            "migrations/002_b.sql": "create table b (id int) -- the last word",
            "migrations/003_c.sql": "create table c (id int);",
        }
    )
    script = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), "--dry-run").stdout
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(script.encode())
        found = connection.execute("select to_regclass('a'), to_regclass('b'), to_regclass('c')")
        assert found.fetchone() == ("a", "b", "c")


def test_a_dry_run_respects_the_target_and_refuses_what_a_run_would(
    empty_database: str, project: Project
) -> None:
    root = project({**TABLES, **VIEWS})
    found = migrate(empty_database, root, "--dry-run", "--target", "1")
    assert [file["version"] for file in found["pending"]] == [1]
    assert found["pending"][0]["sql"] == TABLES["migrations/001_one.sql"]
    project({"migrations/003_three.sql": "commit;"})
    assert migrate(empty_database, root, "--dry-run", expect=1)["error"]["type"] == "RefusedFile"


def test_a_dry_run_shows_the_auth_stub_where_it_would_be_applied(empty_database: str) -> None:
    fresh = run_json("migrate", "-d", empty_database, "--dry-run")["pending"]
    assert fresh[0]["kind"] == "stub"
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema auth")
        connection.execute("create function auth.uid() returns uuid return null::uuid")
    platform = run_json("migrate", "-d", empty_database, "--dry-run")["pending"]
    assert platform[0]["kind"] == "migration"


def test_an_auth_schema_without_uid_is_never_touched(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema auth")
    for args in (["--dry-run"], []):
        result = run_cli("migrate", "-d", empty_database, *args, expect=1)
        assert "auth.uid()" in result.stderr
    assert scalar(
        empty_database, "select count(*) from pg_class where relnamespace = 'auth'::regnamespace"
    ) == (0)
    assert scalar(empty_database, "select to_regclass('public.users')") is None


# --- disagreement -------------------------------------------------------------------------------


def test_a_late_file_is_refused_and_applied_when_allowed(
    empty_database: str, project: Project
) -> None:
    root = project(
        {"migrations/20240101_a.sql": "select 1", "migrations/20240301_c.sql": "select 1"}
    )
    migrate(empty_database, root)
    project({"migrations/20240201_b.sql": "create table late ()"})
    found = migrate(empty_database, root, expect=6)
    assert "20240201_b: out of order" in found["error"]["message"]
    assert "--allow-out-of-order" in found["error"]["hint"]
    assert scalar(empty_database, "select to_regclass('late')") is None
    done = migrate(empty_database, root, "--allow-out-of-order")
    assert numbers(done) == [("migration", 20240201)]


def test_a_changed_migration_stops_a_run(empty_database: str, project: Project) -> None:
    root = project(TABLES)
    migrate(empty_database, root, "--target", "2")
    project({"migrations/002_two.sql": "create table public.two (id bigint);\n"})
    found = migrate(empty_database, root, expect=6)
    assert "002_two: changed" in found["error"]["message"]
    assert "repair --accept 2" in found["error"]["hint"]
    assert scalar(empty_database, "select to_regclass('public.three')") is None


def test_new_line_ends_and_a_byte_order_mark_are_no_change(
    empty_database: str, project: Project
) -> None:
    root = project({**TABLES, **VIEWS})
    migrate(empty_database, root)
    for name, text in (TABLES | VIEWS).items():
        (root / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert migrate(empty_database, root)["applied"] == []


@pytest.mark.parametrize("version", [1, 2])
def test_a_missing_migration_stops_a_run(
    version: int, empty_database: str, project: Project
) -> None:
    root = project(TABLES)
    migrate(empty_database, root)
    next((root / "migrations").glob(f"{version:03}_*")).unlink()
    found = migrate(empty_database, root, expect=6)
    assert f"repair --forget {version}" in found["error"]["hint"]


def test_a_missing_view_stops_a_run(empty_database: str, project: Project) -> None:
    root = project({**TABLES, **VIEWS})
    migrate(empty_database, root)
    (root / "views/001_first.sql").unlink()
    found = migrate(empty_database, root, expect=6)
    assert "repair --forget views/1" in found["error"]["hint"]


def test_only_the_view_that_changed_is_applied_again(empty_database: str, project: Project) -> None:
    root = project({**TABLES, **VIEWS})
    migrate(empty_database, root)
    oid = scalar(empty_database, "select 'first'::regclass::oid")
    project({"views/002_second.sql": VIEWS["views/002_second.sql"] + "-- and more\n"})
    assert numbers(migrate(empty_database, root)) == [("view", 2)]
    assert scalar(empty_database, "select 'first'::regclass::oid") == oid
    assert applied_events(empty_database).count(("view", 1)) == 1
    assert applied_events(empty_database).count(("view", 2)) == 2


# --- directories --------------------------------------------------------------------------------


def test_a_directory_without_views_and_stub_will_do(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_one.sql": "create table one ()"})
    migrate(empty_database, root)
    assert scalar(empty_database, "select to_regnamespace('auth')") is None


def test_a_directory_without_migrations_is_nothing_to_do(
    empty_database: str, project: Callable[[dict[str, str]], Path]
) -> None:
    found = migrate(empty_database, project({"seeds/001_a.sql": "select 1"}))
    assert (found["applied"], found["in_place"]) == ([], 0)
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None


def test_a_directory_that_does_not_exist_is_a_usage_error(empty_database: str) -> None:
    found = migrate(empty_database, Path("/nowhere/at/all"), expect=2)
    assert "/nowhere/at/all: no such directory" in found["error"]["message"]


# --- what a file leaves behind ------------------------------------------------------------------

LEAKS = {
    "search_path": "set search_path = elsewhere; select 1",
    "role": "set role anon",
    "session authorization": "set session authorization anon",
    "set_config": "select set_config('search_path', 'elsewhere', false)",
    "a block": "do $$ begin perform set_config('search_path', 'elsewhere', false); end $$",
    "characteristics": "set session characteristics as transaction read only",
    "a function": "select public.wander()",
}


@pytest.mark.parametrize("sql", LEAKS.values(), ids=LEAKS.keys())
def test_settings_do_not_outlive_their_file(
    sql: str, empty_database: str, template: str, project: Project
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create schema elsewhere")
        connection.execute(
            "create function public.wander() returns text volatile language sql"
            " return set_config('search_path', 'elsewhere', false)"
        )
    root = project(
        {
            "migrations/001_leak.sql": sql,
            "migrations/002_probe.sql": "create table probe as select current_user::text as who,"
            " current_schemas(false)::text as path",
        }
    )
    migrate(empty_database, root)
    [(who, path)] = rows(empty_database, "select who, path from public.probe")
    assert (who, path) == (scalar(empty_database, "select current_user::text"), "{public}")


def test_settings_of_a_file_outside_a_transaction_do_not_outlive_it(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_leak.sql": "-- arami: no-transaction\ndo $$ begin perform"
            " set_config('search_path', 'pg_catalog', false); commit; end $$",
            "migrations/002_probe.sql": "create table probe ()",
        }
    )
    migrate(empty_database, root)
    assert scalar(empty_database, "select to_regclass('public.probe')") is not None


def test_temporary_tables_and_prepared_statements_do_not_outlive_their_file(
    empty_database: str, project: Project
) -> None:
    text = "create temporary table batch (id int); prepare one as select 1"
    root = project({"migrations/001_a.sql": text, "migrations/002_b.sql": text})
    assert len(migrate(empty_database, root)["applied"]) == 2


# --- what SQL may look like ---------------------------------------------------------------------


def test_bodies_placeholders_and_percent_signs_arrive_as_written(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_text.sql": """
create table notes (body text not null default '100% %s $1 %(x)s');
create function plus(integer, integer) returns integer language sql as 'select $1 + $2';
create function twice(a integer) returns integer
begin atomic
    select 1;
    select a % 3;
end;
create function say() returns text language plpgsql as $f$
begin
    return format('%s%%; $1; begin; commit;', 5);
end
$f$;
insert into notes default values;
insert into notes values ('漢字 😀 é \\n'), (e'tab\\there');
"""
        }
    )
    migrate(empty_database, root)
    found = rows(empty_database, "select body from notes order by ctid")
    assert found == [("100% %s $1 %(x)s",), ("漢字 😀 é \\n",), ("tab\there",)]
    assert rows(empty_database, "select plus(1, 2), twice(5), say()") == [
        (3, 2, "5%; $1; begin; commit;")
    ]


def test_notices_and_warnings_of_a_file_are_shown(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_speak.sql": "do $$ begin raise notice 'hear me'; raise warning"
            " 'and me'; end $$",
        }
    )
    result = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert "NOTICE: hear me" in result.stderr
    assert "WARNING: and me" in result.stderr
    assert "hear me" not in result.stdout


def test_a_file_of_hundreds_of_statements_is_one_transaction(
    empty_database: str, project: Project
) -> None:
    inserts = "".join(f"insert into many values ({n}, txid_current());\n" for n in range(900))
    root = project({"migrations/001_many.sql": f"create table many (n int, x bigint);\n{inserts}"})
    found = migrate(empty_database, root)
    assert found["applied"][0]["statements"] == 901
    assert rows(empty_database, "select count(*), count(distinct x) from many") == [(900, 1)]


def test_a_statement_of_five_megabytes_is_applied(empty_database: str, project: Project) -> None:
    text = "é漢" * 1_000_000
    root = project({"migrations/001_big.sql": f"create table big as select '{text}' as body;"})
    assert (root / "migrations/001_big.sql").stat().st_size > 5_000_000
    migrate(empty_database, root)
    assert scalar(empty_database, "select length(body) from big") == 2_000_000


def test_five_megabytes_of_small_statements_are_applied(
    empty_database: str, project: Project
) -> None:
    line = "insert into big values ('é漢 " + "x" * 480 + "');\n"
    root = project({"migrations/001_big.sql": "create table big (b text);\n" + line * 10_000})
    assert (root / "migrations/001_big.sql").stat().st_size > 5_000_000
    migrate(empty_database, root)
    assert scalar(empty_database, "select count(*) from big") == 10_000


def test_names_in_any_script_are_applied(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_日本 [b]é.sql": 'create table "日本 é" ("ñ" int);'})
    found = migrate(empty_database, root)
    assert found["applied"][0]["name"] == "日本 [b]é"
    assert scalar(empty_database, "select count(*) from pg_class where relname = '日本 é'") == 1


# --- roles --------------------------------------------------------------------------------------


def test_the_owner_of_a_database_migrates_without_being_superuser(server: dict[str, str]) -> None:
    admin = make_conninfo("", **server)
    run_cli("migrate", "-d", admin, "--dry-run")  # the server is there
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"create role {name} login createdb nosuperuser nobypassrls")
        connection.execute(f"create database {name} owner {name}")
        for api_role in ("anon", "authenticated", "service_role", "authenticator"):
            with suppress(psycopg.errors.DuplicateObject):
                connection.execute(f"create role {api_role}")
    try:
        owner = make_conninfo("", **{**server, "dbname": name, "user": name})
        found = run_json("migrate", "-d", owner)
        assert len(found["applied"]) >= 15
        assert run_json("migrate", "-d", owner)["applied"] == []
        assert scalar(owner, "select distinct database_role from arami_db.migration") == name
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")
            connection.execute(f"drop role {name}")


def test_who_may_only_read_may_ask_for_status_and_a_dry_run(
    empty_database: str, project: Project
) -> None:
    root = project({**TABLES, **VIEWS})
    with role(empty_database, "in role pg_read_all_data") as name:
        reader = make_conninfo(empty_database, user=name)
        for _ in range(2):
            states = run_json("status", "-d", reader, "--sql-dir", str(root))["counts"]
            pending = migrate(reader, root, "--dry-run")["pending"]
            assert len(pending) == states.get("pending", 0)
            migrate(empty_database, root, "--target", "2")
        refused = migrate(reader, root, expect=1)
        assert "Traceback" not in str(refused)


def test_who_may_not_read_the_ledger_is_told_what_to_grant(database: str) -> None:
    with role(database) as name:
        found = run_json("status", "-d", make_conninfo(database, user=name), expect=1)
    assert "may not read the ledger" in found["error"]["message"]
    assert "grant usage on schema arami_db" in found["error"]["hint"]


def test_who_may_not_create_the_ledger_is_told_what_is_missing(
    empty_database: str, project: Project
) -> None:
    with role(empty_database) as name:
        found = migrate(make_conninfo(empty_database, user=name), project(TABLES), expect=1)
    assert f"{name} lacks rights that the files need" in found["error"]["message"]
    assert "grant create on database" in found["error"]["block"]
    assert found["error"]["hint"]


def test_a_read_only_database_is_told_in_words(database: str, project: Project) -> None:
    name = conninfo_to_dict(database)["dbname"]
    root = project(TABLES)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("delete from arami_db.migration")
        connection.execute(f"alter database {name} set default_transaction_read_only = on")
    found = migrate(database, root, "--into-existing", expect=1)
    assert "read-only" in found["error"]["message"]
    assert found["error"]["hint"]


# --- what a run with nothing to do costs --------------------------------------------------------


def test_nothing_pending_loads_neither_parser_nor_rich(database: str) -> None:
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "arami_db", "migrate", "-d", database],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in process.stderr.splitlines()}
    assert "nothing to do" in process.stdout
    assert "psycopg" in loaded
    heavy = {name.split(".")[0] for name in loaded} & {"postgast", "rich", "google", "asyncio"}
    assert heavy <= {"asyncio"}  # psycopg's own
    assert not any(name.startswith("arami_db.embedded") for name in loaded)


class Proxy:
    """Between a client and the server: counts how often the client speaks and then waits."""

    def __init__(self, conninfo: str, folder: Path) -> None:
        """Listen on a socket of PostgreSQL's name in the folder."""
        parameters = conninfo_to_dict(conninfo)
        self.conninfo = make_conninfo(conninfo, host=str(folder))
        self.turns = 0
        self.connections = 0
        self._target = f"{parameters['host']}/.s.PGSQL.{parameters.get('port', 5432)}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / f".s.PGSQL.{parameters.get('port', 5432)}"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(self._target)
                speaking = [False]
                for source, sink, is_client in (
                    (client, upstream, True),
                    (upstream, client, False),
                ):
                    threading.Thread(
                        target=self._pump, args=(source, sink, is_client, speaking), daemon=True
                    ).start()

    def _pump(
        self, source: socket.socket, sink: socket.socket, is_client: bool, speaking: list[bool]
    ) -> None:
        with suppress(OSError), source, sink:
            while data := source.recv(65536):
                if is_client and not speaking[0] and data[:1] not in {b"\0", b"X"}:
                    self.turns += 1
                speaking[0] = is_client
                sink.sendall(data)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    folder = Path(f"/tmp/p{uuid.uuid4().hex[:8]}")  # noqa: S108
    folder.mkdir(mode=0o711)
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@pytest.mark.skipif(os.name != "posix", reason="needs Unix sockets")
def test_nothing_pending_costs_one_connection_and_few_round_trips(
    database: str, short_folder: Path
) -> None:
    if not str(conninfo_to_dict(database)["host"]).startswith("/"):
        pytest.skip("needs a server on a Unix socket")
    proxy = Proxy(database, short_folder)
    try:
        found = run_json("migrate", "-d", proxy.conninfo)
    finally:
        proxy.close()
    assert found["applied"] == []
    assert proxy.connections == 1
    assert 1 <= proxy.turns <= 3
