"""Files sent ahead of one that fails, waits or is interrupted: none of them may take effect."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from .conftest import end, eventually, rows, run_cli, scalar, start_cli
from .test_failures import applied, working_pid

pytestmark = pytest.mark.quick

Project = Callable[[dict[str, str]], Path]

FILES = 40  # more than are under way at once


def tables(count: int) -> dict[str, str]:
    """Migrations that each create a table."""
    return {f"migrations/{n:03}_t.sql": f"create table t{n} ();" for n in range(1, count + 1)}


def made(conninfo: str) -> int:
    """How many of their tables there are."""
    return int(scalar(conninfo, r"select count(*) from pg_class where relname ~ '^t\d+$'"))


def in_order(conninfo: str) -> list[int]:
    """The versions as they were applied."""
    query = "select version from arami_db.event where event = 'applied' order by id"
    return [version for (version,) in rows(conninfo, query)]


@pytest.mark.parametrize("position", [1, 2, 16, 17, 18, 33, FILES])
def test_nothing_behind_a_file_that_fails_is_applied(
    position: int, empty_database: str, project: Project
) -> None:
    bad = f"migrations/{position:03}_t.sql"
    root = project({**tables(FILES), bad: "create table half (); select 1 / 0; select 2;"})
    failed = run_cli("migrate", "-d", empty_database, "--sql-dir", str(root), expect=1)
    assert f"{position:03}_t.sql:1:23" in failed.stderr
    assert in_order(empty_database) == list(range(1, position))
    assert made(empty_database) == position - 1
    project({bad: f"create table t{position} ();"})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert in_order(empty_database) == list(range(1, FILES + 1))
    assert made(empty_database) == FILES


def test_files_of_megabytes_travel_one_behind_the_other(
    empty_database: str, project: Project
) -> None:
    rows = "('" + "x" * 1000 + "'),\n"
    files = {
        f"migrations/{n:03}_big.sql": f"create table t{n} (c text);\n"
        f"insert into t{n} values\n{rows * 2000}('last');"
        for n in range(1, 6)
    }
    root = project(files | {"migrations/006_small.sql": "create table t6 ();"})
    run_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    assert made(empty_database) == 6
    assert scalar(empty_database, "select count(*) from t5") == 2001


def test_what_follows_a_file_that_is_tried_again_comes_after_it(
    empty_database: str, project: Project
) -> None:
    root = project(
        {**tables(FILES), "migrations/020_t.sql": "drop table held; create table t20 ()"}
    )
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("create table held ()")
        blocker.commit()
        blocker.execute("lock table held")
        process = start_cli(
            "migrate",
            "-d",
            empty_database,
            "--sql-dir",
            str(root),
            "--lock-timeout",
            "100ms",
            "--into-existing",
        )
        assert process.stderr is not None
        assert any("attempt 2 of" in line for line in process.stderr)
        assert in_order(empty_database) == list(range(1, 20))
        blocker.rollback()
    end(process, 0)
    assert in_order(empty_database) == list(range(1, FILES + 1))


def test_a_signal_leaves_what_was_sent_ahead_undone(empty_database: str, project: Project) -> None:
    slow = "create table half (); select pg_sleep(600);"
    root = project({**tables(FILES), "migrations/010_t.sql": slow})
    process = start_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    working_pid(empty_database, "pg_sleep(600)")
    process.send_signal(signal.SIGINT)
    end(process, 130)
    assert applied(empty_database) == [("migration", n) for n in range(1, 10)]
    assert made(empty_database) == 9


def test_each_file_is_reported_when_it_is_in_not_when_its_followers_are(
    empty_database: str, project: Project
) -> None:
    root = project({**tables(4), "migrations/004_t.sql": "select pg_advisory_xact_lock(7)"})
    with psycopg.connect(empty_database) as blocker:
        blocker.execute("select pg_advisory_lock(7)")
        process = start_cli(
            "migrate", "-d", empty_database, "--sql-dir", str(root), "--lock-timeout", "0"
        )
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()))
        reader.start()
        working_pid(empty_database, "pg_advisory_xact_lock(7)")
        eventually("three files reported", lambda: sum("applied" in line for line in lines) == 3)
        blocker.execute("select pg_advisory_unlock(7)")
    reader.join()
    end(process, 0)


def test_an_interrupt_is_remembered_of_the_file_that_the_server_is_at(
    empty_database: str, project: Project
) -> None:
    loud = "select 1;\n" * 400  # more than a pipe holds of lines, and less than a socket of results
    root = project(
        {
            f"migrations/001_{'loud' * 40}.sql": f"create table t1 ();\n{loud}",
            "migrations/002_slow.sql": "create table t2 ();\nselect pg_sleep(600);",
        }
    )
    process = start_cli("migrate", "-d", empty_database, "--sql-dir", str(root), "--verbose")
    # Nobody reads what is said of 001 and fills the pipe, while the server has gone on.
    eventually("002", lambda: working_pid(empty_database, "pg_sleep(600)"))
    process.send_signal(signal.SIGINT)
    assert end(process, 130).stderr.endswith(
        "migrations/002_slow.sql: interrupted; nothing of it was applied\n"
    )
    assert history(empty_database) == [(1, "applied"), (2, "interrupted")]


def test_an_interrupt_is_repeated_where_a_file_goes_on_regardless(
    empty_database: str, project: Project
) -> None:
    stubborn = (
        "do $$ begin perform pg_sleep(600);"
        " exception when query_canceled then perform pg_sleep(600); end $$"
    )
    root = project({"migrations/001_stubborn.sql": stubborn})
    process = start_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    eventually("001", lambda: working_pid(empty_database, "pg_sleep(600)"))
    process.send_signal(signal.SIGINT)
    end(process, 130)
    assert history(empty_database) == [(1, "interrupted")]


def test_an_interrupt_that_comes_while_a_notice_is_shown_is_not_lost(
    empty_database: str, project: Project
) -> None:
    loud = "do $$ begin raise notice '%', repeat('x', 300000); end $$;\nselect pg_sleep(600);"
    root = project({"migrations/001_loud.sql": loud})
    process = start_cli("migrate", "-d", empty_database, "--sql-dir", str(root))
    eventually("001", lambda: working_pid(empty_database, "pg_sleep(600)"))
    assert process.stderr is not None
    read = process.stderr.read
    eventually("a notice half read", lambda: "xxx" in read(1000))
    process.send_signal(signal.SIGINT)
    end(process, 130)
    assert history(empty_database) == [(1, "interrupted")]


def history(conninfo: str) -> list[tuple[int, str]]:
    """What happened to the migrations, in order."""
    return rows(conninfo, "select version, event from arami_db.event order by id")
