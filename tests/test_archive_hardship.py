"""An archive run among sessions that cannot move, locks, odd moments, odd settings and others."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from arami_db.archive.batch import BatchFailedError
from arami_db.archive.pacing import Pacing, Pressure
from arami_db.archive.work import ArchiveOptions, Stop
from tests.archive_runs import (
    at_gate,
    batches,
    closed_gate,
    execute,
    fill,
    moved,
    runs,
    said,
    session,
    slow,
    start,
    state,
)
from tests.conftest import (
    ALICE,
    LIMIT,
    acting_as,
    clean_environment,
    end,
    eventually,
    rows,
    run_cli,
    run_json,
    scalar,
    start_cli,
)

SESSIONS = "public.daily_sessions"


@contextmanager
def locked(conninfo: str, table: str, mode: str = "access exclusive") -> Iterator[None]:
    """Somebody holds a table for as long as the block runs."""
    with psycopg.connect(conninfo) as holder:
        holder.execute(f"lock table {table} in {mode} mode".encode())
        yield


# --- sessions that cannot move --------------------------------------------------------------------


def too_wide(conninfo: str, number: int) -> None:
    """A metric of a session, as its user may write it, that the archive's index cannot take."""
    name = base64.b64encode(random.Random(number).randbytes(2001)).decode()  # noqa: S311
    with psycopg.connect(conninfo, autocommit=True) as connection:
        with acting_as(connection, "authenticated", ALICE) as user:
            user.execute(
                "insert into public.session_analytics (session_id, user_id, metric_name)"
                " values (%s, %s, %s)",
                [session(number), ALICE, name],
            )
        connection.execute(
            "insert into public.session_analytics (session_id, user_id, metric_name)"
            " values (%s, %s, %s)",
            [session(number), ALICE, name],
        )


def test_a_session_the_archive_cannot_take_does_not_stop_the_others(database: str) -> None:
    fill(database, 60)
    for number in (17, 42):
        too_wide(database, number)
    result = run_json("archive", "-d", database, expect=1)
    assert (result["outcome"], result["sessions"], result["left"]) == ("failed", 58, 2)
    [failure] = result["failures"]
    assert (failure["sqlstate"], failure["sessions"]) == ("54000", 2)
    assert failure["examples"] == [session(17), session(42)]
    assert f"2 sessions cannot be moved; the first is {session(17)}" in result["reason"]
    assert runs(database) == [("archive", "failed")]
    assert session(17) in scalar(database, "select message from audit.archive_run")
    left = rows(database, "select id::text from public.daily_sessions order by id")
    assert left == [(session(17),), (session(42),)]
    again = run_cli("archive", "--jobs", "2", "-d", database, expect=1)
    assert "2 sessions: SQLSTATE 54000: " in again.stdout
    execute(database, "delete from public.session_analytics where length(metric_name) > 2000")
    mended = run_json("archive", "-d", database)
    assert (mended["sessions"], mended["left"], mended["failures"]) == (2, 0, [])


def test_a_session_that_cannot_come_back_does_not_stop_the_others(database: str) -> None:
    fill(database, 30)
    run_cli("archive", "-d", database)
    execute(
        database,
        f"alter table {SESSIONS} add constraint chk_made_here"
        " check (conversation_transcript <> 'session 9')",
    )
    result = run_json("archive", "restore", "--all", "-d", database, expect=1)
    assert (result["sessions"], result["left"]) == (29, 1)
    [failure] = result["failures"]
    assert (failure["sqlstate"], failure["examples"]) == ("23514", [session(9)])


def test_a_row_that_somebody_writes_into_the_archive_is_left(database: str) -> None:
    fill(database, 30)
    with psycopg.connect(database) as user:
        user.execute(
            "insert into public.daily_sessions_archive (id, user_id, session_type)"
            " values (%s, %s, 'written_clarity')",
            [session(12), ALICE],
        )
        result = run_json("archive", "--batch-size", "10", "-d", database)
        user.rollback()
    assert (result["outcome"], result["sessions"], result["left"]) == ("done", 29, 1)
    assert result["failures"] == []
    assert runs(database) == [("archive", "done")]
    assert run_json("archive", "-d", database)["sessions"] == 1


def test_a_locked_table_is_not_taken_for_locked_rows(database: str) -> None:
    fill(database, 30)
    with locked(database, "public.virtue_collection", "share"):
        error = run_json("archive", "--batch-size", "2", "-d", database, expect=1)["error"]
    assert error["sqlstate"] == "55P03"
    assert state(database) == moved(0, of=30)


