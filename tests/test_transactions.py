"""A file's transaction: what it defers, its isolation, what it says, what its failure advises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from .conftest import LIMIT, end, rows, run_cli, run_json, scalar, start_cli
from .test_concurrency import migrate
from .test_failures import working_pid

Project = Callable[[dict[str, str]], Path]

# --- what a file defers, and how it runs ---------------------------------------------------------

DEFERRED = """\
create schema app;
create table app.log (x int, who text);
create table app.t (id int);
grant usage on schema app to anon;
grant insert, select on all tables in schema app to anon;
create function app.f() returns trigger language plpgsql as
$$begin insert into log values (new.id, current_user); return null; end$$;
create constraint trigger g after insert on app.t deferrable initially deferred
for each row execute function app.f();
"""
HOW = {
    "search_path": "set local search_path = app;\ninsert into t values (1);",
    "role": "set search_path = app; set local role anon;\ninsert into t values (1);",
    "authorization": "set search_path = app; set session authorization anon;\n"
    "insert into t values (1);",
    "a temporary table": "set local search_path = app;\n"
    "create temporary table late (id int);\n"
    "create constraint trigger g after insert on late deferrable initially deferred"
    " for each row execute function f();\ninsert into late values (1);",
}


@pytest.mark.parametrize("text", HOW.values(), ids=HOW.keys())
@pytest.mark.parametrize("kind", ["migration", "view", "rebuilt view", "seed", "stub"])
def test_what_a_file_defers_is_done_as_in_a_plain_transaction(
    kind: str, text: str, empty_database: str, template: str, project: Project
) -> None:
    root = project({"migrations/001_deferred.sql": DEFERRED})
    migrate(empty_database, root)
    with psycopg.connect(empty_database) as plain:
        plain.execute(text.encode())
    arguments = ("-d", empty_database, "--sql-dir", str(root))
    if kind == "rebuilt view":
        view = "create or replace view public.v as select {} as one;\n"
        project({"views/001_v.sql": view.format("1")})
        run_cli("migrate", *arguments)
        project({"views/001_v.sql": view.format("'x'::text") + text})
    elif kind == "stub":
        project({"auth_stub.sql": text, "migrations/002_next.sql": "select 1;"})
    else:
        project({f"{kind}s/002_it.sql": text})
    command = ("seed", "--yes") if kind == "seed" else ("migrate",)
    run_cli(*command, *arguments)
    plainly, by_us = rows(empty_database, "select * from app.log")
    assert by_us == plainly


def test_what_fails_when_it_was_deferred_is_blamed_on_its_file(
    empty_database: str, project: Project
) -> None:
    broken = "create or replace function app.f() returns trigger language plpgsql as"
    broken += " $$begin perform 1 / (new.id - 1); return null; end$$;"
    root = project({"migrations/001_deferred.sql": DEFERRED.replace("to anon", "to public")})
    migrate(empty_database, root)
    project(
        {
            "migrations/002_late.sql": f"{broken}\nset local search_path = app;\n"
            "insert into t values (1);\n",
            "migrations/003_next.sql": "create table next_one ();",
        }
    )
    arguments = ("-d", empty_database, "--sql-dir", str(root))
    error = run_json("migrate", *arguments, expect=1)["error"]
    assert "002_late.sql:3:" in error["message"]
    assert "division by zero" in error["message"]
    assert "function f() line 1" in error["context"]
    assert (error["sqlstate"], error["statement"]) == ("22012", "commit")
    assert scalar(empty_database, "select max(version) from arami_db.migration") == 1
    view = "create or replace view public.v as select {} as one;\n"
    project({"migrations/002_late.sql": broken, "views/001_v.sql": view.format("1")})
    run_cli("migrate", *arguments)
    project({"views/001_v.sql": view.format("'x'::text") + "insert into app.t values (1);"})
    error = run_json("migrate", *arguments, expect=1)["error"]
    assert "001_v.sql:2:" in error["message"]
    assert (error["sqlstate"], error["statement"]) == ("22012", "commit")
    assert scalar(empty_database, "select one from v") == 1


LEVELS = {
    "a level": ("set transaction isolation level serializable;", "serializable"),
    "after other settings": (
        "set local search_path = public;\nset role anon; reset role;\n"
        "set transaction isolation level repeatable read, read write, not deferrable;",
        "repeatable read",
    ),
    "as a setting": ("set local transaction_isolation = 'serializable';", "serializable"),
    "in two": (
        "set transaction isolation level serializable;\nset transaction deferrable;",
        "serializable",
    ),
    "for later ones": (
        "set session characteristics as transaction isolation level serializable;",
        "read committed",
    ),
}


@pytest.mark.parametrize(("text", "level"), LEVELS.values(), ids=LEVELS.keys())
def test_a_file_may_choose_its_isolation(
    text: str, level: str, empty_database: str, template: str, project: Project
) -> None:
    probe = "create table {} as select current_setting('transaction_isolation') as level;"
    root = project(
        {
            "migrations/001_it.sql": f"{text}\n{probe.format('public.one')}",
            "migrations/002_next.sql": probe.format("public.two"),
        }
    )
    migrate(empty_database, root)
    assert scalar(empty_database, "select level from one") == level
    assert scalar(empty_database, "select level from two") == "read committed"


def test_a_serialization_failure_is_tried_again(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "create table a as select 1 as n;"})
    migrate(empty_database, root)
    project(
        {
            "migrations/002_b.sql": "set transaction isolation level repeatable read;\n"
            "select count(*) from a;\nselect pg_advisory_xact_lock(7);\nupdate a set n = n + 1;"
        }
    )
    with psycopg.connect(empty_database, autocommit=True) as other:
        other.execute("select pg_advisory_lock(7)")
        process = start_cli(
            "migrate", "-d", empty_database, "--sql-dir", str(root), "--lock-timeout", "0"
        )
        working_pid(empty_database, "pg_advisory_xact_lock(7)")
        other.execute("update a set n = 10")
        other.execute("select pg_advisory_unlock(7)")
    assert "could not serialize access" in end(process).stderr
    assert scalar(empty_database, "select n from a") == 11


INSIDE = {
    "a level in a function": (
        "select set_config('transaction_isolation', 'serializable', true);",
        "at the top of the file",
    ),
    "a level in a block": (
        "do $$ begin set transaction isolation level serializable; end $$;",
        "at the top of the file",
    ),
    "vacuum in a block": ("do $$ begin execute 'vacuum'; end $$;", "not in a function or block"),
}


@pytest.mark.parametrize(("text", "hint"), INSIDE.values(), ids=INSIDE.keys())
def test_what_only_the_server_sees_gets_a_hint_that_leads_somewhere(
    text: str, hint: str, empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_it.sql": "select 1;\n" + text})
    found = run_json("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)["error"]
    assert found["sqlstate"] == "25001"
    assert hint in found["hint"]


CLASHES = {
    "table": "create table t ();",
    "schema": "create schema s;",
    "type": "create type e as enum ('a');",
    "function": "create function f() returns int language sql as 'select 1';",
    "column": "alter table t add column c int;",
    "policy": "create policy p on t using (true);",
    "index": "create index i on t (c);",
    "extension": "create extension plpgsql;",
}


@pytest.mark.parametrize("text", CLASHES.values(), ids=CLASHES.keys())
def test_a_clash_names_baseline(text: str, empty_database: str, project: Project) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for statement in list(CLASHES.values())[:-1]:
            connection.execute(statement.encode())
    root = project({"migrations/001_it.sql": text})
    arguments = ("-d", empty_database, "--sql-dir", str(root), "--format", "json")
    stdout, _ = start_cli("migrate", *arguments).communicate(timeout=LIMIT)
    assert "arami-db baseline" in json.loads(stdout)["error"]["hint"]


def test_detail_and_hint_of_a_notice_are_shown_and_what_was_skipped_is_not(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_speak.sql": """
do $$ begin
    raise notice 'hear me' using detail = 'in detail', hint = 'try harder', errcode = '42P07';
    raise notice 'it does not exist, skipping';
