"""SQL files: what is refused before anything runs, how text is split, ordered and fingerprinted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgast import PgQueryError, parse, scan

from arami_db.errors import RefusedFileError, UsageError
from arami_db.files import SqlFile, discover, read_file
from arami_db.files.lexemes import lexemes
from arami_db.files.psql import pieces
from arami_db.files.rules import is_concurrent, is_quiet, relation_name
from arami_db.files.script import Script, load
from arami_db.files.split import split as split_text
from arami_db.ledger import Ledger
from arami_db.ledger.plan import make_plan
from arami_db.runner.gaps import refuse_gaps

from .conftest import Run, run_cli, run_json

pytestmark = pytest.mark.quick

Project = Callable[[dict[str, str]], Path]

FIRST = "create table first_one ();\n"
NO_TRANSACTION = "-- arami: no-transaction\n"


def user_objects(conninfo: str) -> int:
    """How many schemas and relations anybody made in a database."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            """
            select
                (select count(*) from pg_namespace where nspname in ('arami_db', 'auth'))
                + (select count(*) from pg_class where relnamespace = 'public'::regnamespace)
            """
        ).fetchone()
    assert row is not None
    return int(row[0])


def refuse(conninfo: str, root: Path) -> Run:
    """Migrate, require a refusal in the tool's own words, and that nothing ran."""
    result = run_cli("migrate", "--database", conninfo, "--sql-dir", str(root), expect=1)
    assert "Traceback" not in result.stderr
    assert any(line.startswith("error: ") for line in result.stderr.splitlines()[:2])
    assert result.stdout == ""
    assert user_objects(conninfo) == 0
    return result


