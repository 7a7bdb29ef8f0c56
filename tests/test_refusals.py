"""What is refused before anything runs: all of it in one run, each place with its way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from arami_db.errors import Refusal, RefusedFileError
from arami_db.files.script import load_all

from .conftest import run_cli, run_json, scalar
from .test_files import read, split

Project = Callable[[dict[str, str]], Path]

WRAPPED = "begin;\ncreate table t{0} (id int);\ncommit;\n"
PLACES = [(f"00{n}_x.sql", line, 1) for n in range(1, 6) for line in (1, 3)]


def refusals(*texts: str) -> tuple[Refusal, ...]:
    """What is refused of files of these texts."""
    with pytest.raises(RefusedFileError) as caught:
        load_all(map(read, texts))
    return caught.value.refusals


def places(text: str) -> list[tuple[int | None, int | None, str]]:
    """Line, column and the first word of the reason of each refusal."""
    return [(found.line, found.column, found.reason.split()[0]) for found in refusals(text)]


COMMANDS = {
    "migrate": ("migrations", ["migrate"]),
    "a dry run": ("migrations", ["migrate", "--dry-run"]),
    "views": ("views", ["migrate"]),
    "seed": ("seeds", ["seed", "--yes"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_place_of_every_file_is_listed_in_one_run(
    name: str, empty_database: str, project: Project
) -> None:
    folder, command = COMMANDS[name]
    root = project({f"{folder}/00{n}_x.sql": WRAPPED.format(n) for n in range(1, 6)})
    arguments = [*command, "-d", empty_database, "--sql-dir", str(root)]
    said = run_cli(*arguments, expect=1).stderr
    listed = [line for line in said.splitlines() if "transaction control" in line]
    for text, (file, line, column) in zip(listed, PLACES, strict=True):
        assert f"{file}:{line}:{column}: " in text
    assert said.count("Delete BEGIN and COMMIT") == 1
    error = run_json(*arguments, expect=1)["error"]
    found = [(Path(f["file"]).name, f["line"], f["column"]) for f in error["refusals"]]
    assert found == PLACES
    assert scalar(empty_database, "select count(*) from pg_tables where tablename = 't1'") == 0


def test_migrations_and_views_are_listed_together(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "commit;", "views/001_b.sql": "\\echo"})
    error = run_json("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)["error"]
    assert [Path(found["file"]).parent.name for found in error["refusals"]] == [
        "migrations",
        "views",
    ]


def test_files_that_cannot_be_read_are_listed_together(
    empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_a.sql": "", "migrations/first.sql": ""})
    (root / "migrations" / "002_b.sql").write_bytes("select 'é', '".encode() + b"\xe9'")
    (root / "migrations" / "003_c.sql").write_bytes(b"select 1;\n\0")
    arguments = ["migrate", "-d", empty_database, "--sql-dir", str(root)]
    said = run_cli(*arguments, expect=1).stderr
    assert "3 places in 3 files are refused" in said
    assert "002_b.sql:1:14: not UTF-8: byte 0xe9" in said
    error = run_json(*arguments, expect=1)["error"]
    found = [(Path(f["file"]).name, f["line"], f["column"]) for f in error["refusals"]]
    assert found == [("002_b.sql", 1, 14), ("003_c.sql", 2, 1), ("first.sql", None, None)]


def test_many_refusals_stay_readable(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_x.sql": "commit;\n" * 3000})
    arguments = ["migrate", "-d", empty_database, "--sql-dir", str(root)]
    said = run_cli(*arguments, expect=1).stderr
    assert len(said.splitlines()) < 50
    assert "3000 places in one file are refused" in said
    assert "and 2970 more" in said
    assert len(run_json(*arguments, expect=1)["error"]["refusals"]) == 3000


MIXED = {
    "begin, meta-command, rows, a syntax error, commit": (
        "begin;\n\\echo it's\ncopy t from stdin;\n\\N\nit's\n\\.\nselec 2;\ncommit;",
        [
            (1, 1, "transaction"),
            (2, 1, "psql"),
            (3, 1, "COPY"),
            (7, 1, "syntax"),
            (8, 1, "transaction"),
        ],
    ),
    "a parenthesis that is never closed": (
        "create table t (a int;\ncreate table u (a int);\ncommit;",
        [(1, 22, "syntax"), (3, 1, "transaction")],
    ),
    "the same, before bodies": (
        "select (1;\ncreate function f() returns int begin atomic select 1; select 2; end;\nx;",
        [(1, 10, "syntax"), (3, 1, "syntax")],
    ),
    "a body that is never ended": (
        "create function f() returns int begin atomic select 1;\ncommit;",
        [(1, 54, "syntax"), (2, 1, "transaction")],
    ),
    "beside bodies and rules": (
        "create function f() returns int begin atomic select case when true then 1 end; end;\n"
        "create rule r as on insert to t do also (select 1; select 2);\n\\i x\nselec",
        [(3, 1, "psql"), (4, 1, "syntax")],
    ),
    "a query sent by a meta-command": (
        "select 1 \\gset\ncommit;",
        [(1, 10, "psql"), (2, 1, "transaction")],
    ),
    "markers of other tools, and what they divide": (
        "-- +goose Up\nbegin;\n-- +goose Down\nselect 1;",
        [(1, 1, "a"), (2, 1, "transaction"), (3, 1, "a")],
    ),
    "a directive that is wanting, and one that is unknown": (
        "-- arami: alone\nvacuum;\nsavepoint x;",
        [(1, 1, "unknown"), (2, 1, "VACUUM"), (3, 1, "transaction")],
    ),
}


@pytest.mark.parametrize("name", MIXED)
def test_every_place_of_one_file_is_listed(name: str) -> None:
    text, expected = MIXED[name]
    assert places(text) == expected


ROWS = {
    "a null": "\\N\t1",
    "an apostrophe": "it's",
    "a dollar quote": "$$",
    "a comment": "-- no",
    "an open comment": "/* no",
    "SQL": "begin;\ncommit;",
    "a parenthesis": "(",
    "a quoted name": '"',
    "a backslash": "\\",
    "a meta-command": "\\echo",
    "a marker": "-- arami: no-transactions",
    "a semicolon": ";",
    "nothing": "",
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
@pytest.mark.parametrize(
    "copy",
    ["copy t(a, b) from stdin;", "\\copy t from stdin", "COPY t FROM STDIN WITH (FORMAT csv);"],
)
def test_whatever_follows_a_copy_is_its_data(row: str, copy: str) -> None:
    text = f"create table t (a text, b int);\n{copy}\n{row}\nx\t2\n\\.\nselect 1;\n"
    (found,) = refusals(text)
    assert (found.line, found.column) == (2, 1)
    assert found.reason.startswith("COPY with inline data")
    assert found.hint
    assert "Write INSERT" in found.hint


def test_a_meta_command_that_reads_a_file_has_the_hint_of_copy() -> None:
    first, second = refusals("\\copy t from 'x.csv'\nbegin;")
    assert first.reason == "psql meta-command: \\copy t from 'x.csv'"
    assert "Write INSERT" in (first.hint or "")
    assert second.line == 2


def test_rows_without_an_end_reach_to_the_end_of_the_file() -> None:
    assert places("copy t from stdin;\n1\nbegin;\n") == [(1, 1, "COPY")]


# --- syntax errors --------------------------------------------------------------------------------


def test_a_syntax_error_is_shown_as_a_failure_is(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "select 1;\n\nselect 2\n  frm t;\nselect 3;"})
    arguments = ["migrate", "-d", empty_database, "--sql-dir", str(root)]
    said = run_cli(*arguments, expect=1).stderr
    assert '001_a.sql:4:7: syntax error at or near "t"' in said
    assert "\n    select 2\n      frm t\nSQLSTATE: 42601\n" in said
    project({"migrations/001_a.sql": "select 1;\n\nselect 2\n  from t;\nselect 3;"})
    refused = run_json(*arguments, expect=1)["error"]
    assert refused["type"] == "FileFailed"
    place = {"file", "line", "column", "statement", "sqlstate"}
    project({"migrations/001_a.sql": "select 1;\n\nselect 2\n  frm t;\nselect 3;"})
    error = run_json(*arguments, expect=1)["error"]
    assert place <= refused.keys() & error.keys()
    assert (error["line"], error["column"], error["sqlstate"]) == (4, 7, "42601")
    assert error["statement"] == "select 2\n  frm t"


def test_the_excerpt_is_of_the_lines_around_the_place(
    empty_database: str, project: Project
) -> None:
    values = ",\n".join(f"({n})" for n in range(1000))
    for wrong in ("(1 2)", "(no_such_name)"):
        root = project({"migrations/001_a.sql": f"select from (values {values}, {wrong}) t (i)"})
        said = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1).stderr
        assert wrong in said
        assert len(said.splitlines()) < 20


def test_a_line_without_end_is_shown_around_the_place(
    empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_a.sql": f"select '{'x' * 5000}' selec 1, '{'y' * 5000}'"})
    said = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1).stderr
    assert "selec 1" in said
    assert len(said) < 2000


WRONG = [
    "selec 1",
    "select 'é', selec 2",
    "select 1 limit 1 limit 2",
    "select e'\\u00zz'",
    "create role none",
    "create assertion x check (true)",
    "create table t (a float(99))",
    "select sum(a) over (rows between unbounded following and current row) from t",
    "alter table t add foreign key (a) references b match partial",
    "create aggregate a(out int) (sfunc = x)",
    "select 12ab",
    "insert into t values (1",
    "select (1 + )",
    "select U&'\\00zz'",
]


@pytest.mark.parametrize("text", WRONG)
def test_message_place_and_code_are_the_servers(text: str, empty_database: str) -> None:
    (found,) = refusals(text)
    with psycopg.connect(empty_database) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(text.encode())
    said = caught.value.diag
    assert (found.sqlstate, found.reason) == (said.sqlstate, said.message_primary)
    assert found.column == int(said.statement_position or 1)


OLDER = {
    "create function json_value(a int) returns int language sql as 'select 1'": "json_value",
    "create table t (system_user text)": "system_user",
    "create function json_array(a int) returns int language sql as 'select 1'": "json_array",
}


@pytest.mark.parametrize("text", OLDER)
def test_what_only_an_older_server_takes_is_said_to_be_so(
    text: str, empty_database: str, project: Project
) -> None:
    root = project({"migrations/001_a.sql": text})
    arguments = ["migrate", "-d", empty_database, "--sql-dir", str(root)]
    said = run_cli(*arguments, expect=1).stderr
    assert "the grammar of PostgreSQL 18" in said
    project({"migrations/001_a.sql": text.replace(OLDER[text], f'"{OLDER[text]}"')})
    run_cli(*arguments)
    with psycopg.connect(empty_database) as connection:
        older = connection.info.server_version < 160000
    in_text = (
        f"drop schema public cascade; create schema public; do 'begin execute $x${text}$x$; end'"
    )
    project({"migrations/002_b.sql": in_text.replace("'select 1'", "''select 1''")})
    run_cli(*arguments, expect=0 if older else 1)


# --- what the server takes, runs ------------------------------------------------------------------

COMMENTED = {
    "a continued string": ("'a' -- it's\n 'b'", "ab"),
    "a continued string, two comments": ("'a' -- ;\n\n-- é'\n'b'", "ab"),
    "a continued escape string": ("e'a' -- é\n'\\x62\\''", "ab'"),
    "not in": ("(1 not -- x\n in (2))::text", "true"),
    "not like": ("('a' not /* x */ like 'b')::text", "true"),
    "a time zone": ("(null::timestamp with /* x */ time zone is null)::text", "true"),
    "nulls first": ("(select 'a' order by 1 nulls -- x\n first)", "a"),
    "uescape": ("U&'!0061' -- x\n uescape /* x */ '!'", "a"),
}


@pytest.mark.parametrize("name", COMMENTED)
def test_comments_are_taken_where_the_server_takes_them(
    name: str, empty_database: str, project: Project
) -> None:
    expression, expected = COMMENTED[name]
    text = f"select 1; -- é\ncreate table made as select {expression} as a; select 'c';"
    run_cli(
        "migrate", "-d", empty_database, "--sql-dir", str(project({"migrations/001_a.sql": text}))
    )
    assert scalar(empty_database, "select a from made") == expected


def test_a_syntax_error_after_such_a_comment_is_placed(project: Project) -> None:
    text = "select 'é' -- é漢\n 'b', 1 not -- ü\n in (2);\nselect 'ü' /* ü */ frm t"
    assert places(text) == [(4, 24, "syntax")]


DEEP = {
    "a chain of ||": "||".join(["'a'"] * 3000),
    "sums": "+".join(["1"] * 3000),
    "unions": "(" + " union all ".join(["select 1"] * 1000) + " limit 1)",
    "cases": "case when true then " * 300 + "1" + " end" * 300,
}


@pytest.mark.parametrize("name", DEEP)
def test_a_deep_expression_runs(name: str, empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": f"create table made as select {DEEP[name]} as a"})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert scalar(empty_database, "select count(*) from made") == 1


# Each took time in the square of its size: minutes to hours at this one.
LARGE: dict[str, tuple[str, int]] = {
    "literals whose lines begin with a backslash": ("select $q$\n\\section{x}\nfiller\n$q$;\n", 0),
    "lines of pg_dump in literals": ("select '\n\\restrict a\n';\n", 0),
    "meta-commands": ("\\echo it's\n", 1),
    "statements that are refused": ("commit;\n", 1),
    "copies": ("copy t from stdin;\n\\N\tit's\n\\.\n", 1),
    "parentheses that are never closed": ("select (1;\n", 1),
    "bodies that are never ended": ("create function f() begin atomic x;\n", 1),
    "comments that end in a quote": ("-- '\n", 0),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_is_read_in_one_go(name: str) -> None:
    text, refused = LARGE[name]
    number = 20_000
    if refused:
        assert len(refusals(text * number)) == number
    else:
        assert len(split(text * number + "select 1").statements) in {1, number + 1}


# --- files that do nothing ------------------------------------------------------------------------

NOTHING = {
    "empty": b"",
    "a byte order mark": b"\xef\xbb\xbf",
    "line ends": b"\r\n\r\n",
    "blanks": b" \t\n",
    "a semicolon": b";",
    "semicolons": b";;\n ;",
    "a comment": b"-- later",
    "comments": b"-- later\n/* more /* and */ more */\n-- end",
    "a directive": b"-- arami: no-transaction\n-- later",
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_file_without_statements_is_applied_and_recorded(
    name: str, empty_database: str, project: Project
) -> None:
    root = project({"migrations/002_b.sql": "create table b ()"})
    (root / "migrations" / "001_a.sql").write_bytes(NOTHING[name])
    for folder in ("views", "seeds"):
        (root / folder).mkdir()
        (root / folder / "001_a.sql").write_bytes(NOTHING["a comment"])
    arguments = ["-d", empty_database, "--sql-dir", str(root)]
    script = run_cli("migrate", *arguments, "--dry-run").stdout
    found = run_json("migrate", *arguments)["applied"]
    assert [(f["kind"], f["version"], f["statements"]) for f in found] == [
        ("migration", 1, 0),
        ("migration", 2, 1),
        ("view", 1, 0),
    ]
    assert run_json("migrate", *arguments)["applied"] == []
    assert run_json("seed", "--yes", *arguments)["seeded"][0]["statements"] == 0
    run_cli("status", "--check", *arguments)
    run_cli("verify", *arguments)
    with psycopg.connect(empty_database) as connection:
        connection.execute("drop table b")
        connection.execute(script.encode())
        assert connection.execute("select to_regclass('b')").fetchone() == ("b",)


def test_a_view_file_may_become_empty_and_full_again(empty_database: str, project: Project) -> None:
    view = "create or replace view v as select {} as a"
    for text, seen in ((view.format(1), 1), ("", 1), (view.format(2), 2)):
        root = project({"migrations/001_a.sql": "", "views/001_v.sql": text})
        run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
        assert scalar(empty_database, "select a from v") == seen


def test_a_query_must_not_be_empty(empty_database: str, project: Project) -> None:
    root = project({"migrations/001_a.sql": "select 1", "checks/001_a.sql": " "})
    said = run_cli("verify", "-d", empty_database, "--sql-dir", str(root), expect=1).stderr
    assert "checks/001_a.sql: is empty" in said


@pytest.mark.parametrize(
    "text", ["select 1 as a -- x; y", "select 1 as a /* ; */", "select 1 as a"]
)
def test_a_script_ends_its_last_statement(text: str, empty_database: str) -> None:
    script = split(text).sql + split("select 2 as a").sql
    with psycopg.connect(empty_database) as connection:
        cursor = connection.execute(script.encode())
        found: list[Any] = [cursor.fetchone()]
        while cursor.nextset():
            found.append(cursor.fetchone())
    assert found == [(1,), (2,)]