end $$;
create table t (); create view v1 as table t; create view v2 as table t;
drop table t cascade;
drop table if exists absent; drop index if exists absent; drop function if exists absent(int);
drop schema if exists absent; drop type if exists absent; drop role if exists absent;
drop policy if exists absent on absent; drop view if exists absent;
create table u (a int);
create table if not exists u ();
alter table u add column if not exists a int, drop column if exists z;
alter table if exists absent add column a int;
alter table u drop constraint if exists absent;
create schema if not exists public;
"""
        }
    )
    told = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root)).stderr
    assert "NOTICE: hear me\n  detail: in detail\n  hint: try harder\n" in told
    assert "NOTICE: drop cascades to 2 other objects\n  detail: drop cascades to view v1\n" in told
    assert "NOTICE: it does not exist, skipping" in told
    assert told.count("NOTICE") == 3, told


def test_a_transaction_timeout_names_the_way_out(empty_database: str, project: Project) -> None:
    version = int(scalar(empty_database, "select current_setting('server_version_num')"))
    if version < 170000:
        pytest.skip("new in Postgres 17")
    name = conninfo_to_dict(empty_database)["dbname"]
    root = project({"migrations/001_a.sql": "create table a ();"})
    migrate(empty_database, root)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"alter database {name} set transaction_timeout = '2s'")
    project({"migrations/002_slow.sql": "select pg_sleep(60);"})
    arguments = ("-d", empty_database, "--sql-dir", str(root))
    error = run_json("migrate", *arguments, expect=7)["error"]
    assert "transaction timeout" in error["message"]
    assert "set local transaction_timeout = 0" in error["hint"]
    project(
        {"migrations/002_slow.sql": "set local transaction_timeout = 0;\nselect pg_sleep(2.5);"}
    )
    migrate(empty_database, root)
