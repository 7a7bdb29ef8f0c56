"""The first run into a database: beside whom it begins, and what is left where it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from arami_db.files import packaged_sql_dir

from .conftest import run_cli, run_json, scalar

Project = Callable[[dict[str, str]], Path]

FILES = {
    "migrations/001_one.sql": "create table one (id int); create table public.one_more (id int);",
    "migrations/002_two.sql": "create table public.two (id int);",
}


def execute(conninfo: str, text: str) -> None:
    """Run SQL that somebody else has run before."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(text.encode())


def test_a_database_that_is_somebody_elses_is_refused_and_its_tables_are_named(
    empty_database: str, project: Project
) -> None:
    execute(empty_database, 'create table orders (id int); create table "Odd ""name" (id int)')
    named = ("-d", empty_database, "--sql-dir", str(project(FILES)))
    for args in ((), ("--dry-run",)):
        error = run_json("migrate", *named, *args, expect=2)["error"]
        assert "public.orders" in error["message"]
        assert 'public."Odd ""name"' in error["message"]
        assert "--into-existing" in error["hint"]
        assert "baseline" in error["hint"]
    assert scalar(empty_database, "select to_regnamespace('arami_db')") is None
    assert len(run_json("migrate", *named, "--into-existing")["applied"]) == 2
    # From then on the ledger says whose it is.
    project({"migrations/003_three.sql": "create table public.three (id int);"})
    assert len(run_json("migrate", *named)["applied"]) == 1


def test_a_hundred_tables_of_somebody_else_are_counted(
    empty_database: str, project: Project
) -> None:
    execute(empty_database, "".join(f"create table t{n:03} (id int);" for n in range(100)))
    named = ("-d", empty_database, "--sql-dir", str(project(FILES)))
    message = run_json("migrate", *named, expect=2)["error"]["message"]
    assert message.endswith("public.t009 and 90 more")


HARMLESS = {
    "a table in another schema": "create schema app; create table app.t (id int);",
    "a view, a sequence and a type": "create view v as select 1 as a; create sequence s;"
    " create type y as (a int);",
    "a table of an extension": "create extension hstore; create table t (id int);"
    " alter extension hstore add table t;",
}


@pytest.mark.parametrize("there", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_is_no_table_of_somebody_else_is_in_nobodys_way(
    there: str, empty_database: str, project: Project
) -> None:
    execute(empty_database, there)
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(project(FILES)))


def test_tables_that_the_files_make_are_no_ones_elses_and_the_clash_is_told(
    empty_database: str, project: Project
) -> None:
    execute(empty_database, "create table one_more (id int)")
    error = run_json("migrate", "-d", empty_database, "--sql-dir", str(project(FILES)), expect=1)[
        "error"
    ]
    assert error["sqlstate"] == "42P07"


@pytest.mark.parametrize(
    "first",
    [
        "select 1 / 0;",
        "create table public.t (id int); select auth.nothing();",
        "set transaction isolation level serializable; select 1 / 0;",
        "-- arami: no-transaction\nvacuum public.nothing;",
    ],
)
def test_a_first_file_that_fails_leaves_no_platform_schema_behind(
    first: str, empty_database: str, project: Project
) -> None:
    stub = (packaged_sql_dir() / "auth_stub.sql").read_text(encoding="utf-8")
    root = project({"auth_stub.sql": stub, "migrations/001_a.sql": first})
    named = ("-d", empty_database, "--sql-dir", str(root))
    run = run_cli("migrate", *named, expect=1)
    assert "auth stub" not in run.stderr
    assert scalar(empty_database, "select to_regnamespace('auth')") is None
    project({"migrations/001_a.sql": "select auth.uid();"})
    assert "the auth stub was applied" in run_cli("migrate", *named).stderr
    assert scalar(empty_database, "select to_regnamespace('auth')") == "auth"


def test_statements_of_the_stub_are_named_as_its_own(empty_database: str, project: Project) -> None:
    stub = (packaged_sql_dir() / "auth_stub.sql").read_text(encoding="utf-8")
    root = project({"auth_stub.sql": stub, "migrations/001_a.sql": "select auth.uid();"})
    said = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), "--verbose").stderr
    line = stub[: stub.index("create schema auth")].count("\n") + 1
    assert f"auth_stub.sql:{line}:1  create schema auth" in said
    last = stub[: stub.rindex("\ncomment on schema auth") + 1].count("\n") + 1
    assert f"auth_stub.sql:{last}:1  comment on schema auth" in said
    assert "migrations/001_a.sql:1:1  select auth.uid()" in said