def read(text: str | bytes, kind: str = "migration") -> SqlFile:
    """A file of that content, read from a disk."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "001_case.sql"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_file(path, kind=kind, version=1, name="case")


def split(text: str) -> Script:
    """A text, split."""
    return load(read(text))


def plan_and_load(root: Path) -> None:
    """Do what a run does with a directory before it runs anything on a new database."""
    plan = make_plan(discover(root), Ledger(exists=False, rows={}))
    refuse_gaps(plan)
    for entry in plan.entries:
        assert entry.file
        load(entry.file)


REFUSED = {
    "begin": ("begin;\nselect 1;\ncommit;", "1:1", "transaction control"),
    "start transaction": ("select 1;\n  start transaction;", "2:3", "transaction control"),
    "commit": ("select 1;\ncommit;", "2:1", "transaction control"),
    "end": ("select 1; end;", "1:11", "transaction control"),
    "rollback": ("select 1;\nrollback;", "2:1", "transaction control"),
    "abort": ("select 1;\nabort;", "2:1", "transaction control"),
    "savepoint": ("select 1;\nsavepoint a;", "2:1", "transaction control"),
    "release": ("select 1;\nrelease a;", "2:1", "transaction control"),
    "rollback to": ("select 1;\nrollback to savepoint a;", "2:1", "transaction control"),
    "prepare transaction": ("select 1;\nprepare transaction 'x';", "2:1", "transaction control"),
    "commit and chain": ("-- é\n/* é */ commit and chain;", "2:9", "transaction control"),
    "echo": ("select 1;\n\\echo hello\n", "2:1", "meta-command"),
    "include": ("  \\i other.sql\n", "1:3", "meta-command"),
    "set variable": ("select 1;\n\\set x 1\n", "2:1", "meta-command"),
    "restrict is a prefix only": ("\\restricted x\nselect 1;", "1:1", "meta-command"),
    "gset": ("select 1 as x \\gset\n", "1:15", "meta-command"),
    "g after a statement": ("select 1;\nselect 2 \\g\n", "2:10", "meta-command"),
    "echo after a semicolon": ("select 1; \\echo hi\n", "1:11", "meta-command"),
    "meta-command after é": ("select 'é'; \\echo hi\n", "1:13", "meta-command"),
    "variable": ("select\n    :x;", "2:5", "psql variables"),
    "quoted variable": ("select :'x';", "1:8", "psql variables"),
    "copy": ("create table t (i int);\ncopy t from stdin;", "2:1", "COPY"),
    "copy with data": ("create table t (i int);\ncopy t from stdin;\n1\n2\n\\.\n", "2:1", "COPY"),
    "copy to stdout": ("copy pg_class to stdout;", "1:1", "COPY"),
    "syntax error": ("select 1;\n\nselec 2;", "3:1", "syntax error"),
    "syntax error after é": ("select 'éé', selec 2;", "1:20", "syntax error"),
    "open string": ("select 1;\nselect 'abc;\n", "2:8", "unterminated"),
    "open dollar quote": ("select 1;\ndo $$ begin end;\n", "2:4", "unterminated"),
    "open comment": ("select 1;\n/* no end\n", "2:1", "unterminated"),
    "open identifier": ('select 1;\nselect "abc;\n', "2:8", "unterminated"),
    "junk after a number": ("select 1;\nselect 12ab;\n", "2:8", "trailing junk"),
    "a second byte order mark": ("\ufeff\ufeffselect 1;", "1:1", "syntax error"),
    "unknown directive": ("select 1;\n-- arami: no-transactions\n", "2:1", "unknown directive"),
    "empty directive": ("-- arami:\nselect 1;", "1:1", "unknown directive"),
    "dbmate": ("-- migrate:up\nselect 1;\n\n-- migrate:down\nselect 2;", "4:1", "of dbmate"),
    "goose": ("-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;", "3:1", "of goose"),
    "goose, up only": ("-- +goose Up\nselect 1;", "1:1", "of goose"),
    "sql-migrate": ("-- +migrate Up\nselect 1;\n-- +migrate Down", "3:1", "sql-migrate"),
    "rambler": ("-- rambler up\nselect 1;\n-- rambler down\nselect 2;", "3:1", "rambler"),
    "tern": ("select 1;\n---- create above / drop below ----\nselect 2;", "2:1", "of tern"),
    "node-pg-migrate": ("-- Up Migration\nselect 1;\n-- Down Migration", "3:1", "node-pg"),
    "Liquibase": ("--liquibase formatted sql\nselect 1;", "1:1", "Liquibase"),
    "directive not needed": (NO_TRANSACTION + "create table t ();", "2:1", "can run inside"),
    "directive missing": ("vacuum;", "1:1", "cannot run inside"),
    "concurrently": ("create index concurrently i on t (a);", "1:1", "cannot run inside"),
    "drop concurrently": ("drop index concurrently i;", "1:1", "cannot run inside"),
    "reindex concurrently": ("reindex table concurrently t;", "1:1", "cannot run inside"),
    "create database": ("select 1; create database d;", "1:11", "cannot run inside"),
    "alter system": ("alter system set work_mem = '1MB';", "1:1", "cannot run inside"),
    "detach": ("alter table a detach partition b concurrently;", "1:1", "cannot run inside"),
    "mixed": (
        NO_TRANSACTION + "create index concurrently i on t (a);\nselect 1;",
        "3:1",
        "not alone in its file",
    ),
    "a block beside another statement": (
        NO_TRANSACTION + "vacuum;\ndo $$ begin commit; end $$;",
        "3:1",
        "may do harm when it is repeated",
    ),
    "a label renamed beside another statement": (
        NO_TRANSACTION + "vacuum;\nalter type t rename value 'a' to 'b';",
        "3:1",
        "may do harm when it is repeated",
    ),
    "nothing but what needs no directive": (
        NO_TRANSACTION + "set a.b = 1;\nanalyze;\ncomment on table t is 'x';",
        "3:1",
        "ANALYZE can run inside",
    ),
    "settings alone, marked": (NO_TRANSACTION + "set a.b = 1;", "2:1", "SET can run inside"),
    "set local, marked": (NO_TRANSACTION + "set local a.b = 1;\nvacuum;", "2:1", "no effect"),
    "an isolation level, marked": (
        NO_TRANSACTION + "set transaction isolation level serializable;",
        "2:1",
        "no effect outside",
    ),
    "an isolation level after a query": (
        "set a.b = 1;\ncreate table t ();\nset transaction isolation level serializable;",
        "3:1",
        "top of the file",
    ),
    "an isolation level as a setting, late": (
        "select 1;\nset local transaction_isolation = 'serializable';",
        "2:1",
        "top of the file",
    ),
    "deferrable, late": ("select 1;\nset transaction deferrable;", "2:1", "top of the file"),
    "read only": ("set transaction read only;\nselect 1;", "1:1", "READ ONLY"),
    "read only, as a setting": ("select 1;\nset transaction_read_only = on;", "2:1", "READ ONLY"),
    "read only beside a level": (
        "set transaction isolation level serializable, read only;\nselect 1;",
        "1:1",
        "READ ONLY",
    ),
    "an unnamed concurrent index": (
        NO_TRANSACTION + "create index concurrently on t (a);",
        "2:1",
        "without a name",
    ),
    "a directive in a string": ("select '\n-- arami: no-transaction\n'; vacuum;", "3:4", "cannot"),
    "a directive in a body": (
        "do $$\n-- arami: no-transaction\nbegin end $$;\nvacuum;",
        "4:1",
        "cannot run inside",
    ),
    "a directive beside a statement": ("vacuum; -- arami: no-transaction\n", "1:1", "cannot"),
}


@pytest.mark.parametrize(("text", "place", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_is_refused_with_its_place_and_reason(text: str, place: str, reason: str) -> None:
    with pytest.raises(RefusedFileError) as caught:
        split(text)
    said = "\n".join(map(str, caught.value.refusals))
    assert f"001_case.sql:{place}: " in said
    assert reason in f"{said}\n{caught.value.hint}"


# A statement, marked no-transaction where it could run in one, and how it is called.
WORDS = {
    "create index concurrently i on t (a)": "CREATE INDEX CONCURRENTLY cannot",
    "create index i on t (a)": "CREATE INDEX can",
    "drop index concurrently i": "DROP INDEX CONCURRENTLY cannot",
    "drop index i": "DROP can",
    "vacuum full t": "VACUUM cannot",
    "analyze t": "ANALYZE can",
    "set a.b = 1": "SET can",
    "reindex database d": "REINDEX cannot",
    "refresh materialized view m": "REFRESH MATERIALIZED VIEW can",
    "create database d": "CREATE DATABASE cannot",
    "drop database d": "DROP DATABASE cannot",
    "create tablespace s location '/x'": "CREATE TABLESPACE cannot",
    "drop tablespace s": "DROP TABLESPACE cannot",
    "create table t ()": "CREATE TABLE can",
    "alter table a detach partition b concurrently": "ALTER TABLE cannot",
    "alter table a add b int": "ALTER TABLE can",
    "alter system reset all": "ALTER SYSTEM cannot",
    "select 1": "SELECT can",
    "create schema s": "CREATE SCHEMA can",
}


@pytest.mark.parametrize(("statement", "said"), WORDS.items())
def test_a_statement_is_called_by_its_sql_words(statement: str, said: str) -> None:
    mark = "" if said.endswith("cannot") else NO_TRANSACTION
    with pytest.raises(RefusedFileError) as caught:
        split(mark + statement)
    [refusal] = caught.value.refusals
    assert refusal.reason == f"{said} run inside a transaction"


PAGE = "docs/no-transaction.md has the list."
REMOVE = "Remove the line -- arami: no-transaction."
LEVEL = "set transaction isolation level serializable"
# A file and its kind, and each place that is refused: what is wrong, and how to fix it.
MISMATCHES = {
    "a migration that needs the mark": (
        "migration",
        "vacuum",
        [
            "VACUUM cannot run inside a transaction",
            "Give it a file of its own, with this line: -- arami: no-transaction",
        ],
    ),
    "a view that needs the mark": (
        "view",
        "vacuum",
        [
            "VACUUM cannot run inside a transaction",
            "Write a migration, with this line: -- arami: no-transaction",
        ],
    ),
    "a view that is marked": (
        "view",
        NO_TRANSACTION + "vacuum",
        ["only migrations may be marked no-transaction", "Write a migration for it."],
    ),
    "a mark for nothing": (
        "migration",
        NO_TRANSACTION + "set a.b = 1; comment on table t is 'x'; select 1",
        ["COMMENT can run inside a transaction", REMOVE],
    ),
    "settings of a transaction that is not there": (
        "migration",
        NO_TRANSACTION + f"set local a.b = 1; {LEVEL}; vacuum",
        [
            "SET LOCAL has no effect outside a transaction",
            "Write SET, which holds up to the end of the file.",
            "SET TRANSACTION has no effect outside a transaction",
            "Remove it, or the line -- arami: no-transaction.",
        ],
    ),
    "in company": (
        "migration",
        NO_TRANSACTION + "select 1; vacuum; call work(); set a.b = 1; reindex table t",
        [
            "SELECT can run inside a transaction, and is not alone in its file",
            "Give it a file of its own, without the line -- arami: no-transaction; " + PAGE,
            "CALL may do harm when it is repeated, after a run that was killed,"
            " and is not alone in its file",
            "Give it a file of its own, where only SET may stand beside it; " + PAGE,
        ],
    ),
    "in company, of the same kind as what may be there": (
        "migration",
        NO_TRANSACTION + "vacuum; drop table t; create index i on t (a);"
        " alter table a detach partition b; alter table a attach partition b default;"
        " alter table a add b int; alter type t rename value 'a' to 'b'",
        [
            word
            for name in ("DROP", "CREATE INDEX", "ALTER TABLE", "ALTER TABLE", "ALTER TABLE")
            for word in (
                f"{name} can run inside a transaction, and is not alone in its file",
                "Give it a file of its own, without the line -- arami: no-transaction; " + PAGE,
            )
        ]
        + [
            "ALTER TYPE may do harm when it is repeated, after a run that was killed,"
            " and is not alone in its file",
            "Give it a file of its own, where only SET may stand beside it; " + PAGE,
        ],
    ),
    "read only": (
        "migration",
        f"{LEVEL}, read only; select 1",
        [
            "READ ONLY: the file's row of the ledger is written in the same transaction",
            "Remove READ ONLY.",
        ],
    ),
    "a view with a level": (
        "view",
        f"{LEVEL}; select 1",
        [
            "SET TRANSACTION: not in views/: files that are rebuilt share a transaction",
            "Remove the statement.",
        ],
    ),
    "a level after a query": (
        "migration",
        f"select 1; {LEVEL}",
        [
            "SET TRANSACTION after a query: Postgres accepts it only before any query",
            "Move it to the top of the file; SET, SHOW and LOCK may stand before it.",
        ],
    ),
}


@pytest.mark.parametrize(("kind", "text", "expected"), MISMATCHES.values(), ids=MISMATCHES.keys())
def test_what_does_not_suit_its_transaction_is_said_with_the_way_out(
    kind: str, text: str, expected: list[str]
) -> None:
    with pytest.raises(RefusedFileError) as caught:
        load(read(text, kind))
    refusals = caught.value.refusals
    assert [word for one in refusals for word in (one.reason, one.hint)] == expected


@pytest.mark.parametrize("value", ["t", "tr", "tru", "true", "on", "y", "ye", "yes", "1", "TRUE"])
def test_read_only_has_many_spellings(value: str) -> None:
    with pytest.raises(RefusedFileError, match="READ ONLY"):
        split(f"set transaction_read_only = '{value}'; select 1")


@pytest.mark.parametrize("value", ["f", "off", "no", "0", "truer"])
def test_what_is_not_read_only_is_accepted(value: str) -> None:
    assert split(f"set transaction_read_only = '{value}'; select 1").in_transaction


QUIET = {
    "create table t ()": True,
    "create temp table t ()": False,
    "create unlogged table t ()": True,
    "create view v as select 1": True,
    "create temp view v as select 1": False,
    "create sequence s": True,
    "create temp sequence s": False,
    "alter table t add a int": True,
    "create function f() returns int language sql as 'select 1'": True,
    "grant select on t to r": True,
    "create table t as select 1": False,
    "select 1": False,
    "insert into t values (1)": False,
    "do $$ begin end $$": False,
    "set a.b = 1": False,
    "create extension x": False,
    "call work()": False,
}


@pytest.mark.parametrize(("statement", "quiet"), QUIET.items())
def test_a_statement_that_runs_no_users_code_is_known(statement: str, quiet: bool) -> None:
    [found] = split(statement).statements
    assert is_quiet(found.node) is quiet


@pytest.mark.parametrize(
    "case",
    ["commit", "echo", "gset", "copy with data", "syntax error after é", "open string", "mixed"],
)
def test_nothing_runs_when_a_later_file_is_refused(
    case: str, empty_database: str, project: Project
) -> None:
    text, place, _ = REFUSED[case]
    root = project({"migrations/001_first.sql": FIRST, "migrations/002_bad.sql": text})
    result = refuse(empty_database, root)
    assert f"002_bad.sql:{place}: " in result.stderr


def test_nothing_runs_when_a_view_is_refused(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_first.sql": FIRST, "views/001_bad.sql": "vacuum;"})
    result = refuse(empty_database, root)
    assert "001_bad.sql:1:1: VACUUM cannot run inside a transaction" in result.stderr


def test_an_unclosed_string_is_refused_in_json_too(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_bad.sql": "select 'abc;\n"})
    found = run_json("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert found["error"]["type"] == "RefusedFile"
    assert "001_bad.sql:1:8" in found["error"]["message"]


def test_a_refused_auth_stub_stops_a_run_before_anything_ran(
    empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_first.sql": FIRST, "auth_stub.sql": "create schema auth;;\nx;"})
    assert "auth_stub.sql:2:1" in refuse(empty_database, root).stderr


TREES: dict[str, tuple[dict[str, bytes], str]] = {
    "a duplicate": ({"001_a.sql": b"select 1", "1_b.sql": b"select 1"}, "001_a.sql and 1_b.sql"),
    "a duplicate date": (
        {"20240101_a.sql": b"select 1", "20240101_b.sql": b"select 1"},
        "20240101_a.sql and 20240101_b.sql",
    ),
    "a gap": ({"001_a.sql": b"select 1", "003_c.sql": b"select 1"}, "version 2 is missing"),
    "no first": ({"002_b.sql": b"select 1"}, "version 1 is missing"),
    "latin-1": ({"001_a.sql": b"select 1;\nselect '\xe9';"}, "001_a.sql:2:9: not UTF-8: byte 0xe9"),
    "UTF-16": ({"001_a.sql": "select 1;".encode("utf-16")}, "001_a.sql:1:1: not UTF-8"),
    "UTF-16 without its mark": ({"001_a.sql": "select".encode("utf-16-le")}, "NUL"),
    "a NUL byte": ({"001_a.sql": b"select 1;\n\nselect '\0';"}, "001_a.sql:3:9: holds a NUL byte"),
    "no number": ({"init.sql": b"select 1"}, "init.sql: is not named NNN_name.sql"),
    "no name": ({"001.sql": b"select 1"}, "001.sql: is not named NNN_name.sql"),
    "an upper-case suffix": ({"001_a.SQL": b"select 1"}, "001_a.SQL: is not named"),
    "what undoes": (
        {"001_a.down.sql": b"select 1"},
        "001_a.down.sql: is named like a file that undoes",
    ),
    "a negative number": ({"-1_a.sql": b"select 1"}, "-1_a.sql: is not named"),
    "a letter in the number": ({"V1__a.sql": b"select 1"}, "V1__a.sql: is not named"),
    "Arabic digits": ({"\u0660\u0660\u0661_a.sql": b"select 1"}, "is not named"),
    "a huge version": ({"9" * 19 + "_a.sql": b"select 1"}, "does not fit a bigint"),
}


@pytest.mark.parametrize(("files", "reason"), TREES.values(), ids=TREES.keys())
def test_a_directory_is_refused(files: dict[str, bytes], reason: str, tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    for name, data in files.items():
        (tmp_path / "migrations" / name).write_bytes(data)
    with pytest.raises(RefusedFileError) as caught:
        plan_and_load(tmp_path)
    assert reason in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("case", ["a gap", "a duplicate", "latin-1", "UTF-16", "no name"])
def test_nothing_runs_from_a_refused_directory(
    case: str, empty_database: str, project: Project
) -> None:
    files, reason = TREES[case]
    root = project({"views/001_v.sql": "create view v as select 1;", "migrations/.keep": ""})
    for name, data in files.items():
        (root / "migrations" / name).write_bytes(data)
    assert reason in refuse(empty_database, root).stderr


CONCURRENT = {
    "create index concurrently i on t (a)": True,
    "create index i on t (a)": False,
    "drop index concurrently i": True,
    "drop index i": False,
    "alter table a detach partition b concurrently": True,
    "alter table a detach partition b": False,
    "alter table a detach partition b finalize": False,
    "alter table a add b int": False,
    "reindex table concurrently t": True,
    "reindex (concurrently off) table t": False,
    "reindex (verbose) table t": False,
    "reindex (verbose, concurrently 1) table t": True,
    "vacuum": False,
}


@pytest.mark.parametrize(("statement", "concurrent"), CONCURRENT.items())
def test_a_statement_that_leaves_half_its_work_is_known(statement: str, concurrent: bool) -> None:
    node = parse(statement).stmts[0].stmt
    assert is_concurrent(node) is concurrent


def test_the_name_of_a_relation_is_quoted() -> None:
    names = parse('truncate t, "a.b"."c""d"').stmts[0].stmt.truncate_stmt.relations
    assert [relation_name(name.range_var) for name in names] == ['"t"', '"a.b"."c""d"']


FOLDERS = (
    "migrations/, views/, seeds/, demo/, catalog/, checks/, monitor/, distributed/,"
    " distributed/views/, distributed/catalog/, distributed/checks/, distributed/monitor/"
)


def test_a_directory_that_is_no_project_is_refused_and_one_near_it_named(tmp_path: Path) -> None:
    def said(root: Path) -> tuple[str, str | None]:
        with pytest.raises(UsageError) as caught:
            discover(root)
        return str(caught.value), caught.value.hint

    other = "Name another with --sql-dir DIR."
    gone, file, empty = tmp_path / "gone", tmp_path / "file.sql", tmp_path / "empty"
    assert said(gone) == (f"{gone}: no such directory", other)
    file.write_text("select 1")
    assert said(file) == (f"{file}: cannot be read as a directory: Not a directory", other)
    long = tmp_path / ("x" * 120) / ("y" * 120)
    assert said(long)[0] == f"{str(long)[:200]}: no such directory"
    (empty / "migrations").mkdir(parents=True)
    (empty / "migrations" / "README.md").write_text("later")
    nothing = f"{empty}: holds no part of a project: no .sql file in {FOLDERS}"
    assert said(empty) == (nothing, other)
    assert discover(empty, may_be_empty=True).migrations == ()
    (empty / "db" / "views").mkdir(parents=True)
    (empty / "db" / "views" / "001_v.SQL").write_text("select 1")
    assert said(empty) == (nothing, f"{empty / 'db'} does: --sql-dir {empty / 'db'}")
    found = said(empty / "migrations")  # the directory above goes first
    (empty / "migrations" / "001_a.sql").write_text("select 1")
    within = f"{empty / 'migrations'}: holds no part of a project: no .sql file in {FOLDERS}"
    assert found == (within, other)
    assert said(empty / "migrations") == (within, f"{empty} does: --sql-dir {empty}")


def test_a_folder_that_is_a_file_and_files_in_a_folder_of_a_folder_are_refused(
    project: Project,
) -> None:
    def said(root: Path) -> tuple[str, str | None]:
        with pytest.raises(RefusedFileError) as caught:
            discover(root)
        return str(caught.value), caught.value.hint

    kept = "Fix it, or move it out of the folder; nothing is skipped silently."
    root = project({"migrations/001_a.sql": FIRST, "distributed/views/001_v.sql": FIRST})
    assert discover(root).first_version is None
    assert discover(root, first_version=7).first_version == 7
    (root / "views").write_text("x")
    reason = f"{root / 'views'}: cannot be read as a directory: Not a directory"
    assert said(root) == (reason, kept)
    (root / "views").unlink()
    project({"seeds/old/001_s.sql": FIRST})
    assert said(root) == (
        f"{root / 'seeds/old/001_s.sql'}: is in a folder inside the folder, where no files are"
        " read",
        f"Move it to {root / 'seeds'}; nothing is skipped silently.",
    )


def test_a_folder_and_a_broken_link_named_like_a_migration_are_refused(project: Project) -> None:
    root = project({"migrations/001_first.sql": FIRST})
    link = root / "migrations" / "002_gone.sql"
    link.symlink_to("/nonexistent")
    with pytest.raises(RefusedFileError, match="002_gone"):
        _ = discover(root).migrations
    link.unlink()
    (root / "migrations" / "002_folder.sql").mkdir()
    with pytest.raises(RefusedFileError, match="002_folder"):
        _ = discover(root).migrations


def test_hidden_and_foreign_files_are_left_alone(project: Project) -> None:
    root = project(
        {
            "migrations/001_first.sql": FIRST,
            "migrations/.002_swap.sql": "x",
            "migrations/README.md": "x",
            "migrations/002_old.sql.bak": "x",
        }
    )
    assert [file.version for file in discover(root).migrations] == [1]


def test_dates_may_have_gaps_between_them(project: Project) -> None:
    names = ["20240101_a", "20240301_b", "20250101_c"]
    root = project({f"migrations/{name}.sql": "select 1" for name in names})
    assert [file.path.stem for file in discover(root).migrations] == names


def test_numbering_may_begin_at_zero(project: Project) -> None:
    root = project({"migrations/000_a.sql": "select 1", "migrations/001_b.sql": "select 1"})
    assert [file.version for file in discover(root).migrations] == [0, 1]


@settings(max_examples=25)
@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_versions_compare_as_numbers_however_they_are_padded(count: int, random: object) -> None:
    with TemporaryDirectory() as folder:
        migrations = Path(folder) / "migrations"
        migrations.mkdir()
        for version in range(1, count + 1):
            width = getattr(random, "randint")(1, 7)  # noqa: B009
            (migrations / f"{version:0{width}}_x.sql").write_text("select 1")
        found = [file.version for file in discover(Path(folder)).migrations]
    assert found == list(range(1, count + 1))


HARMLESS = {
    "a backslash in a string": "select 'a\n\\echo\n';",
    "a backslash in an escape string": "select e'\\\\\n\\x41';",
    "a backslash in a body": "do $x$ begin\n\\echo\nend $x$",
    "a backslash in a line comment": "-- a\n-- \\echo\nselect 1",
    "a backslash in a block comment": "/* /* */\n\\echo\n*/ select 1",
    "a backslash in a name": 'select 1 as "a\n\\b"',
    "restrict": "\\restrict aBc123\nselect 1;\n\\unrestrict aBc123\n",
    "restrict, indented": "  \\restrict aBc123\nselect 1;",
    "begin inside a body": "do $$ begin commit; end $$",
    "begin in a comment": "-- begin;\nselect 1",
    "a semicolon in a rule": "create rule r as on insert to t do also (select 1; select 2)",
    "an anonymous transaction word": "select 1 as commit",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_only_looks_like_psql_is_accepted(text: str) -> None:
    assert len(split(text).statements) == 1


@pytest.mark.parametrize(
    "text",
    [
        "vacuum",
        "create index concurrently i on t (a)",
        "drop index concurrently i",
        "reindex table concurrently t",
        "reindex (concurrently) index i",
        "create database d",
        "drop database d",
        "alter system set work_mem = '1MB'",
        "alter table a detach partition b concurrently",
        "cluster",
        "discard all",
        "call work()",
        "do $$ begin commit; end $$",
        "alter type t add value 'x'",
        "set a.b = 1; vacuum; reset a.b",
        "set role r; do $$ begin commit; end $$",
        "create index concurrently i on t (a); comment on index i is 'x'; reindex index i",
        "drop index concurrently i; create index concurrently if not exists i on t (a)",
        "alter table a detach partition b concurrently; alter type t add value 'x'; analyze",
        "create index concurrently j on b (a); alter index i attach partition j",
        "alter table t validate constraint c; vacuum t",
        "refresh materialized view concurrently m; vacuum m; cluster; checkpoint",
        "set session characteristics as transaction isolation level serializable; vacuum",
    ],
)
def test_the_directive_suits_what_cannot_or_may_not_run_in_a_transaction(text: str) -> None:
    assert not split(NO_TRANSACTION + text).in_transaction


@pytest.mark.parametrize(
    "text",
    [
        "reindex table t",
        "reindex (concurrently off) table t",
        "cluster t using i",
        "analyze",
        "refresh materialized view concurrently m",
        "call work()",
        "alter type t add value 'x'",
        "alter table a detach partition b",
        "set transaction isolation level serializable, read write, deferrable; select 1",
        "set a.b = 1; lock table t; set transaction isolation level repeatable read; select 1",
        "set transaction isolation level serializable; set transaction snapshot 'x'; select 1",
        "set transaction_isolation = 'serializable'; select 1",
        "select 1; set session characteristics as transaction isolation level serializable",
        "select 1; set default_transaction_read_only = on; set transaction read write",
    ],
)
def test_what_runs_in_a_transaction_needs_no_directive(text: str) -> None:
    assert split(text).in_transaction


def test_a_view_cannot_choose_the_transaction_that_it_may_share() -> None:
    with pytest.raises(RefusedFileError, match="share a transaction"):
        load(read("set transaction isolation level serializable;\nselect 1;", "view"))


@pytest.mark.parametrize("kind", ["view", "seed", "stub"])
def test_only_migrations_leave_the_transaction(kind: str) -> None:
    with pytest.raises(RefusedFileError, match="only migrations"):
        load(read(NO_TRANSACTION + "vacuum", kind))


# --- splitting, as a property -------------------------------------------------------------------

WORD = st.text("abcé漢😀 ;'\"$\\-/*\n%:", max_size=12)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _dollar(text: str, tag: str) -> str:
    return f"$${text}$$" if "$" not in text and not tag else f"${tag}q$ {text} ${tag}q$"


def _comment(text: str) -> str:
    return "/* " + text.replace("*", "+").replace("/", "|") + " */"


literals = st.one_of(
    WORD.map(_quoted),
    st.builds(_dollar, WORD, st.sampled_from(["", "é", "a1"])),
    WORD.map(lambda text: "e" + _quoted(text.replace("\\", "\\\\"))),
    st.integers(0, 99).map(str),
)
names = st.text("aé漢; '$\\-", min_size=1, max_size=8).map(lambda text: f'"{text}"')
selects = st.builds(
    lambda literal, comment, name: f"select {literal} {comment} as {name}",
    literals,
    st.one_of(st.just(""), WORD.map(_comment)),
    names,
)
atomic = st.lists(selects, min_size=1, max_size=3).map(
    lambda bodies: "create function f() returns text begin atomic " + "; ".join(bodies) + "; end"
)
blocks = WORD.map(
    lambda text: f"do $body$ begin perform {_quoted(text)}; /* ; */ commit; end $body$"
)
rules = st.lists(selects, min_size=1, max_size=3).map(
    lambda bodies: "create rule r as on insert to t do also (" + "; ".join(bodies) + ")"
)
statements = st.one_of(selects, selects, atomic, blocks, rules)
gaps = st.one_of(
    st.sampled_from(["", " ", "\n", "\n\n", "\t", ";", " ; "]),
    st.text("abé;'$\" ", max_size=8).map(lambda text: f"\n-- {text}\n"),
    WORD.map(_comment),
)


@settings(max_examples=300)
@given(st.lists(st.tuples(gaps, statements), min_size=1, max_size=6), gaps)
def test_splitting_gives_exactly_the_statements_back(
    parts: list[tuple[str, str]], tail: str
) -> None:
    text = ";".join(gap + statement for gap, statement in parts) + ";" + tail
    script = split(text)
    assert [found.text for found in script.statements] == [statement for _, statement in parts]
    for found in script.statements:
        assert script.file.text[found.offset :].startswith(found.text)


@settings(max_examples=300)
@given(st.lists(st.tuples(gaps, statements), min_size=1, max_size=6), gaps)
def test_reading_piece_by_piece_finds_the_same_statements(
    parts: list[tuple[str, str]], tail: str
) -> None:
    text = ";".join(gap + statement for gap, statement in parts) + ";" + tail
    found = [s for piece in pieces(text) for s in split_text(piece.text, piece.offset)]
    assert [(s.text, s.offset) for s in found] == [(s.text, s.offset) for s in split_text(text)]


QUOTES = ["'", "''", '"', "$$", "$a$", "$é$", "$", "e'", "E'", "u&'", "b'", "n'", "\\'"]
MARKS = ["\\", "--", "/*", "*/", ";", "(", ")", "-", "+", "*", "/", ":", "::"]
REST = ["a", "é", "—", "_", "1", "1.5", "$1", "\n", "\r", "\t", " ", "\u00a0"]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from([*QUOTES, *MARKS, *REST]), max_size=14).map("".join))
def test_comments_and_marks_are_where_the_parser_sees_them(text: str) -> None:
    try:
        tokens = scan(text).tokens
    except PgQueryError:
        return
    data = text.encode()
    spans = [(len(data[: t.start].decode()), len(data[: t.end].decode())) for t in tokens]
    expected = [
        span
        for span in spans
        if text[slice(*span)] in set(";()\\") or text.startswith(("--", "/*"), span[0])
    ]
    found = [(x.start, x.end) for x in lexemes(text) if x.kind in {"comment", "block", "mark"}]
    assert found == expected


@settings(max_examples=50)
@given(st.text("é漢😀ab ", max_size=20), st.integers(0, 4))
def test_a_syntax_error_is_placed_by_characters(before: str, lines: int) -> None:
    text = "\n" * lines + f"select '{before}' from from"
    with pytest.raises(RefusedFileError) as caught:
        split(text)
    column = len(f"select '{before}' from ") + 1
    assert f":{lines + 1}:{column}: " in str(caught.value)


# --- checksums ----------------------------------------------------------------------------------

TEXTS = st.text("abé漢 ;'\n\r\t", min_size=1, max_size=40).filter(lambda text: text.strip())


@given(TEXTS)
def test_byte_order_mark_and_newlines_do_not_change_the_checksum(text: str) -> None:
    text = text.replace("\r", "")
    if not text.strip():
        return
    crlf = text.replace("\n", "\r\n")
    variants = [text, crlf, "\ufeff" + text, "\ufeff" + crlf]
    files = [read(variant) for variant in variants]
    assert len({file.checksum for file in files}) == 1
    assert {file.text for file in files} == {text}


@given(TEXTS, TEXTS)
def test_any_other_change_changes_the_checksum(one: str, other: str) -> None:
    first, second = read(one), read(other)
    assert (first.checksum == second.checksum) == (
        one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
    )


def test_the_checksum_is_the_sha_256_anybody_can_compute() -> None:
    assert (
        read("select 1;\r\n").checksum
        == "4a45092ccf992ea92250053a80b931b787924ba61648f420555511b84f10ab6c"
    )


@pytest.mark.parametrize(
    "text",
    [
        "select '\n-- migrate:down\n'",
        "do $$\n-- +goose Down\nbegin end $$",
        "/*\n-- +migrate Down\n*/ select 1",
        "select 1; -- migrate:down is dbmate's",
        "-- migrate: what the old tool did\nselect 1",
    ],
)
def test_what_only_looks_like_a_marker_is_none(text: str) -> None:
    assert split(text).statements


WRONG = {
    "empty": {},
    "one level too high": {"sql/migrations/001_a.sql": "select 1"},
    "one level too low": {"migrations/x": "", "../migrations/001_a.sql": "select 1"},
    "files where none are read": {"001_a.sql": "select 1", "migrations/readme.md": ""},
    "a typo": {"migration/001_a.sql": "select 1"},
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["migrate", "status --check", "verify", "seed", "baseline 1"])
def test_a_directory_without_any_part_of_a_project_is_refused(
    name: str, command: str, tmp_path: Path
) -> None:
    root = tmp_path / "there"
    root.mkdir()
    for path, text in WRONG[name].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    arguments = [*command.split(), "--sql-dir", str(root), "-d", "host=/nowhere dbname=x"]
    said = run_cli(*arguments, expect=2).stderr
    assert f"{root}: holds no part of a project" in said
    near = {"one level too high": root / "sql", "one level too low": tmp_path}
    assert name not in near or f"--sql-dir {near[name]}\n" in said


def test_files_a_folder_deeper_are_refused(tmp_path: Path) -> None:
    for path in ("migrations/001_a.sql", "migrations/2024/002_b.sql"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("select 1", encoding="utf-8")
    arguments = ["--sql-dir", str(tmp_path), "-d", "host=/nowhere dbname=x"]
    said = run_cli("migrate", *arguments, expect=1).stderr
    assert "migrations/2024/002_b.sql: is in a folder inside the folder" in said


def test_a_first_migration_may_be_written_into_an_empty_directory(tmp_path: Path) -> None:
    run_cli("new", "first", "--sql-dir", str(tmp_path))
    assert list((tmp_path / "migrations").glob("*first.sql"))
