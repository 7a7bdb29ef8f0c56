"""An archive run that is asked to stop, loses a connection or is killed: nothing half done."""

from __future__ import annotations

import json
import signal

import psycopg
import pytest

from tests.archive_runs import at_gate, closed_gate, fill, moved, runs, said, start, state
from tests.conftest import Process, end, eventually, rows, run_cli, run_json, scalar

ALL = pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name
)
SMALL = ("--batch-size", "10", "--format", "json")
LOCK = 4656874476747030043


def lock_holder(conninfo: str) -> int | None:
    """The backend that holds the archive lock."""
    found = rows(
        conninfo,
        "select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1"
        f" and (classid::bigint << 32) | objid::bigint = {LOCK}",
    )
    return found[0][0] if found else None


@ALL
def test_a_signal_finishes_the_batch_and_reports(number: signal.Signals, database: str) -> None:
    fill(database, 50)
    with closed_gate(database) as open_gate:
        process = start(database, *SMALL)
        at_gate(database)
        process.send_signal(number)
        said(process, f"{number.name}: stopping after this batch")
        assert state(database) == moved(0, of=50)
        open_gate()
        result = json.loads(end(process, 0).stdout)
    assert (result["outcome"], result["reason"]) == ("stopped early", number.name)
    assert (result["sessions"], result["batches"], result["left"]) == (10, 1, 40)
    assert state(database) == moved(10, of=50)
    assert runs(database) == [("archive", "stopped early")]
    assert lock_holder(database) is None
    assert "stopped early" in run_cli("archive", "history", "-d", database).stdout


@ALL
def test_a_second_signal_breaks_the_batch_off(number: signal.Signals, database: str) -> None:
    fill(database, 50)
    with closed_gate(database):
        process = start(database, *SMALL, "--jobs", "2")
        at_gate(database, 2)
        process.send_signal(number)
        said(process, "stopping after this batch")
        process.send_signal(number)
        result = json.loads(end(process, 130).stdout)
    assert (result["outcome"], result["sessions"]) == ("broken off", 0)
    assert state(database) == moved(0, of=50)
    assert runs(database) == [("archive", "broken off")]
    assert lock_holder(database) is None


def waiting(conninfo: str, query: str) -> None:
    """Return once a statement of this text waits for a lock."""
    found = (
        f"select from pg_stat_activity where wait_event_type = 'Lock' and query like '%{query}%'"
        " and datname = current_database()"
    )
    eventually("it waits", lambda: rows(conninfo, found))


def test_a_signal_ends_a_wait_for_the_record_at_once(database: str) -> None:
    fill(database, 50)
    with psycopg.connect(database) as other:
        other.execute("lock table audit.archive_run in exclusive mode")
        process = start(database, "--format", "json")
        waiting(database, "archive_run")
        process.send_signal(signal.SIGTERM)
        result = json.loads(end(process).stdout)
    assert (result["outcome"], result["run_id"]) == ("stopped early", None)
    assert state(database) == moved(0, of=50)


def test_a_second_signal_breaks_a_batch_off_that_waits(database: str) -> None:
    fill(database, 50)
    with psycopg.connect(database) as other:
        other.execute("lock table daily_sessions in exclusive mode")
        process = start(database, "--batch-size", "1", "--format", "json")
        waiting(database, "archive_daily_sessions")
        process.send_signal(signal.SIGTERM)
        said(process, "stopping after this batch")
        process.send_signal(signal.SIGTERM)
        end(process, 130)
    assert state(database) == moved(0, of=50)


def test_a_signal_ends_a_pause_at_once(database: str) -> None:
    fill(database, 50)
    process = start(database, *SMALL, "--pause", "1h")
    eventually("a batch", lambda: state(database) == moved(10, of=50))
    process.send_signal(signal.SIGTERM)
    assert json.loads(end(process, 0).stdout)["sessions"] == 10


def test_a_signal_during_the_last_batch_changes_nothing(database: str) -> None:
    fill(database, 10)
    with closed_gate(database) as open_gate:
        process = start(database, "--format", "json")
        at_gate(database)
        process.send_signal(signal.SIGTERM)
        said(process, "stopping")
        open_gate()
        result = json.loads(end(process, 0).stdout)
    assert (result["outcome"], result["reason"], result["left"]) == ("done", None, 0)


def in_a_batch(conninfo: str) -> tuple[Process, int]:
    """A run that is at the gate before its time is up, and how many seconds it has."""
    asleep = "select from pg_stat_activity where datname = current_database()"
    asleep += " and wait_event = 'PgSleep'"

    def at_it(process: Process) -> bool:
        eventually("gate", lambda: rows(conninfo, asleep) or process.poll() is not None)
        return process.poll() is None

    for seconds in (1, 10, 60):
        process = start(conninfo, *SMALL, "--max-duration", f"{seconds}s")
        if at_it(process):
            return process, seconds
        assert json.loads(end(process).stdout)["sessions"] == 0
    raise AssertionError("it came to no batch")