def test_however_many_sessions_cannot_move_the_others_do_and_a_line_says_why(
    database: str,
) -> None:
    fill(database, 340)
    execute(
        database,
        "update public.daily_sessions set conversation_transcript = 'odd' where id::text <= "
        f"'{session(150)}';"
        "alter table public.daily_sessions_archive add constraint chk_made_here"
        " check (conversation_transcript <> 'odd') not valid",
    )
    done = run_cli("archive", "-d", database, expect=1)
    assert state(database)[2] == 190
    assert "150 sessions: SQLSTATE 23514: " in done.stdout
    assert f"({session(1)}, {session(2)}, {session(3)}, …)" in done.stdout
    assert len((done.stdout + done.stderr).splitlines()) < 10
    # The next run does not begin with them, and all that were mended go, however late they come.
    execute(
        database,
        "update public.daily_sessions set conversation_transcript = 'mended'"
        f" where id::text > '{session(20)}'",
    )
    again = run_json("archive", "--batch-size", "50", "-d", database, expect=1)
    assert (again["sessions"], again["left"]) == (130, 20)
    [failure] = again["failures"]
    assert (failure["sqlstate"], failure["sessions"]) == ("23514", 20)


def test_an_error_of_our_own_is_not_said_to_be_rolled_back() -> None:
    error = BatchFailedError(5, psycopg.DataError("timestamp too large"))
    assert "rolled back" not in str(error)
    assert "unknown" in str(error)


# --- moments and settings -------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["-infinity", "0044-03-15 12:00:00+00 BC", "0001-01-01"])
def test_any_moment_a_user_may_write_moves_and_comes_back(moment: str, database: str) -> None:
    fill(database, 10)
    execute(
        database,
        f"update {SESSIONS} set created_at = '{moment}' where id in"
        f" ('{session(4)}', '{session(7)}', '{session(9)}')",
    )
    before = rows(database, f"select s::text from {SESSIONS} as s order by id")
    assert run_json("archive", "--dry-run", "-d", database)["oldest"]
    run_cli("archive", "--dry-run", "-d", database)
    assert run_json("archive", "--batch-size", "2", "-d", database)["sessions"] == 10
    run_cli("archive", "history", "-d", database)
    run_json("archive", "restore", "--all", "--dry-run", "-d", database)
    restored = run_json("archive", "restore", "--all", "--batch-size", "2", "-d", database)
    assert restored["sessions"] == 10
    assert rows(database, f"select s::text from {SESSIONS} as s order by id") == before
    # A cutoff too may be one that no client's calendar has.
    assert run_json("archive", "--older-than", "3000 years", "-d", database)["left"] == 0
    run_cli("archive", "history", "-d", database)


def test_a_session_at_infinity_comes_back(database: str) -> None:
    fill(database, 5)
    run_cli("archive", "-d", database)
    execute(database, "update public.daily_sessions_archive set created_at = 'infinity'")
    restored = run_json("archive", "restore", "--all", "--batch-size", "2", "-d", database)
    assert restored["sessions"] == 5


def test_the_least_id_there_is_moves_too(database: str) -> None:
    fill(database, 5)
    execute(
        database,
        "delete from public.virtue_collection; delete from public.session_analytics;"
        f" update {SESSIONS} set id = '00000000-0000-0000-0000-000000000000'"
        f" where id = '{session(1)}'",
    )
    assert run_json("archive", "-d", database)["sessions"] == 5


def test_how_the_role_likes_its_dates_does_not_matter(database: str) -> None:
    fill(database, 30)
    options = "-c DateStyle=German -c IntervalStyle=sql_standard -c TimeZone=Asia/Kathmandu"
    odd = make_conninfo(database, options=options)
    assert run_json("archive", "--dry-run", "-d", odd)["oldest"] == "2020-01-01T00:01:00+00:00"
    begun = time.monotonic()
    assert run_json("archive", "--verify", "--batch-size", "10", "-d", odd)["sessions"] == 30
    taken = time.monotonic() - begun
    [run] = run_json("archive", "history", "-d", odd)["runs"]
    assert run["started_at"].endswith("+00:00")
    assert 0 < run["seconds"] < taken
    assert "done" in run_cli("archive", "history", "-d", odd).stdout
    assert run_json("archive", "restore", "--all", "-d", odd)["sessions"] == 30


