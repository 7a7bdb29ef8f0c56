"""Archive and restore as SQL functions: all of it moves, in one piece, or stays."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.archiving import (
    ARCHIVE,
    CUTOFF,
    OLD,
    Connection,
    add_session,
    add_user,
    archive,
    counts,
    restore,
    state,
)
from tests.conftest import ALICE, BOB, acting_as
from tests.documented import API_ROLES, REFUSED, insert, row_for, value

pytestmark = pytest.mark.quick


@pytest.fixture
def db(connection: Connection) -> Connection:
    """ALICE and BOB, without sessions."""
    add_user(connection, ALICE)
    add_user(connection, BOB)
    return connection


@contextmanager
def holding(database: str, statement: str, *parameters: object) -> Iterator[Connection]:
    """Another connection in an open transaction that has executed a statement."""
    with psycopg.connect(database) as other:
        other.execute(statement.encode(), parameters)
        yield other
        other.rollback()


def refused(connection: Connection, call: Any) -> psycopg.Error:
    """The error a call ends in; nothing may have moved."""
    before = state(connection)
    with pytest.raises(psycopg.Error) as caught:
        call()
    assert state(connection) == before
    return caught.value


def moved(analytics: int, virtues: int) -> dict[str, int]:
    """What a batch says it moved with the sessions."""
    return {"public.session_analytics": analytics, "public.virtue_collection": virtues}


def log(connection: Connection) -> int:
    return int(value(connection, "select count(*) from audit.change_log"))


# What moves


def test_a_batch_moves_the_oldest_with_their_analytics_and_virtues(db: Connection) -> None:
    ids = [add_session(db, ALICE, day, virtue=f"v{day}") for day in (3, 1, 2)]
    found = archive(db, 2)
    assert (found["sessions"], found["rows"]) == (2, moved(4, 2))
    assert (found["oldest"], found["newest"]) == (OLD + timedelta(1), OLD + timedelta(2))
    assert (found["last_created_at"], found["last_id"]) == (OLD + timedelta(2), ids[2])
    assert (found["skipped"], found["exhausted"]) == (0, False)
    assert counts(db) == (1, 2, 2, 4)


def test_every_column_arrives_as_it_was(db: Connection) -> None:
    add_session(db, ALICE, virtue="calm")
    before = state(db)
    archive(db)
    after = state(db)
    assert after["daily_sessions_archive"] == before["daily_sessions"]
    assert after["session_analytics_archive"] == before["session_analytics"]
    (virtue,) = before["virtue_collection"]
    pointer = virtue["earned_from_session_id"]
    moved = {"earned_from_session_id": None, "earned_from_archived_session_id": pointer}
    assert after["virtue_collection"] == [{**virtue, **moved}]


def test_sessions_from_the_cutoff_on_stay(db: Connection) -> None:
    add_session(db, ALICE, 0)
    add_session(db, ALICE, 1)
    assert archive(db, cutoff=OLD + timedelta(1))["sessions"] == 1
    assert value(db, "select created_at from public.daily_sessions") == OLD + timedelta(1)


def test_batches_resume_after_the_last_row_of_the_one_before(db: Connection) -> None:
    for _ in range(5):
        add_session(db, ALICE)  # all of one moment: the id decides
    total = 0
    after: dict[str, Any] = {"at": None, "id": None}
    for _ in range(3):
        found = archive(db, 2, **after)
        total += found["sessions"]
        after = {"at": found["last_created_at"], "id": found["last_id"]}
    assert (total, found["exhausted"]) == (5, True)
    assert archive(db, 2, **after)["sessions"] == 0


def test_with_nothing_to_move_nothing_is_written(db: Connection) -> None:
    found = archive(db)
    assert (found["sessions"], found["rows"]) == (0, {})
    assert (found["oldest"], found["last_id"], found["exhausted"]) == (None, None, True)
    assert value(db, "select count(*) from audit.archive_batch") == 0


def test_a_move_is_no_change_and_a_delete_after_it_is_one(db: Connection) -> None:
    add_session(db, ALICE, virtue="calm")
    archive(db)
    restore(db, for_user=ALICE)
    assert log(db) == 0
    with db.transaction():
        archive(db)
        db.execute("delete from public.daily_sessions_archive")
    assert log(db) == 4  # the session, its two metrics, and the pointer of the virtue


@pytest.mark.parametrize("role", ["authenticated", "service_role"])
def test_no_api_role_can_keep_the_change_log_quiet(db: Connection, role: str) -> None:
    add_session(db, ALICE)
    with acting_as(db, role, ALICE):
        db.execute("set local arami_db.moving = 'on'")
        db.execute("delete from public.daily_sessions")
        db.execute("reset role")
        assert log(db) == 3


# Restore


@pytest.mark.parametrize("size", [1, 1000])
def test_restore_brings_back_exactly_what_was(db: Connection, size: int) -> None:
    for day in range(4):
        add_session(db, ALICE, day, metrics=day, virtue=f"v{day}")
    before = state(db)
    archive(db)
    total = 0
    while found := restore(db, for_user=ALICE, batch_size=size)["sessions"]:
        total += found
    assert total == 4
    assert state(db) == before


@pytest.mark.parametrize(
    ("criteria", "days"),
    [
        ({"for_user": ALICE}, {0, 1, 2}),
        ({"from_time": OLD + timedelta(1)}, {1, 2, 3}),
        ({"until_time": OLD + timedelta(1)}, {0}),
        ({"from_time": OLD + timedelta(1), "until_time": OLD + timedelta(3)}, {1, 2}),
        ({"for_user": BOB, "until_time": OLD + timedelta(3)}, set()),
        ({"session_ids": [uuid.uuid4()]}, set()),
        ({"session_ids": []}, set()),
    ],
)
def test_restore_takes_what_meets_all_criteria(
    db: Connection, criteria: dict[str, Any], days: set[int]
) -> None:
    for day, user in enumerate((ALICE, ALICE, ALICE, BOB)):
        add_session(db, user, day)
    archive(db)
    assert restore(db, **criteria)["sessions"] == len(days)
    rows = db.execute("select created_at from public.daily_sessions").fetchall()
    assert {(row[0] - OLD).days for row in rows} == days


def test_restore_takes_sessions_by_id(db: Connection) -> None:
    ids = [add_session(db, ALICE, day) for day in range(3)]
    archive(db)
    assert restore(db, session_ids=ids[:2])["sessions"] == 2
    assert {row["id"] for row in state(db)["daily_sessions"]} == set(ids[:2])


def test_restore_of_everything_must_be_asked_for(db: Connection) -> None:
    error = refused(db, lambda: restore(db))
    assert "which sessions to restore" in str(error)


# Who and what is refused


@pytest.mark.parametrize("role", API_ROLES)
@pytest.mark.parametrize(
    "call",
    [
        "audit.archive_daily_sessions(now())",
        "audit.restore_daily_sessions(for_user => gen_random_uuid())",
        "audit.move_sessions('archive', null, null, null, now(), 1, null, null, null, false)",
    ],
)
def test_api_roles_may_not_execute_them(db: Connection, role: str, call: str) -> None:
    with acting_as(db, role, ALICE), pytest.raises(psycopg.Error) as caught:
        db.execute(f"select {call}".encode())
    assert caught.value.sqlstate == REFUSED


def test_a_role_that_row_level_security_filters_is_refused(db: Connection) -> None:
    add_session(db, ALICE)
    role = f"test_{uuid.uuid4().hex[:12]}"
    db.execute(f"create role {role}".encode())
    try:
        db.execute(f"grant usage on schema audit to {role}".encode())
        for kind in ("tables", "functions"):
            for schema in ("public", "audit"):
                db.execute(f"grant all on all {kind} in schema {schema} to {role}".encode())
        db.execute(f"set role {role}".encode())
        with pytest.raises(psycopg.Error) as caught:
            archive(db)
        db.execute("reset role")
        assert "row-level security" in str(caught.value)
    finally:
        db.execute(f"drop owned by {role}".encode())
        db.execute(f"drop role {role}".encode())


@pytest.mark.parametrize("cutoff", [None, datetime(2999, 1, 1, tzinfo=UTC)])
def test_a_cutoff_that_is_no_moment_of_the_past_is_refused(db: Connection, cutoff: Any) -> None:
    add_session(db, ALICE)
    assert "cutoff" in str(refused(db, lambda: db.execute(ARCHIVE, [cutoff, 1])))


@pytest.mark.parametrize("size", [None, 0, -1])
def test_a_batch_of_nothing_is_refused(db: Connection, size: int | None) -> None:
    add_session(db, ALICE)
    assert "batch_size" in str(refused(db, lambda: db.execute(ARCHIVE, [CUTOFF, size])))


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_an_old_snapshot_is_refused(db: Connection, level: str) -> None:
    add_session(db, ALICE)

    def call() -> None:
        with db.transaction():
            db.execute(f"set transaction isolation level {level}".encode())
            archive(db)

    assert level in str(refused(db, call))


LIVE, TWIN = "public.daily_sessions", "public.daily_sessions_archive"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (f"alter table {LIVE} add mood text", f"mood is text in {LIVE} and missing in {TWIN}"),
        (f"alter table {TWIN} add mood text", f"mood is missing in {LIVE} and text in {TWIN}"),
        (f'alter table {LIVE} add "a b" int', '"a b"'),
        (f"alter table {LIVE} alter duration_seconds type bigint", "duration_seconds is bigint"),
        (
            "alter table public.session_analytics alter metric_value type decimal(12, 4)",
            "numeric(12,4)",
        ),
        (f'alter table {TWIN} alter virtue_earned type text collate "C"', 'collate "C"'),
        (
            f"alter table {LIVE} add n int generated always as (1) stored;"
            f" alter table {TWIN} add n int",
            "generated as 1",
        ),
    ],
)
def test_columns_that_differ_are_refused_both_ways(db: Connection, change: str, words: str) -> None:
    add_session(db, ALICE, 0)
    add_session(db, ALICE, 1)
    archive(db, 1)
    db.execute("drop view public.session_history cascade")
    db.execute(change.encode())
    assert words in str(refused(db, lambda: archive(db)))
    error = refused(db, lambda: restore(db, for_user=ALICE))
    assert error.sqlstate == "55000"
    assert "in a migration" in str(error.diag.message_hint)


def test_columns_added_to_both_move_along_in_any_order(db: Connection) -> None:
    session = add_session(db, ALICE)
    db.execute(f'alter table {LIVE} add mood text, add "Odd name" int, add p int, add place tid')
    db.execute(f'alter table {TWIN} add "Odd name" int, add place tid, add p int, add mood text')
    db.execute(f"alter table {LIVE} add twice int generated always as (duration_seconds*2) stored")
    db.execute(f"alter table {TWIN} add twice int generated always as (duration_seconds*2) stored")
    db.execute(f"alter table {LIVE} drop session_metadata cascade")
    db.execute(f"alter table {TWIN} drop session_metadata cascade")
    db.execute(f"update {LIVE} set mood = 'fine', \"Odd name\" = 7, duration_seconds = 5")
    before = state(db)
    archive(db)
    assert state(db)["daily_sessions_archive"] == before["daily_sessions"]
    restore(db, session_ids=[session])
    assert state(db) == before


def test_a_column_added_by_somebody_else_meanwhile_is_seen(db: Connection, database: str) -> None:
    add_session(db, ALICE)
    caught: list[psycopg.Error] = []

    def call() -> None:
        with psycopg.connect(database, autocommit=True) as second:
            try:
                second.execute(ARCHIVE, [CUTOFF, 10])
            except psycopg.Error as error:
                caught.append(error)

    with holding(database, f"alter table {LIVE} add mood text") as other:
        thread = threading.Thread(target=call)
        thread.start()
        waiting = "select count(*) from pg_locks where not granted and relation = %s::regclass"
        while not value(db, waiting, LIVE):
            pass
        other.commit()
        thread.join()
    assert "mood is text" in str(caught[0])
    assert counts(db)[:2] == (1, 0)


REFERENCES = {
    "another table": "create table public.notes (s uuid constraint k references {live}"
    " on delete cascade)",
    "another pointer of a virtue": "alter table public.virtue_collection add last_session uuid"
    " constraint k references {live} on delete set null",
    "another pointer of a metric": "alter table public.session_analytics add before uuid"
    " constraint k references {live} on delete set null;"
    " alter table public.session_analytics_archive add before uuid",
}


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_it_does_not_know_stops_it(db: Connection, reference: str) -> None:
    add_session(db, ALICE)
    db.execute(REFERENCES[reference].format(live=LIVE).encode())
    assert re.search(r"foreign key .*\bk of public\.", str(refused(db, lambda: archive(db))))


def test_a_live_column_called_archived_at_is_not_dropped(db: Connection) -> None:
    add_session(db, ALICE)
    db.execute(f"alter table {LIVE} add archived_at timestamptz".encode())
    assert "archived_at is timestamp" in str(refused(db, lambda: archive(db)))


def test_a_row_being_written_under_the_same_key_is_not_waited_for_long(
    db: Connection, database: str
) -> None:
    session = add_session(db, ALICE)
    with psycopg.connect(database) as other:
        insert(
            other, "daily_sessions_archive", row_for("daily_sessions_archive", ALICE, id=session)
        )
        found = archive(db)
        assert (found["sessions"], found["skipped"], found["failed"]) == (0, 1, 0)
        other.commit()
    found = archive(db)
    assert (found["sessions"], found["skipped"], found["failed"]) == (0, 0, 1)


def test_what_is_in_the_archive_already_stays_and_stops_nobody(db: Connection) -> None:
    """A user may write there too, under the id of a live session or metric of theirs."""
    first, second, _ = (add_session(db, ALICE, day) for day in range(3))
    insert(db, "daily_sessions_archive", row_for("daily_sessions_archive", ALICE, id=first))
    fourth = insert(db, "daily_sessions_archive", row_for("daily_sessions_archive", ALICE))
    [[metric]] = db.execute(
        "select id from public.session_analytics where session_id = %s and metric_name = 'm1'",
        [second],
    ).fetchall()
    row = row_for("session_analytics_archive", ALICE, id=metric, session_id=fourth)
    insert(db, "session_analytics_archive", row)
    found = archive(db)
    assert (found["sessions"], found["rows"]) == (1, {"public.session_analytics": 2})
    assert (found["skipped"], found["failed"]) == (0, 2)
    assert db.execute("select id from public.daily_sessions order by created_at").fetchall() == [
        (first,),
        (second,),
    ]
    assert {row[0] for row in db.execute("select sqlstate from audit.archive_failure")} == {"23505"}


def test_a_session_does_not_come_back_over_another(db: Connection) -> None:
    sessions = [add_session(db, ALICE, day) for day in range(2)]
    archive(db)
    insert(db, "daily_sessions", row_for("daily_sessions", BOB, id=sessions[0]))
    found = restore(db, for_user=ALICE)
    assert (found["sessions"], found["failed"]) == (1, 1)
    assert counts(db) == (2, 1, 2, 2)


# Others at the same time


LOCKS = {
    "the session, changed": "update public.daily_sessions set duration_seconds = 1 where id = %s",
    "the session, referred to": "select from public.daily_sessions where id = %s for key share",
    "a metric": "update public.session_analytics set metric_value = 1"
    " where session_id = %s and metric_name = 'm1'",
    "the virtue": "update public.virtue_collection set times_earned = 9"
    " where earned_from_session_id = %s",
    "the account": "delete from public.users as u using public.daily_sessions as s"
    " where s.user_id = u.id and s.id = %s",
}


@pytest.mark.parametrize("lock", LOCKS)
def test_what_somebody_has_locked_stays_and_is_taken_later(
    db: Connection, database: str, lock: str
) -> None:
    held = add_session(db, ALICE, 0, virtue="calm")
    add_session(db, BOB, 1, virtue="calm")
    db.execute("set lock_timeout = '1s'")  # it must not wait at all
    with holding(database, LOCKS[lock], held):
        found = archive(db)
        assert (found["sessions"], found["rows"]) == (1, moved(2, 1))
        assert (found["skipped"], found["exhausted"]) == (1, True)
        assert counts(db) == (1, 1, 2, 2)
        assert archive(db)["sessions"] == 0
    assert archive(db)["sessions"] == 1
    assert counts(db) == (0, 2, 0, 4)


@pytest.mark.parametrize("lock", LOCKS)
def test_restore_leaves_what_is_locked_too(db: Connection, database: str, lock: str) -> None:
    held = add_session(db, ALICE, 0, virtue="calm")
    add_session(db, BOB, 1, virtue="calm")
    archive(db)
    db.execute("set lock_timeout = '1s'")
    statement = LOCKS[lock].replace("earned_from_session", "earned_from_archived_session")
    for table in (LIVE, "public.session_analytics"):
        statement = statement.replace(table, f"{table}_archive")
    with holding(database, statement, held):
        found = restore(db, until_time=CUTOFF)
        assert (found["sessions"], found["rows"]) == (1, moved(2, 1))
        assert found["skipped"] == 1
    assert restore(db, until_time=CUTOFF)["sessions"] == 1
    assert counts(db) == (2, 0, 4, 0)


def test_two_callers_share_the_work(db: Connection, database: str) -> None:
    for day in range(4):
        add_session(db, ALICE, day)
    with holding(database, ARCHIVE, CUTOFF, 2) as first:
        found = archive(db, 2)
        assert (found["sessions"], found["last_created_at"]) == (2, OLD + timedelta(3))
        first.commit()
    assert counts(db) == (0, 4, 0, 8)


def test_callers_and_writers_at_once_lose_nothing(db: Connection, database: str) -> None:
    sessions = [add_session(db, user, day) for day in range(100) for user in (ALICE, BOB)]
    done, errors = threading.Event(), list[psycopg.Error]()

    def work(call: str, until_nothing: bool) -> None:
        with psycopg.connect(database, autocommit=True) as own:
            while not (until_nothing and counts(own)[0] == 0) and not (
                done.is_set() and not until_nothing
            ):
                try:
                    own.execute(call.encode())
                except psycopg.Error as error:
                    errors.append(error)
                    return

    move = f"select audit.archive_daily_sessions('{CUTOFF}', 7)"
    edit = (
        "update public.session_analytics set metric_value = random() where session_id = "
        "(select id from public.daily_sessions order by random() limit 1)"
    )
    touch = (
        "update public.daily_sessions set duration_seconds = 5 where id = "
        "(select id from public.daily_sessions order by random() limit 1)"
    )
    writers = [threading.Thread(target=work, args=(call, False)) for call in (edit, touch)]
    movers = [threading.Thread(target=work, args=(move, True)) for _ in range(2)]
    for thread in (*writers, *movers):
        thread.start()
    for thread in movers:
        thread.join()
    done.set()
    for thread in writers:
        thread.join()
    assert errors == []
    assert counts(db) == (0, 200, 0, 400)
    assert {row["id"] for row in state(db)["daily_sessions_archive"]} == set(sessions)


def test_a_batch_rolled_back_leaves_no_trace(db: Connection) -> None:
    add_session(db, ALICE, virtue="calm")
    before = state(db)
    with db.transaction(force_rollback=True):
        archive(db)
        restore(db, for_user=ALICE)
        archive(db)
    assert state(db) == before
    assert value(db, "select count(*) from audit.archive_batch") == 0


# The record


def test_each_batch_is_on_record_and_history_sums_them_up(db: Connection) -> None:
    for day in range(3):
        add_session(db, ALICE, day, virtue=f"v{day}")
    run = value(
        db,
        "insert into audit.archive_run (kind, cutoff, os_user) values ('archive', %s, 'ops')"
        " returning id",
        CUTOFF,
    )
    for _ in range(2):
        db.execute("select audit.archive_daily_sessions(%s, 1, run_id => %s)", [CUTOFF, run])
    archive(db)
    restore(db, for_user=ALICE)
    rows = db.execute(
        "select run_id, kind, os_user, cutoff, sessions, rows, batches, outcome,"
        " database_role = session_user, duration is null from audit.archive_history"
        " order by run_id nulls last, kind"
    ).fetchall()
    assert rows == [
        (run, "archive", "ops", CUTOFF, 2, moved(4, 2), 2, None, True, True),
        (None, "archive", None, CUTOFF, 1, moved(2, 1), 1, "done", True, False),
        (None, "restore", None, None, 3, moved(6, 3), 1, "done", True, False),
    ]


@pytest.mark.parametrize("role", API_ROLES)
@pytest.mark.parametrize(
    "name", ["archive_run", "archive_batch", "archive_failure", "archive_history"]
)
def test_the_record_is_out_of_the_apis_reach(db: Connection, role: str, name: str) -> None:
    with acting_as(db, role, ALICE), pytest.raises(psycopg.Error) as caught:
        db.execute(f"select from audit.{name}".encode())
    assert caught.value.sqlstate == REFUSED


# Flat cost

FILL = """
insert into public.daily_sessions (user_id, session_type, created_at)
select %(user)s, 'written_clarity', %(old)s + n * interval '1 minute'
from generate_series(1, %(sessions)s) as n;
insert into public.session_analytics (session_id, user_id, metric_name)
select id, user_id, metric from public.daily_sessions, unnest(array['a', 'b']) as metric;
"""
SCANS = (
    "select coalesce(sum(seq_scan), 0)::int, coalesce(sum(idx_scan), 0)::int"
    " from pg_stat_user_tables where relname = any(%s)"
)
READ_BY_INDEX = ["session_analytics", "daily_sessions", "virtue_collection", "users"]


def scans(connection: Connection) -> tuple[int, int]:
    """Sequential and index scans so far, this connection's own included."""
    connection.execute("select pg_stat_force_next_flush()")
    row = connection.execute(SCANS, [READ_BY_INDEX]).fetchone()
    assert row is not None
    return (row[0], row[1])


@pytest.mark.parametrize("analyzed", ["empty", "full", "never"])
@pytest.mark.parametrize("sessions", [10, 5000])
def test_no_batch_scans_a_table_whatever_the_statistics_say(
    db: Connection, analyzed: str, sessions: int
) -> None:
    for table in ("daily_sessions", "session_analytics"):
        db.execute(f"alter table public.{table} set (autovacuum_enabled = off)".encode())
    if analyzed == "empty":
        db.execute("vacuum analyze public.daily_sessions, public.session_analytics")
    with psycopg.ClientCursor(db) as cursor:
        cursor.execute(FILL, {"user": ALICE, "old": OLD, "sessions": sessions})
    if analyzed == "full":
        db.execute("analyze public.daily_sessions, public.session_analytics")
    sequential, by_index = scans(db)
    assert sum(archive(db, sessions // 5)["sessions"] for _ in range(4)) == sessions // 5 * 4
    after = scans(db)
    assert after[0] == sequential
    assert after[1] > by_index