def test_a_signal_after_the_time_is_up_is_still_the_first(database: str) -> None:
    fill(database, 50)
    with closed_gate(database) as open_gate:
        process, seconds = in_a_batch(database)
        over = (
            f"select clock_timestamp() > started_at + interval '{seconds + 1} s'"
            " from audit.archive_run order by id desc limit 1"
        )
        eventually("the time is up", lambda: scalar(database, over))
        process.send_signal(signal.SIGTERM)
        said(process, "stopping after this batch")
        open_gate()
        result = json.loads(end(process, 0).stdout)
    assert (result["sessions"], result["reason"]) == (10, "--max-duration is over")


def test_a_stopped_run_does_not_go_on_to_vacuum(database: str) -> None:
    fill(database, 50)
    with closed_gate(database) as open_gate:
        process = start(database, *SMALL, "--vacuum")
        at_gate(database)
        process.send_signal(signal.SIGTERM)
        said(process, "stopping")
        open_gate()
        assert json.loads(end(process, 0).stdout)["vacuumed"] == []
    query = "select sum(vacuum_count) from pg_stat_user_tables where relname = 'daily_sessions'"
    assert scalar(database, query) == 0


def test_a_killed_run_is_found_by_the_next_which_goes_on(database: str) -> None:
    fill(database, 50)
    process = start(database, *SMALL, "--pause", "1h")
    eventually("a batch", lambda: state(database) == moved(10, of=50))
    process.kill()
    process.communicate()
    assert runs(database) == [("archive", None)]
    result = run_json("archive", "-d", database)
    assert (result["sessions"], result["outcome"]) == (40, "done")
    assert state(database) == moved(50, of=50)
    assert runs(database) == [("archive", "broken off"), ("archive", "done")]
    newest, oldest = run_json("archive", "history", "-d", database)["runs"]
    assert (newest["sessions"], oldest["sessions"]) == (40, 10)
    assert oldest["started_at"] <= oldest["finished_at"] <= newest["started_at"]


def test_a_run_that_loses_its_lock_stops(database: str) -> None:
    fill(database, 50)
    with closed_gate(database) as open_gate:
        process = start(database, *SMALL)
        at_gate(database)
        assert scalar(database, "select pg_terminate_backend(%s, 5000)", lock_holder(database))
        # Its lock is free, and still no batch begins after the one at work.
        open_gate()
        error = json.loads(end(process, 7).stdout)["error"]
    assert "archive lock" in error["message"]
    assert "stays moved" in error["hint"]
    assert runs(database) == [("archive", "failed")]
    assert state(database)[2] < 50


def test_a_worker_that_loses_its_connection_loses_no_row(database: str) -> None:
    fill(database, 50)
    with closed_gate(database):
        process = start(database, *SMALL)
        [worker] = at_gate(database)
        assert scalar(database, "select pg_terminate_backend(%s, 5000)", worker)
        result = end(process, 7)
    assert "Traceback" not in result.stderr
    assert state(database) == moved(0, of=50)
    assert runs(database) == [("archive", "failed")]
    assert run_json("archive", "-d", database)["sessions"] == 50


def test_a_second_run_exits_at_once_naming_the_first(database: str) -> None:
    fill(database, 50)
    with closed_gate(database) as open_gate:
        process = start(database, *SMALL)
        at_gate(database)
        holder = lock_holder(database)
        for command in (["archive"], ["archive", "restore", "--all"]):
            error = run_json(*command, "-d", database, expect=5)["error"]
            assert f"pid {holder} (arami-db {process.pid}@" in error["message"]
        assert run_json("archive", "--dry-run", "-d", database)["sessions"] == 50
        assert len(run_json("archive", "history", "-d", database)["runs"]) == 1
        open_gate()
        end(process, 0)
    assert runs(database) == [("archive", "done")]


def test_a_migration_and_an_archive_run_have_locks_of_their_own(database: str) -> None:
    fill(database, 50)
    with closed_gate(database) as open_gate:
        process = start(database, *SMALL)
        at_gate(database)
        run_cli("migrate", "-d", database, "--lock-wait", "0s")
        open_gate()
        end(process, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name)
def test_what_is_ignored_at_the_start_stays_ignored(number: signal.Signals, database: str) -> None:
    fill(database, 20)
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with closed_gate(database) as open_gate:
            process = start(database, *SMALL)
            at_gate(database)
            process.send_signal(number)
            open_gate()
            assert json.loads(end(process, 0).stdout)["outcome"] == "done"
    finally:
        signal.signal(number, before)
