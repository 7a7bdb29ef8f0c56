"""What clients of the API see: who a row is for, sessions with metrics, virtues and streaks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.archiving import add_session, archive, restore
from tests.conftest import ALICE, BOB, acting_as, eventually, made
from tests.documented import (
    CHECK_VIOLATION,
    FOREIGN_KEY_VIOLATION,
    NOT_NULL_VIOLATION,
    REFUSED,
    ROWS,
    Connection,
    insert,
    names,
    outcome,
    row_for,
    value,
)

INVALID_PARAMETER = "22023"
STREAK = "select (public.record_activity('daily_session', %s)).current_streak"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def people(server: dict[str, str], template: str) -> Iterator[Connection]:
    """A database with two people who have done nothing yet; tests roll back what they do."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        for user in (ALICE, BOB):
            insert(opened, "users", {"id": user})
        yield opened


@pytest.fixture
def connection(people: Connection) -> Iterator[Connection]:
    with people.transaction(force_rollback=True):
        yield people


@pytest.fixture
def alice(connection: Connection) -> Iterator[Connection]:
    """The same, signed in as Alice."""
    with acting_as(connection, "authenticated", ALICE):
        yield connection


def rows(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), parameters).fetchall()


# Tables


@pytest.mark.parametrize("table", ["onboarding_profiles", "ritual_preferences"])
def test_what_a_user_has_one_of_is_embedded_as_one(connection: Connection, table: str) -> None:
    # PostgREST and the generated types know it from a constraint; an index says it to neither.
    query = (
        "select conname from pg_constraint where contype = 'u' and conrelid = %s::regclass"
        " and conkey = array[(select attnum from pg_attribute"
        " where attrelid = conrelid and attname = 'user_id')]"
    )
    assert names(connection, query, f"public.{table}") == [f"idx_{table}_user_id"]


@pytest.mark.parametrize("table", [table for table in ROWS if table != "users"])
def test_a_row_is_for_who_is_signed_in_unless_it_says_otherwise(
    alice: Connection, table: str
) -> None:
    insert(alice, table, ROWS[table])
    assert rows(alice, f"select user_id::text from public.{table}") == [(ALICE,)]


def test_a_setting_that_the_server_writes_is_global_unless_it_says_otherwise(
    connection: Connection,
) -> None:
    with acting_as(connection, "service_role"):
        insert(connection, "app_settings", ROWS["app_settings"])
        assert rows(connection, "select user_id from public.app_settings") == [(None,)]
        goal = ROWS["user_goals"]
        with pytest.raises(psycopg.errors.NotNullViolation), connection.transaction():
            insert(connection, "user_goals", goal)


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_phone_or_email_is_none(connection: Connection, empty: str) -> None:
    with acting_as(connection, "service_role"):
        for _ in range(2):
            insert(connection, "users", {"email": empty, "phone": empty})
        filled = insert(connection, "users", {"email": "a@example.com", "phone": "+351 1"})
        emptied = "update public.users set email = %s, phone = %s where id = %s"
        assert outcome(connection, emptied, empty, empty, filled) == 1
        assert rows(connection, "select distinct email, phone from public.users") == [(None, None)]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "+05:30", "UTC-167", "<+09>-9", "Etc/GMT+5,"])
def test_what_is_no_name_of_a_time_zone_is_refused_where_it_is_written(
    alice: Connection, zone: str
) -> None:
    assert outcome(alice, "update public.users set timezone = %s", zone) == INVALID_PARAMETER


def test_every_name_of_a_time_zone_is_accepted(alice: Connection) -> None:
    known = names(alice, "select name from pg_timezone_names where not starts_with(name, 'posix/')")
    assert len(known) > 400
    found = {outcome(alice, "update public.users set timezone = %s", zone) for zone in known}
    assert found == {1}


