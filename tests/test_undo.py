"""`new --undo`: the file that takes a migration back is tried, and after it nothing remains."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from arami_db import ledger
from arami_db.drift.comparing import drift
from arami_db.facts import Fact
from arami_db.files import SqlTree, packaged_sql_dir
from arami_db.files.definitions.making import Stated
from arami_db.files.script import load, load_all
from arami_db.files.sqlfile import SqlFile
from arami_db.shadow import apply, nobodys, stub_for
from arami_db.undo.mending import mend
from arami_db.undo.renaming import names_back
from arami_db.undo.sides import facts_of
from arami_db.undo.trying import FromFiles
from tests.conftest import Run, eventually, made, rows, run_cli, scalar, start_cli
from tests.undoing import BASE, TAKEN_BACK

Connection = psycopg.Connection[Any]
TREE = SqlTree(packaged_sql_dir())
# As the stub makes them: the server is shared with tests that need them so.
API = {"anon": "noinherit", "authenticated": "noinherit", "service_role": "noinherit bypassrls"}


@pytest.fixture(scope="module")
def base(server: dict[str, str]) -> Iterator[Connection]:
    """A database with the schema that migrations are for: what a test changes, it rolls back."""
    with made(server) as found, psycopg.connect(found, autocommit=True) as opened:
        roles = {name for (name,) in opened.execute("select rolname from pg_roles")}
        for role, attributes in API.items():
            if role not in roles:
                opened.execute(f"create role {role} {attributes}".encode())
        ledger.create(opened)
        opened.execute(BASE.encode())
        yield opened


def ask(connection: Connection) -> frozenset[Fact]:
    """All facts of it."""
    return facts_of(connection, TREE)


@pytest.fixture(scope="module")
def before(base: Connection) -> frozenset[Fact]:
    """The facts that are to hold again."""
    return ask(base)


@pytest.fixture(scope="module")
def stated(base: Connection) -> Stated:
    """The statements of the schema."""
    file = SqlFile(Path("migrations/001_base.sql"), "migration", 1, "base", BASE, "")
    return Stated([load(file)])


@pytest.mark.parametrize("kind", TAKEN_BACK)
def test_a_migration_is_taken_back(
    base: Connection, before: frozenset[Fact], stated: Stated, kind: str
) -> None:
    with base.transaction(force_rollback=True):
        base.execute(TAKEN_BACK[kind].encode())
        names = names_back(load(SqlFile(Path("2.sql"), "migration", 2, "2", TAKEN_BACK[kind], "")))
        found = mend(base, before, lambda: ask(base), tuple(API), FromFiles(stated.of, names))
    remaining = [finding.message for finding in drift(found.goal, found.facts)]
    assert (remaining, found.failed if remaining else {}) == ([], {}), found.statements
    assert {fact for fact in before ^ found.goal if fact.property != "labels"} == set()
    assert found.facts == found.goal
    assert found.statements


def test_each_of_our_own_migrations_is_taken_back(server: dict[str, str]) -> None:
    scripts = load_all(TREE.migrations)
    stub = stub_for(TREE, scripts)
    around = nobodys(scripts, stub)
    with made(server) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        apply(opened, scripts[:1], stub, around)
        before = ask(opened)
        for place, script in enumerate(scripts[1:], 1):
            apply(opened, [script], None, around)
            told = FromFiles(Stated(scripts[:place]).of, names_back(script))
            found = mend(opened, before, lambda: ask(opened), tuple(API), told)
            assert [f.message for f in drift(before, found.facts)] == [], script.file.label
            assert found.statements, script.file.label
            before = ask(opened)


Project = Callable[[dict[str, str]], Path]


def undone(root: Path, version: int, shadow: str, *args: str, expect: int = 0) -> Run:
    """Run `new --undo`."""
    named = ("--sql-dir", str(root), "--shadow", shadow)
    return run_cli("new", "--undo", str(version), *named, *args, expect=expect)


def test_what_is_undone_keeps_rows_and_what_came_later(
    server: dict[str, str], project: Project
) -> None:
    root = project(
        {
            "migrations/001_notes.sql": "create table public.notes (id integer primary key,"
            " title text not null, body text default 'b', mark integer,"
            " twice integer generated always as (mark * 2) stored);\n"
            "create view public.titles as select n.id, n.title from public.notes as n;\n"
            "alter table public.notes enable row level security;\n"
            "alter table public.notes force row level security;\n"
            "create function public.refuse() returns trigger language plpgsql"
            " as 'begin raise exception $$no$$; end';\n"
            "create trigger refuse before update on public.notes for each row"
            " execute function public.refuse();\n"
            "insert into public.notes values (1, 'one', 'x', 7), (2, 'two', 'y', 8);\n",
            "migrations/002_less.sql": "drop view public.titles;\n"
            "alter table public.notes drop column title;\n",
            "migrations/003_more.sql": "alter table public.notes add column late text"
            " default 'late';\n",
            "views/001_marks.sql": "create or replace view public.marks as"
            " select n.id, n.mark from public.notes as n;\n",
        }
    )
    path = root / "migrations/004_undo_less.sql"
    with made(server) as there, made(server) as fresh, made(server) as shadow:
        run_cli("migrate", "--sql-dir", str(root), "--database", there)
        assert undone(root, 2, shadow).stdout == f"{path}\n"
        text = path.read_text(encoding="utf-8")
        assert text.startswith("-- 004_undo_less: reverts migrations/002_less.\n-- Why: ")
        assert "column public.notes.title comes back without its old values" in text
        fill = "-- Existing rows need values: write here the statement that fills title."
        assert fill in text
        path.write_text(text.replace(fill, f"{fill}\n{FILLED}"), encoding="utf-8")
        for database in (there, fresh):  # with the views, and before they are made
            run_cli("migrate", "--sql-dir", str(root), "--database", database)
            assert rows(database, "select * from public.notes order by id") == [
                (1, "again", "x", 7, 14, "late"),
                (2, "again", "y", 8, 16, "late"),
            ]
            assert rows(database, "select * from public.titles") == [(1, "again"), (2, "again")]
            assert rows(database, "select * from public.marks") == [(1, 7), (2, 8)]


FILLED = (
    "alter table public.notes disable trigger user;\n"
    "update public.notes set title = 'again';\n"
    "alter table public.notes enable trigger user;"
)


def test_what_later_files_need_is_named(empty_database: str, project: Project) -> None:
    files = {
        "migrations/001_a.sql": "create table public.a (id integer);\n",
        "migrations/002_b.sql": "create table public.b (id integer);\n",
        "migrations/003_c.sql": "alter table public.b add column c integer;\n",
    }
    ran = undone(project(files), 2, empty_database, expect=4)
    assert "migrations/002_b.sql cannot be reverted" in ran.stderr
    assert "migrations/003_c.sql needs its objects" in ran.stderr
    assert "003_c.sql:1" in ran.stderr


def test_what_a_view_needs_is_named(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id integer);\n",
            "migrations/002_b.sql": "alter table public.a add column b integer;\n",
            "views/001_v.sql": "create or replace view public.v as select a.b from public.a;\n",
        }
    )
    ran = undone(root, 2, empty_database, expect=4)
    assert "views/001_v.sql needs its objects" in ran.stderr
    assert [path.name for path in (root / "migrations").iterdir()].count("003_undo_b.sql") == 0


def test_what_stays_is_said_in_the_file(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create type public.mood as enum ('sad');\n"
            "create table public.a (id integer, t text, feels public.mood);\n"
            "create table public.gone (id integer);\n",
            "migrations/002_b.sql": "alter type public.mood add value 'ok';\n"
            "alter table public.a alter column t type varchar(3) using left(t, 3);\n"
            "drop table public.gone;\n"
            "update public.a set t = 'x';\n"
            "delete from public.a where id = 1;\n"
            "do $$ begin perform 1; end $$;\n"
            "create foreign data wrapper nobody;\n",
        }
    )
    ran = undone(root, 2, empty_database, "take_b_back", "--format", "json")
    found = json.loads(ran.stdout)
    path = Path(found["path"])
    assert path.name == "003_take_b_back.sql"
    comments = " ".join(re.findall("^-- +(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE))
    for said in (
        "type public.mood keeps the value 'ok'",
        "column public.a.t: values are cast back from character varying(3)",
        "table public.gone comes back without its old rows",
        "migrations/002_b.sql:4: what it overwrote stays overwritten",
        "migrations/002_b.sql:5: rows it deleted stay deleted",
        "migrations/002_b.sql:6: a block: may have changed rows",
        "migrations/002_b.sql:7: create foreign data: this file does not revert it",
    ):
        assert said in comments
        assert any(said in line for line in found["stays"])


def test_what_is_only_alike_is_said_to_be_a_guess(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id integer, was text);\n"
            "create table public.t (id integer);\n",
            "migrations/002_b.sql": "alter table public.a drop column was, add column new text;\n"
            "alter table public.t rename to u;\n",
        }
    )
    ran = undone(root, 2, empty_database)
    assert "note: public.a.new is assumed to be the former was" in ran.stderr
    assert "public.u is taken" not in ran.stderr
    assert "column public.a.was" not in ran.stderr
    assert "table public.t" not in ran.stderr


def test_an_index_made_beside_writers_is_dropped_beside_them(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id integer, t text);\n"
            "create index was on public.a (t);\n",
            "migrations/002_b.sql": "-- arami: no-transaction\n"
            "create index concurrently b on public.a (id);\n"
            "drop index concurrently public.was;\n",
        }
    )
    undone(root, 2, empty_database)
    text = (root / "migrations/003_undo_b.sql").read_text(encoding="utf-8")
    assert "\n-- arami: no-transaction\n" in text
    assert "drop index concurrently public.b;" in text
    assert "CREATE INDEX concurrently was ON public.a USING btree (t);" in text


def test_what_needs_more_than_indexes_is_one_transaction(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id integer, t text);\n"
            "create index was on public.a (t);\nalter table public.a cluster on was;\n",
            "migrations/002_b.sql": "-- arami: no-transaction\ndrop index concurrently was;\n",
        }
    )
    undone(root, 2, empty_database)
    text = (root / "migrations/003_undo_b.sql").read_text(encoding="utf-8")
    assert "no-transaction" not in text
    assert "CREATE INDEX was ON public.a USING btree (t);" in text


def test_what_no_fact_tells_of_is_said(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id serial primary key, t text);\n"
            "create table public.b (a integer constraint to_a references public.a);\n"
            "create table public.parent (id integer);\n"
            "create table public.child () inherits (public.parent);\n",
            "migrations/002_b.sql": "grant usage on language plpgsql to public;\n"
            "alter sequence public.a_id_seq restart 9;\n"
            "alter table public.a drop column t;\n"
            "with gone as (delete from public.b returning a) insert into public.b table gone;\n"
            "drop table public.a cascade;\n"
            "alter table public.child no inherit public.parent;\n",
        }
    )
    said = undone(root, 2, empty_database).stderr
    for one in (
        "002_b.sql:1: grant usage on: this file does not revert it",
        "002_b.sql:2: the sequence continues from its current value",
        "002_b.sql:4: rows it inserted stay",
        "002_b.sql:4: rows it deleted stay deleted",
        "table public.a comes back without its old rows",
        "constraint public.b.to_a fails while public.b has rows that refer to rows which",
        "columns of public.child inherited from public.parent become its own, too",
    ):
        assert one in " ".join(said.split()), one


def test_what_was_dropped_and_made_again_has_lost_its_values(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id integer, t text);\n"
            "create table public.b (id integer);\n",
            "migrations/002_b.sql": "alter table public.a drop column t, add column t integer;\n"
            "alter table public.b rename to c;\ncreate table public.b (new integer);\n",
        }
    )
    said = " ".join(undone(root, 2, empty_database).stderr.split())
    assert "column public.a.t was dropped and created again: its old values" in said
    assert "table public.b, made under a renamed name, is dropped, with its rows" in said


def test_what_would_remain_is_named_and_nothing_is_written(
    empty_database: str, project: Project
) -> None:
    root = project(
        {
            "migrations/001_a.sql": "do $$ begin create aggregate public.total(integer)"
            " (sfunc = int4pl, stype = integer); end $$;\n",
            "migrations/002_b.sql": "drop aggregate public.total(integer);\n",
        }
    )
    ran = undone(root, 2, empty_database, expect=4)
    assert "this would remain" in ran.stderr
    assert "aggregate public.total(integer) is missing" in ran.stderr
    assert len(list((root / "migrations").iterdir())) == 2


def test_what_changed_no_schema_is_not_undone(empty_database: str, project: Project) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id integer);\n",
            "migrations/002_b.sql": "insert into public.a values (1);\n",
        }
    )
    ran = undone(root, 2, empty_database, expect=4)
    assert "nothing that statements could revert" in ran.stderr
    assert "migrations/002_b.sql:1: rows it inserted stay" in ran.stderr


def test_what_a_killed_run_leaves_the_next_one_removes(
    server: dict[str, str], project: Project
) -> None:
    root = project(
        {
            "migrations/001_a.sql": "create table public.a (id integer);\n",
            "migrations/002_b.sql": "select pg_sleep(613);\ncreate table public.b (id integer);\n",
        }
    )
    with made(server) as shadow:
        left = """
            select a.datname from pg_stat_activity as a
            where a.datname like 'arami_db_shadow_%' and a.query = 'select pg_sleep(613)'
        """
        named = ("--sql-dir", str(root), "--shadow", shadow)
        killed = start_cli("new", "--undo", "2", *named)
        found = eventually("the files run", lambda: rows(shadow, left))
        killed.kill()
        killed.communicate()
        there = "select count(*) from pg_stat_activity where datname = %s"
        eventually("its session has ended", lambda: not scalar(shadow, there, found[0][0]))
        (root / "migrations/002_b.sql").write_text("create table public.b (id integer);\n")
        run_cli("new", "--undo", "2", *named)
        gone = "select count(*) from pg_database where datname = %s"
        assert scalar(shadow, gone, found[0][0]) == 0


def test_no_such_migration(project: Project) -> None:
    root = project({"migrations/001_a.sql": "select 1;\n"})
    ran = run_cli("new", "--undo", "7", "--sql-dir", str(root), expect=2)
    assert "no migration 7" in ran.stderr
    ran = run_cli("new", "--sql-dir", str(root), expect=2)
    assert "the migration needs a name" in ran.stderr