def test_a_read_only_database_is_looked_at_and_nothing_else(database: str) -> None:
    fill(database, 10)
    frozen = make_conninfo(database, options="-c default_transaction_read_only=on")
    found = run_json("archive", "--dry-run", "-d", frozen)
    assert (found["sessions"], found["dry_run"]) == (10, True)
    assert run_json("archive", "history", "-d", frozen)["runs"] == []
    error = run_json("archive", "-d", frozen, expect=1)["error"]
    assert "read-only" in error["message"]
    assert "default_transaction_read_only" in error["hint"]


# --- locks and timeouts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "commands"),
    [
        (SESSIONS, [["archive", "--dry-run"], ["archive"]]),
        ("audit.archive_run", [["archive"], ["archive", "history"]]),
    ],
)
def test_a_question_that_meets_a_lock_is_given_up(
    table: str, commands: list[list[str]], database: str
) -> None:
    fill(database, 10)
    with locked(database, table):
        running = [start_cli(*command, "-d", database) for command in commands]
        told = [end(process, 1).stderr for process in running]
    for stderr in told:
        assert "waiting for a lock held by pid" in stderr
        assert "lock table" in stderr
        assert "error: SQLSTATE 55P03" in stderr
    assert state(database) == moved(0, of=10)


def test_a_lock_that_goes_is_waited_for(database: str) -> None:
    fill(database, 10)
    with locked(database, SESSIONS):
        process = start(database, "--format", "json")
        said(process, "waiting for a lock")
    assert json.loads(end(process).stdout)["sessions"] == 10


def test_a_statement_timeout_does_not_end_a_count(database: str) -> None:
    fill(database, 10)
    hurried = make_conninfo(database, options="-c statement_timeout=500ms")
    waiting = "select from pg_stat_activity where datname = current_database()"
    waiting += " and wait_event_type = 'Lock' and clock_timestamp() - query_start > '500 ms'"
    with locked(database, SESSIONS):
        process = start(hurried, "--dry-run", "--format", "json")
        eventually("it waits longer than the timeout", lambda: rows(database, waiting))
    assert json.loads(end(process).stdout)["sessions"] == 10


def test_a_timeout_too_short_for_any_question_is_named(database: str) -> None:
    hurried = make_conninfo(database, options="-c statement_timeout=1ms")
    with locked(database, "pg_catalog.pg_proc"):
        done = run_cli("archive", "-d", hurried, expect=1)
    assert "alter role … set statement_timeout" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_signal_during_the_count_ends_the_run_cleanly(database: str) -> None:
    fill(database, 10)
    with locked(database, SESSIONS):
        process = start(database, "--format", "json", "--vacuum")
        said(process, "waiting for a lock")
        process.send_signal(signal.SIGTERM)
        result = json.loads(end(process).stdout)
    assert (result["outcome"], result["reason"]) == ("stopped early", "SIGTERM")
    assert (result["sessions"], result["left"], result["vacuumed"]) == (0, None, [])
    assert runs(database) == [("archive", "stopped early")]


def test_an_idle_connection_that_was_closed_is_opened_again(database: str) -> None:
    fill(database, 20)
    # Each batch limits its own session alone: it may be idle for half of the time that it pauses.
    execute(
        database,
        "create table public.backend (pid int);"
        " create function public.tire() returns trigger language plpgsql as $$ begin"
        " perform set_config('idle_session_timeout', '2s', false);"
        " insert into public.backend values (pg_backend_pid()); return null; end $$;"
        " create trigger tire after insert on public.daily_sessions_archive"
        " for each statement execute function public.tire();"
        " comment on trigger tire on public.daily_sessions_archive is 'archive: it tires soon'",
    )
    options = ["--batch-size", "10", "--pause", "4s"]
    assert run_json("archive", *options, "-d", database)["sessions"] == 20
    # Ten, ten, and one that finds none: each was moved by a backend of its own.
    assert rows(database, "select count(*), count(distinct pid) from public.backend") == [(3, 3)]