def test_a_time_zone_that_a_server_no_longer_knows_hinders_nothing_else(
    connection: Connection,
) -> None:
    connection.execute("set local session_replication_role = replica")  # as in a restored dump
    connection.execute("update public.users set timezone = 'US/Pacific-New'")
    connection.execute("set local session_replication_role = origin")
    assert outcome(connection, "update public.users set name = 'A', phone = ''") == 2
    assert outcome(connection, "update public.users set timezone = timezone") == 2
    call = "select public.record_activity('daily_session', user_uuid => %s)"
    assert outcome(connection, call, ALICE) == INVALID_PARAMETER


def test_what_the_page_for_apps_shows_can_be_run(alice: Connection) -> None:
    page = (Path(__file__).parents[1] / "docs" / "api.md").read_text()
    [block] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    for _ in range(2):
        alice.execute(block)
    counted = "select times_earned, virtue_icon from public.virtue_collection"
    assert rows(alice, counted) == [(2, "hourglass")]
    kinds = names(alice, "select streak_type from public.user_streaks order by 1")
    assert kinds == ["daily_session", "weekly_goal"]
    assert names(alice, "select user_id from public.app_settings") == [ALICE]


def test_whoever_uses_the_api_may_call_all_its_functions(connection: Connection) -> None:
    # Generated types list every function of an exposed schema but trigger functions.
    beyond = names(
        connection,
        "select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace"
        " and prorettype <> 'trigger'::regtype"
        " and not has_function_privilege('authenticated', oid, 'execute')",
    )
    assert beyond == []


# Sessions with their metrics

HISTORY = "select * from public.session_history_with_analytics order by created_at desc, id"


def test_a_session_comes_with_its_metrics_by_name(alice: Connection) -> None:
    full = insert(alice, "daily_sessions", {**ROWS["daily_sessions"], "created_at": "2024-01-02"})
    insert(alice, "daily_sessions", {**ROWS["daily_sessions"], "created_at": "2024-01-01"})
    metrics = {"b": "0.5", "éclat": "1", "Z": None}
    for name, number in metrics.items():
        row = {"session_id": full, "metric_name": name, "metric_value": number, "metric_unit": "s"}
        insert(alice, "session_analytics", {**row, "calculated_at": "2024-02-29 12:30:00+00"})
    query = "select analytics from public.session_history_with_analytics order by created_at desc"
    (found,), (nothing,) = rows(alice, query)
    assert nothing == []
    assert [m.pop("id") is not None for m in found] == [True] * 3
    at = {"metric_unit": "s", "calculated_at": "2024-02-29T12:30:00+00:00"}
    assert found == [
        {"metric_name": "Z", "metric_value": None, **at},
        {"metric_name": "b", "metric_value": 0.5, **at},
        {"metric_name": "éclat", "metric_value": 1, **at},
    ]


def test_all_else_of_it_is_the_history(connection: Connection) -> None:
    add_session(connection, ALICE)
    add_session(connection, ALICE, day=1)
    assert archive(connection, size=1)["sessions"] == 1
    query = "select to_jsonb(h) {} from public.session_history{} as h order by id"
    with_analytics = rows(connection, query.format("- 'analytics'", "_with_analytics"))
    assert with_analytics == rows(connection, query.format("", ""))


def test_archiving_and_restoring_changes_nothing_of_it(connection: Connection) -> None:
    for user in (ALICE, BOB):
        for day in range(3):
            add_session(connection, user, day)
    with acting_as(connection, "authenticated", ALICE):
        before = rows(connection, HISTORY)
    assert [len(row[-1]) for row in before] == [2, 2, 2]
    moves: list[Callable[[], dict[str, Any]]] = [
        lambda: archive(connection, size=3),
        lambda: archive(connection),
        lambda: restore(connection, for_user=ALICE),
    ]
    for move in moves:
        assert move()["sessions"] == 3
        with acting_as(connection, "authenticated", ALICE):
            assert rows(connection, HISTORY) == before


