"""What a person sees: on a terminal of any width, in a log, and from whatever installation."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.database.connect import connect
from arami_db.files import discover
from arami_db.migrating import migrate
from arami_db.render.columns import aligned, cells, shortened
from arami_db.render.lines import live_line
from arami_db.render.progress import PlainReport
from arami_db.runner.session import MigrateOptions, Session
from tests import pooler
from tests.conftest import (
    LIMIT,
    clean_environment,
    end,
    eventually,
    read_terminal,
    run_cli,
    start_cli,
)

Project = Callable[[dict[str, str]], Path]

LONG = "add_a_column_to_the_table_of_all_the_sessions_that_were_ever_interrupted"
TREE = {
    "migrations/001_a.sql": "create table public.a (id int);\ninsert into a values (1);\n",
    f"migrations/002_{LONG}.sql": "select 1;\n",
    "migrations/003_\u6771\u4eac.sql": "select 1;\n",
    "views/001_v.sql": "create view public.v as select id from public.a;\n",
}


def on_terminal(*arguments: str, columns: int, code: int = 0) -> list[str]:
    """The lines that a terminal of that width shows of a command, stdout and stderr."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "arami_db", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=clean_environment(TERM="xterm", COLUMNS=str(columns)),
    )
    os.close(theirs)
    said = read_terminal(ours)
    assert process.wait(timeout=LIMIT) == code, said
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    return [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")]


@pytest.mark.parametrize("columns", [40, 66, 80, 200])
def test_no_line_of_a_run_or_of_its_status_is_wider_than_the_terminal(
    columns: int, empty_database: str, project: Project
) -> None:
    named = ("-d", empty_database, "--sql-dir", str(project(TREE)))
    pending = on_terminal("status", *named, columns=columns)
    applied = on_terminal("migrate", "--verbose", *named, columns=columns)
    after = on_terminal("status", *named, columns=columns)
    for state, lines in (("pending", pending), ("applied", applied), ("applied", after)):
        told = [line for line in lines if line.startswith(f"{state}  ")]
        assert [line.split()[1][:14] for line in told] == [
            "migrations/001",
            "migrations/002",
            "migrations/003",
            "views/001_v",
        ]
        # Where it is, is said whole, on however many lines.
        wide = [line for line in lines if cells(line) > columns and ": PostgreSQL " not in line]
        assert wide == []
    long = next(line for line in after if "migrations/002_" in line)
    assert (LONG in long) == (columns == 200)
    assert long.split()[1].endswith("rupted")


def test_a_terminal_that_is_too_narrow_for_all_columns_keeps_state_and_file() -> None:
    table = [("state", "file", "by"), ("out of order", "migrations/001_abcdef", "owner")]
    assert aligned(table, 28) == ["state         file", "out of order  migration…cdef"]
    assert aligned(table, 5)[1].startswith("out of order")
    assert aligned(table)[1] == "out of order  migrations/001_abcdef  owner"
    assert shortened("\u6771\u4eac\u6771\u4eac", 5) == "\u6771\u4eac…"


@pytest.mark.parametrize("width", [1, 11, 40, 80, 200])
def test_a_live_line_has_room_for_the_place_and_for_what_is_done(width: int) -> None:
    doing = " (building index: scanning table 43%): create index on public.t (id)"
    line = live_line(f"migrations/002_{LONG}.sql:1:1", doing, width)
    assert cells(line) <= width
    assert ("(building index: scan" in line) == (width > 40)
    assert (LONG in line) == (width == 200)


def test_files_are_named_alike_wherever_they_lie(
    empty_database: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project({**TREE, "migrations/004_b.sql": "select 1;\n select nonsense;\n"})
    told = set()
    for folder, sql in ((root.parent, "sql"), (root, "."), (Path("/"), str(root))):
        monkeypatch.chdir(folder)
        command = ("migrate", "-d", empty_database, "--sql-dir", sql)
        error = run_cli(*command, "--target", "4", expect=1, PYTHONPATH=str(HERE)).stderr
        told.add(error[error.index("error: ") :])
        assert str(root) not in error
    assert len(told) == 1
    assert told.pop().startswith("error: migrations/004_b.sql:2:9: column")


HERE = Path(__file__).parents[1]


# --- what a long run says -----------------------------------------------------------------------

GATE = """\
create table public.gate (id int);
create table public.gate_4 (id int);
create table public.gate_5 (id int);
create table public.t as select 1 as id;
create function public.gated(id int) returns int language plpgsql immutable as $$
begin
    perform 1 from public.gate;
    return id;
end
$$;
"""
SLOW = {
    "migrations/001_gate.sql": GATE,
    "migrations/002_index.sql": "-- Slow.\n-- arami: no-transaction\n"
    "create index concurrently i on public.t\n    (public.gated(id));\n",
    "migrations/003_vacuum.sql": "-- arami: no-transaction\nvacuum public.t;\n",
    "migrations/004_first.sql": "select * from public.gate_4;\nselect 1;\n",
    "migrations/005_second.sql": "select 1;\nselect * from public.gate_5;\n",
}
PLACES = {
    2: "migrations/002_index.sql:3:1",
    4: "migrations/004_first.sql:1:1",
    5: "migrations/005_second.sql:2:1",
}


@pytest.fixture
def slow(empty_database: str, project: Project) -> Path:
    """A directory whose second, fourth and fifth migrations wait while gate_closed() is on."""
    root = project(SLOW)
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), "--target", "1")
    return root