def test_a_worker_that_cannot_connect_is_done_without(database: str) -> None:
    fill(database, 20)
    name = f"few_{os.urandom(4).hex()}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"create role {name} login bypassrls connection limit 3".encode())
        connection.execute(f"grant pg_read_all_data, pg_write_all_data to {name}".encode())
        connection.execute(
            f"grant execute on all functions in schema public, audit to {name}".encode()
        )
        try:
            with closed_gate(database) as open_gate:
                few = make_conninfo(database, user=name)
                process = start(few, "--jobs", "4", "--batch-size", "5", "--format", "json")
                said(process, "one connection less")
                open_gate()
                assert json.loads(end(process).stdout)["sessions"] == 20
        finally:
            connection.execute(f"drop owned by {name}; drop role {name}".encode())


# --- signals at the end ---------------------------------------------------------------------------


def test_a_signal_in_the_last_batch_means_no_vacuum(database: str) -> None:
    fill(database, 10)
    with closed_gate(database) as open_gate:
        process = start(database, "--vacuum", "--format", "json")
        at_gate(database)
        process.send_signal(signal.SIGTERM)
        said(process, "stopping")
        open_gate()
        result = json.loads(end(process).stdout)
    assert (result["outcome"], result["left"], result["vacuumed"]) == ("done", 0, [])
    vacuums = "select sum(vacuum_count) from pg_stat_user_tables where relname = 'daily_sessions'"
    assert scalar(database, vacuums) == 0


def test_a_signal_during_the_vacuum_cancels_it(database: str) -> None:
    fill(database, 10)
    waiting = "select from pg_stat_activity where query like 'vacuum%' and datname = "
    waiting += "current_database() and wait_event_type = 'Lock'"
    with locked(database, SESSIONS, "share update exclusive"):  # VACUUM's own: batches pass
        process = start(database, "--vacuum", "--format", "json")
        eventually("it vacuums", lambda: rows(database, waiting))
        process.send_signal(signal.SIGTERM)
        result = json.loads(end(process).stdout)
    assert (result["outcome"], result["sessions"]) == ("done", 10)
    [vacuumed] = result["vacuumed"]
    assert "user request" in vacuumed["failure"]  # not the lock's timeout


def test_a_vacuum_does_not_hang_behind_a_lock(database: str) -> None:
    fill(database, 10)
    with locked(database, SESSIONS, "share update exclusive"):
        found = run_json(
            "maintain", "--threshold", "0%", "users", "daily_sessions", "-d", database, expect=1
        )
    failures = {table["table"]: table["failure"] for table in found["tables"]}
    assert "55P03" in failures[SESSIONS]
    assert failures["public.users"] is None


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_descriptors_do_not_end_a_run_and_the_exit_code_is_honest(
    closed: str, database: str
) -> None:
    fill(database, 10)
    command = f'exec "$0" -m arami_db archive --vacuum -d "$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, database],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert done.returncode == (0 if closed == "2>&-" else 1)  # the report is lost, or not
    assert "Traceback" not in done.stderr
    assert (state(database), runs(database)) == (moved(10, of=10), [("archive", "done")])


def test_nobody_reading_what_is_said_does_not_end_a_run(database: str) -> None:
    fill(database, 30)
    with closed_gate(database) as open_gate:
        process = start(database, "--batch-size", "10", "--vacuum", "--format", "json")
        at_gate(database)
        assert process.stderr is not None
        process.stderr.close()
        process.stderr = None
        process.send_signal(signal.SIGTERM)  # it writes a note, before it sees the gate open
        open_gate()
        stdout, _ = process.communicate()
    assert json.loads(stdout)["outcome"] == "stopped early"


# --- others at work -------------------------------------------------------------------------------