@pytest.mark.parametrize("order", ["created_at desc, id", "duration_seconds, id"])
@pytest.mark.parametrize("analyzed", [False, True])
def test_metrics_are_looked_up_for_the_rows_of_the_page_alone(
    connection: Connection, order: str, *, analyzed: bool
) -> None:
    for table in ("daily_sessions", "daily_sessions_archive"):
        connection.execute(
            f"insert into public.{table} (user_id, session_type, created_at, duration_seconds)"
            " select u.id, 'face_to_face', now() - n * interval '1 hour', n"
            " from public.users as u cross join generate_series(1, 500) as n"
        )
        metrics = table.replace("daily_sessions", "session_analytics")
        connection.execute(
            f"insert into public.{metrics} (user_id, session_id, metric_name)"
            f" select user_id, id, 'm' from public.{table}"
        )
    if analyzed:
        connection.execute("analyze")
    query = (
        "explain (analyze, format json) select * from public.session_history_with_analytics"
        " where (created_at, id) < (now() - interval '30 hours', %s)"
        f" order by {order} limit 20"
    )
    with acting_as(connection, "authenticated", ALICE):
        plan = value(connection, query, BOB)
    nodes = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]]
    lookups = []
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node.get("Relation Name", "").startswith("session_analytics"):
            assert "Index" in node["Node Type"]
            lookups.append(node["Actual Loops"])
    assert lookups == [20, 20]


# Virtues

EARNED = "select times_earned, earned_from_session_id, earned_from_archived_session_id"


def test_a_virtue_earned_again_is_counted_and_keeps_its_first_session(alice: Connection) -> None:
    session = insert(alice, "daily_sessions", ROWS["daily_sessions"])
    later = insert(alice, "daily_sessions", ROWS["daily_sessions"])
    first = f"{EARNED}, virtue_description, virtue_icon"
    call = f"{first} from public.earn_virtue('courage', %s, %s, %s)"
    assert rows(alice, call, "brave", None, session) == [(1, session, None, "brave", None)]
    assert rows(alice, call, None, "lion", later) == [(2, session, None, "brave", "lion")]
    assert rows(alice, call, "braver", None, None) == [(3, session, None, "braver", "lion")]
    assert rows(alice, f"{first}, user_id::text from public.virtue_collection") == [
        (3, session, None, "braver", "lion", ALICE)
    ]


def test_it_says_when_it_was_earned_first_and_last(alice: Connection) -> None:
    past = {"first_earned_at": "2024-01-01", "last_earned_at": "2024-02-01"}
    insert(alice, "virtue_collection", {"virtue_name": "courage", **past})
    insert(alice, "virtue_collection", {"virtue_name": "calm", "last_earned_at": "infinity"})
    query = (
        "select first_earned_at = '2024-01-01', last_earned_at = now()"
        " from public.earn_virtue('courage')"
    )
    assert rows(alice, query) == [(True, True)]
    query = "select last_earned_at = 'infinity' from public.earn_virtue('calm')"
    assert rows(alice, query) == [(True,)]


def test_a_virtue_may_be_earned_by_an_archived_session(connection: Connection) -> None:
    session = add_session(connection, ALICE)
    assert archive(connection)["sessions"] == 1
    with acting_as(connection, "authenticated", ALICE):
        call = f"{EARNED} from public.earn_virtue('courage', session_id => %s)"
        assert rows(connection, call, session) == [(1, None, session)]
        assert rows(connection, call, session) == [(2, None, session)]


def test_a_session_that_is_being_archived_is_found_where_it_arrives(database: str) -> None:
    earned: list[tuple[Any, ...]] = []
    with (
        psycopg.connect(database, autocommit=True) as watching,
        psycopg.connect(database) as archiving,
        psycopg.connect(database, autocommit=True) as calling,
    ):
        insert(watching, "users", {"id": ALICE})
        session = add_session(watching, ALICE)
        assert archive(archiving)["sessions"] == 1

        def earn() -> None:
            with acting_as(calling, "authenticated", ALICE):
                call = f"{EARNED} from public.earn_virtue('courage', session_id => %s)"
                earned.extend(rows(calling, call, session))

        thread = threading.Thread(target=earn)
        thread.start()
        waits = "select from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
        eventually("it waits", lambda: rows(watching, waits, calling.info.backend_pid))
        archiving.commit()
        thread.join()
    assert earned == [(1, None, session)]