@contextmanager
def gate_closed(conninfo: str) -> Iterator[psycopg.Connection[Any]]:
    """Hold locks that three of the files wait for: each savepoint lets go of its own."""
    with psycopg.connect(conninfo) as connection:
        for table in ("gate_5", "gate_4", "gate"):
            connection.execute(f"savepoint {table}".encode())
            connection.execute(f"lock table public.{table} in access exclusive mode".encode())
        yield connection


def migrating(conninfo: str, root: Path) -> threading.Thread:
    """A run in this process that says ten times a second where it stands."""

    def work() -> None:
        with connect(conninfo) as connection:
            options = MigrateOptions(lock_timeout=0)
            migrate(Session(connection, conninfo, options, PlainReport(0.1)), discover(root))

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def told(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """What waits until something is told on stderr, and returns all that was."""
    said: list[str] = []

    def until(pattern: str) -> str:
        def found() -> str:
            said.append(capsys.readouterr().err)
            return "".join(said) if re.search(pattern, "".join(said)) else ""

        return str(eventually(pattern, found))

    return until


def test_a_log_says_what_begins_and_where_it_stands_with_phase_and_share(
    slow: Path, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    until = told(capsys)
    with gate_closed(empty_database) as gate:
        run = migrating(empty_database, slow)
        said = until(rf"still at {PLACES[2]} after \d+ s \(building index: scanning table \d+%\)")
        assert "applying migrations/002_index\n" in said
        assert ": create index concurrently i on public.t (public.gated(id))\n" in said
        assert "applied  migrations/002_index" not in said
        assert f"waiting for a lock held by pid {gate.info.backend_pid}" in said
        gate.execute("rollback to gate")
        until(rf"still at {PLACES[4]} after \d+ s: select \* from public.gate_4\n")
        gate.execute("rollback to gate_4")
        until(rf"still at {PLACES[5]} after \d+ s: select \* from public.gate_5\n")
        gate.rollback()
        run.join(LIMIT)
    until("applied  migrations/005_second")


def test_a_vacuum_says_its_phase(
    slow: Path, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(slow), "--target", "2")
    fill = "insert into public.t select g from generate_series(1, 12000) as g"
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(fill)
        connection.execute("alter system set vacuum_cost_delay = '100ms'")
        connection.execute("alter system set vacuum_cost_limit = 1")
        connection.execute("select pg_reload_conf()")
        try:
            until = told(capsys)
            run = migrating(empty_database, slow)
            until(r"still at migrations/003_vacuum.sql:2:1 after \d+ s \(scanning heap \d+%\)")
        finally:
            connection.execute("alter system reset all")
            connection.execute("select pg_reload_conf()")
        run.join(LIMIT)


def test_without_a_third_connection_file_and_statement_are_said(
    slow: Path, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    until = told(capsys)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create role two login connection limit 2")
        connection.execute("grant all on schema arami_db, public to two")
        connection.execute("grant all on all tables in schema arami_db, public to two")
        connection.execute("alter table public.t owner to two")
    try:
        with gate_closed(empty_database) as gate:
            run = migrating(make_conninfo(empty_database, user="two"), slow)
            until(rf"still at {PLACES[2]} after \d+ s: create index concurrently i on public.t \(")
            gate.rollback()
            run.join(LIMIT)
    finally:
        with psycopg.connect(empty_database, autocommit=True) as connection:
            connection.execute("drop owned by two")
            connection.execute("drop role two")


def test_behind_a_pooler_file_and_statement_are_said(
    slow: Path, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    until = told(capsys)
    with pooler.pooled(empty_database) as through, gate_closed(empty_database) as gate:
        run = migrating(through, slow)
        until(rf"still at {PLACES[2]} after \d+ s: create index concurrently i on public.t \(")
        gate.rollback()
        run.join(LIMIT)


def test_a_process_whose_output_is_a_log_says_it_too(slow: Path, empty_database: str) -> None:
    with gate_closed(empty_database) as gate:
        command = ("migrate", "-d", empty_database, "--sql-dir", str(slow), "--lock-timeout", "0")
        process = start_cli(*command)
        assert process.stderr
        said = ""
        while "still at" not in said:
            said += process.stderr.readline()
        assert f"{PLACES[2]} after 1" in said.splitlines()[-1]
        gate.rollback()
        end(process)


def test_a_terminal_shows_the_statement_at_work(slow: Path, empty_database: str) -> None:
    ours, theirs = pty.openpty()
    command = ("migrate", "-d", empty_database, "--sql-dir", str(slow), "--lock-timeout", "0")
    with gate_closed(empty_database) as gate:
        process = subprocess.Popen(
            [sys.executable, "-m", "arami_db", *command],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env=clean_environment(TERM="xterm", COLUMNS="160"),
        )
        os.close(theirs)
        said = b""
        while b"building index" not in said:
            said += os.read(ours, 4096)
        gate.rollback()
        with suppress(OSError):  # the other end has closed
            while piece := os.read(ours, 4096):
                said += piece
    os.close(ours)
    assert process.wait(LIMIT) == 0
    assert PLACES[2].encode() in said