class Rests(Stop):
    """Keeps how long each rest would be, and takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    async def rest(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.mark.parametrize(
    ("options", "others", "expected"),
    [
        (ArchiveOptions(), True, [6.0]),
        (ArchiveOptions(jobs=3), True, [20.0]),  # three are active a seventh of the time
        (ArchiveOptions(), None, [6.0]),
        (ArchiveOptions(), False, []),
        (ArchiveOptions(batch_size=300), True, []),
        (ArchiveOptions(batch_size=300, pause=2.0), True, [2.0]),
        (ArchiveOptions(pause=2.0), True, [8.0]),
    ],
)
def test_a_rest_is_as_long_as_all_workers_together_need(
    options: ArchiveOptions, others: bool | None, expected: list[float]
) -> None:
    rests = Rests()
    pacing = Pacing(options, rests, lambda _: None)
    asyncio.run(pacing.rest(Pressure(False, others, [], False), 1.0))
    assert rests.seconds == expected


@contextmanager
def others(conninfo: str) -> Iterator[None]:
    """An application that asks without a pause; each batch waits until it has seen that."""
    execute(
        conninfo,
        "create function public.see() returns trigger language plpgsql as $$ begin"
        " loop perform pg_stat_clear_snapshot();"
        " exit when exists (select from pg_stat_activity where query = 'select 1 as others'"
        " and state_change > clock_timestamp() - interval '10 ms'); end loop;"
        " perform pg_stat_clear_snapshot(); return null; end $$;"
        " create trigger see after insert on public.daily_sessions_archive"
        " for each statement execute function public.see();"
        " comment on trigger see on public.daily_sessions_archive is 'archive: it looks on'",
    )
    ended = threading.Event()

    def work() -> None:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            while not ended.is_set():
                connection.execute("select 1 as others")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


# How much longer each worker paused after a batch than the batch took, by the server's clock. A
# slow machine makes pauses longer, and never shorter.
PAUSES = """
select extract(epoch from pause) / extract(epoch from duration) from (
    select
        duration,
        lead(occurred_at - duration) over (partition by worker order by id) - occurred_at as pause
    from audit.archive_batch
) as batch
where pause is not null
"""


@pytest.mark.parametrize("jobs", [1, 3])
def test_while_others_are_at_work_batches_take_a_seventh_of_the_time(
    jobs: int, database: str
) -> None:
    fill(database, 900)
    slow(database)
    execute(
        database,
        "alter table audit.archive_batch add column worker integer default pg_backend_pid()",
    )
    with others(database):
        busy = end(start(database, "--jobs", str(jobs), "--before", "2020-01-01T10:00"))
        assert busy.stderr.count("others are at work") == 1
        pauses = [float(times) for (times,) in rows(database, PAUSES)]
        assert min(pauses) > 0.99 * (7 * jobs - 1), pauses
        execute(database, "truncate audit.archive_batch")
        named = end(start(database, "--batch-size", "300"))
        assert sum(batches(database)) == 301
    assert "others are at work" not in named.stderr


def test_who_may_not_see_whether_others_are_at_work_rests_and_is_told_why(database: str) -> None:
    fill(database, 300)
    name = f"blind_{os.urandom(4).hex()}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"create role {name} login bypassrls".encode())
        connection.execute(f"grant pg_read_all_data, pg_write_all_data to {name}".encode())
        connection.execute(
            f"grant execute on all functions in schema public, audit to {name}".encode()
        )
        try:
            done = end(start(make_conninfo(database, user=name)))
            run_cli("archive", "restore", "--all", "-d", database)
            assert "may not see whether others are at work (grant pg_monitor to it)" in done.stderr
            connection.execute(f"grant pg_monitor to {name}".encode())
            again = end(start(make_conninfo(database, user=name)))
            assert "others are at work" not in again.stderr
        finally:
            connection.execute(f"drop owned by {name}; drop role {name}".encode())
    assert state(database) == moved(300, of=300)


def test_our_own_transactions_are_not_taken_for_those_of_others(database: str) -> None:
    fill(database, 1000)
    done = end(start(database, "--batch-size", "10", "--jobs", "2"))
    assert sum(batches(database)) == 1000
    execute(database, "truncate audit.archive_batch")
    assert "others are at work" not in done.stderr
    run_cli("archive", "restore", "--all", "-d", database)
    slow(database)
    alone = end(start(database, "--jobs", "2"))
    assert "others are at work" not in alone.stderr


def test_many_jobs_and_failed_batches_are_ours_too(database: str) -> None:
    fill(database, 4000)
    execute(
        database,
        "alter table public.daily_sessions_archive set (autovacuum_enabled = false);"
        " alter table public.daily_sessions set (autovacuum_enabled = false);"
        " alter table public.session_analytics set (autovacuum_enabled = false);"
        " alter table public.session_analytics_archive set (autovacuum_enabled = false);"
        " alter table public.daily_sessions_archive add constraint chk_none check"
        " (substr(conversation_transcript, 9)::int % 400 <> 0) not valid",
    )
    done = end(start(database, "--jobs", "16", "--format", "json"), 1)
    assert "others are at work" not in done.stderr
    assert json.loads(done.stdout)["sessions"] == 4000 - 10


def test_a_first_run_forgets_the_plans_it_made_for_an_empty_archive(database: str) -> None:
    fill(database, 6000)
    execute(database, "analyze")
    run_cli("archive", "-d", database)
    scans = (
        "select sum(idx_scan) filter (where indexrelname = 'daily_sessions_archive_pkey')"
        " / sum(idx_scan) from pg_stat_user_indexes where relname = 'daily_sessions_archive'"
    )
    assert eventually("it is counted", lambda: scalar(database, scans)) > 0.5


def test_batches_do_not_wait_for_the_disk_and_the_record_does(database: str) -> None:
    fill(database, 10)
    execute(
        database,
        "create table public.seen (what text, setting text);"
        " create function public.see() returns trigger language plpgsql as $$ begin"
        " insert into public.seen values (tg_op || ' ' || tg_table_name,"
        " current_setting('synchronous_commit')); return null; end $$;"
        " create trigger see after insert on public.daily_sessions_archive"
        " for each statement execute function public.see();"
        " comment on trigger see on public.daily_sessions_archive is 'archive: it looks on';"
        " create trigger see after update on audit.archive_run"
        " for each statement execute function public.see()",
    )
    lazy = make_conninfo(database, options="-c synchronous_commit=off")
    run_cli("archive", "-d", lazy)
    seen = rows(database, "select what, setting from public.seen")
    assert ("INSERT daily_sessions_archive", "off") in seen
    assert seen[-1] == ("UPDATE archive_run", "on")


def test_the_second_pass_begins_where_something_is_left(database: str) -> None:
    fill(database, 30)
    execute(
        database,
        "create table public.seen (n bigint generated always as identity, query text);"
        " create function public.see() returns trigger language plpgsql as $$ begin"
        " insert into public.seen (query) values (current_query()); return null; end $$;"
        " create trigger see after insert on public.daily_sessions_archive"
        " for each statement execute function public.see();"
        " comment on trigger see on public.daily_sessions_archive is 'archive: it looks on'",
    )
    with psycopg.connect(database) as user:
        user.execute("select from public.daily_sessions where id = %s for update", [session(20)])
        assert run_json("archive", "-d", database)["left"] == 1
    first, second = rows(database, "select query from public.seen order by n")
    assert "2020-01-01T00:01:00+00:00" in first[0]
    assert "2020-01-01T00:20:00+00:00" in second[0]


def test_a_transaction_timeout_does_not_end_a_batch(database: str) -> None:
    if scalar(database, "select current_setting('server_version_num')::int") < 170000:
        pytest.skip("came with Postgres 17")
    fill(database, 10)
    hurried = make_conninfo(database, options="-c transaction_timeout=500ms")
    long = "select from pg_stat_activity where datname = current_database()"
    long += " and wait_event = 'PgSleep' and clock_timestamp() - xact_start > '500 ms'"
    with closed_gate(database) as open_gate:
        process = start(hurried, "--format", "json")
        at_gate(database)
        eventually("it takes longer than the timeout", lambda: rows(database, long))
        open_gate()
        assert json.loads(end(process).stdout)["sessions"] == 10


def test_a_pause_without_end_is_ended_by_a_signal(database: str) -> None:
    fill(database, 20)
    process = start(database, "--batch-size", "10", "--pause", "99999999999h", "--format", "json")
    eventually("a batch", lambda: state(database)[2] == 10)
    process.send_signal(signal.SIGINT)
    assert json.loads(end(process).stdout)["outcome"] == "stopped early"


def test_a_second_signal_after_the_last_batch_breaks_nothing_off(database: str) -> None:
    fill(database, 10)
    execute(
        database,
        "create function public.hold() returns trigger language plpgsql as $$ begin"
        " perform pg_advisory_xact_lock_shared(9); return null; end $$;"
        " create trigger hold after update on audit.archive_run"
        " for each row execute function public.hold()",
    )
    held = "select from pg_stat_activity where datname = current_database()"
    held += " and wait_event_type = 'Lock' and wait_event = 'advisory'"
    # The first update, of runs that ended without a word, finds none; the last one is held.
    with psycopg.connect(database, autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(9)")
        process = start(database, "--pause", "0s", "--format", "json")
        eventually("it records its end", lambda: rows(database, held))
        assert state(database)[2] == 10
        process.send_signal(signal.SIGTERM)
        said(process, "SIGTERM: stopping")
        process.send_signal(signal.SIGINT)
        said(process, "SIGINT again")
        holder.execute("select pg_advisory_unlock_all()")
    assert json.loads(end(process).stdout)["outcome"] == "done"