@pytest.mark.parametrize("earned", [False, True])
def test_a_session_of_somebody_else_or_of_nobody_earns_nothing(
    connection: Connection, *, earned: bool
) -> None:
    theirs = add_session(connection, BOB)
    archived = add_session(connection, BOB)
    assert archive(connection, size=1)["sessions"] == 1
    if earned:
        insert(connection, "virtue_collection", {"user_id": ALICE, "virtue_name": "courage"})
    call = "select public.earn_virtue('courage', session_id => %s, user_uuid => %s)"
    for role in ("authenticated", "service_role"):
        with acting_as(connection, role, ALICE):
            for session in (theirs, archived, ALICE):
                assert outcome(connection, call, session, ALICE) == FOREIGN_KEY_VIOLATION
    counted = "select sum(times_earned) from public.virtue_collection"
    assert value(connection, counted) == (1 if earned else None)


CALLS = ("public.earn_virtue('calm'{})", "public.record_activity('weekly_goal'{})")


@pytest.mark.parametrize("call", CALLS)
def test_each_acts_for_oneself_and_the_server_for_whom_it_names(
    connection: Connection, call: str
) -> None:
    for_bob = f"select {call.format(', user_uuid => %s')}"
    mine = f"select f.user_id::text from {call.format('')} as f"
    with acting_as(connection, "authenticated", ALICE):
        assert rows(connection, mine) == [(ALICE,)]
        assert outcome(connection, for_bob, BOB) == REFUSED
    with acting_as(connection, "service_role"):
        assert outcome(connection, for_bob, BOB) == 1
        assert outcome(connection, for_bob, "00000000-0000-4000-8000-000000000000") == (
            FOREIGN_KEY_VIOLATION
        )
        assert outcome(connection, mine) == NOT_NULL_VIOLATION
    with acting_as(connection, "anon"):
        assert outcome(connection, for_bob, BOB) == REFUSED


@pytest.mark.parametrize(
    ("call", "query", "wanted"),
    [
        ("earn_virtue('calm')", "select times_earned from public.virtue_collection", 40),
        ("record_activity('daily_session')", "select current_streak from public.user_streaks", 1),
    ],
)
def test_calls_at_the_same_time_are_counted_once_each(
    database: str, call: str, query: str, wanted: int
) -> None:
    with psycopg.connect(database, autocommit=True) as watching:
        insert(watching, "users", row_for("users", ALICE))
        start = threading.Barrier(2)
        failures: list[Exception] = []

        def repeat() -> None:
            with psycopg.connect(database, autocommit=True) as own:
                claims = json.dumps({"sub": ALICE})
                own.execute("select set_config('request.jwt.claims', %s, false)", [claims])
                own.execute("set role authenticated")
                start.wait()
                try:
                    for _ in range(20):
                        own.execute(f"select public.{call}".encode())
                except psycopg.Error as error:
                    failures.append(error)

        threads = [threading.Thread(target=repeat) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert rows(watching, query) == [(wanted,)]


# Streaks


def number(kind: str, day: date) -> int:
    """The number of a day, of its week from Monday, or of its month."""
    if kind == "weekly_goal":
        return (day - timedelta(days=day.weekday())).toordinal() // 7
    return day.toordinal() if kind == "daily_session" else day.year * 12 + day.month


@dataclass
class Streak:
    """The days of the present streak: their periods leave no gap."""

    kind: str
    days: set[date] = field(default_factory=set)
    longest: int = 0

    def record(self, day: date) -> tuple[int, int, date, date]:
        """Be active on a day; what the row must hold then."""
        period = number(self.kind, day)
        if not self.days or period > number(self.kind, max(self.days)) + 1:
            self.days = {day}
        elif period >= number(self.kind, min(self.days)) - 1:
            self.days.add(day)
        first, last = min(self.days), max(self.days)
        current = number(self.kind, last) - number(self.kind, first) + 1
        self.longest = max(self.longest, current)
        return current, self.longest, last, first


# Days of 23 and 25 hours, midnights that did not happen, and a day that Samoa left out.
ZONES = {
    "UTC": "2023-12-20",
    "Pacific/Kiritimati": "2024-02-20",
    "America/Sao_Paulo": "2018-10-20",
    "Europe/Lisbon": "2024-03-20",
    "Asia/Kathmandu": "2020-12-20",
    "Pacific/Apia": "2011-12-20",
    "America/Los_Angeles": "2022-10-28",
}
SPREADS = {"daily_session": 24 * 12, "weekly_goal": 24 * 60, "monthly_virtue": 24 * 300}


@settings(max_examples=80)
@given(data=st.data(), zone=st.sampled_from([*ZONES]), kind=st.sampled_from([*SPREADS]))
def test_a_streak_is_what_the_days_of_the_users_time_zone_make(
    people: Connection, data: st.DataObject, zone: str, kind: str
) -> None:
    hours = data.draw(st.lists(st.integers(0, SPREADS[kind]), min_size=1, max_size=12))
    start = datetime.fromisoformat(ZONES[zone]).replace(tzinfo=UTC)
    streak = Streak(kind)
    with people.transaction(force_rollback=True):
        people.execute("update public.users set timezone = %s", [zone])
        with acting_as(people, "authenticated", ALICE):
            for hour in hours:
                moment = start + timedelta(hours=hour)
                expected = streak.record(moment.astimezone(ZoneInfo(zone)).date())
                query = (
                    "select current_streak, longest_streak, last_activity_date, streak_start_date"
                    " from public.record_activity(%s, %s)"
                )
                assert rows(people, query, kind, moment) == [expected]


def test_without_a_moment_it_is_today_where_the_user_is(alice: Connection) -> None:
    alice.execute("update public.users set timezone = 'Pacific/Kiritimati'")
    query = (
        "select last_activity_date = (now() at time zone 'Pacific/Kiritimati')::date"
        " from public.record_activity('daily_session')"
    )
    assert rows(alice, query) == [(True,)]


def test_the_same_day_again_writes_nothing(alice: Connection) -> None:
    first = rows(alice, "select * from public.record_activity('daily_session')")
    version = "select xmin, cmin, ctid from public.user_streaks"
    before = rows(alice, version)
    assert rows(alice, "select * from public.record_activity('daily_session')") == first
    assert rows(alice, version) == before


def test_what_comes_late_neither_breaks_a_streak_nor_counts_twice(alice: Connection) -> None:
    days = ["2024-05-01", "2024-05-10", "2024-05-11", "2024-05-11", "2024-05-10", "2024-05-04"]
    assert [value(alice, STREAK, day) for day in days] == [1, 1, 2, 2, 2, 2]
    assert value(alice, STREAK, "2024-05-09") == 3
    assert value(alice, STREAK, "2024-05-12") == 4


def test_a_streak_that_the_app_has_put_to_nothing_begins_again(alice: Connection) -> None:
    assert value(alice, STREAK, "2024-05-10") == 1
    alice.execute("update public.user_streaks set current_streak = 0")
    query = "select current_streak, streak_start_date from public.record_activity(%s, %s)"
    assert rows(alice, query, "daily_session", "2024-05-11") == [(1, date(2024, 5, 11))]


def test_a_streak_without_dates_begins_again_and_keeps_its_record(alice: Connection) -> None:
    row = {"streak_type": "daily_session", "current_streak": 3, "longest_streak": 8}
    insert(alice, "user_streaks", row)
    query = "select current_streak, longest_streak from public.record_activity('daily_session')"
    assert rows(alice, query) == [(1, 8)]


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ("'hourly_session'", CHECK_VIOLATION),
        ("null", NOT_NULL_VIOLATION),
        ("'daily_session', null", INVALID_PARAMETER),
        ("'daily_session', 'infinity'", INVALID_PARAMETER),
        ("'daily_session', '-infinity'", INVALID_PARAMETER),
        ("'daily_session', now() + interval '2 days'", INVALID_PARAMETER),
        ("'daily_session', now() + interval '1 hour'", 1),
    ],
)
def test_what_is_no_activity_is_refused(
    alice: Connection, arguments: str, refusal: int | str
) -> None:
    assert outcome(alice, f"select public.record_activity({arguments})") == refusal
