"""The read models: their figures against the same figures computed here, and their plans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.conftest import ALICE, BOB, acting_as, made
from tests.documented import Connection, insert, names, outcome, value

SUMMARY = "select * from public.get_session_summary(%s, %s)"
LIVE_AND_ARCHIVE = ("daily_sessions", "daily_sessions_archive")
FIGURES = "daily_streak, total_virtues, sessions_this_week, active_goals"


@dataclass(frozen=True)
class Past:
    """A session as the generated histories hold it."""

    days_ago: int
    status: str = "completed"
    seconds: int | None = 600
    virtue: str | None = None
    emotions: tuple[str, ...] | None = None
    archived: bool = False


pasts = st.builds(
    Past,
    days_ago=st.sampled_from([0, 1, 6, 7, 8, 29, 30, 31, 400]),
    status=st.sampled_from(["completed", "completed", "completed", "started", "failed"]),
    seconds=st.none() | st.integers(0, 7200),
    virtue=st.none() | st.sampled_from(["calm", "courage", "patience"]),
    emotions=st.none() | st.lists(st.sampled_from(["joy", "Awe", "éclat", "calm"])).map(tuple),
    archived=st.booleans(),
)
histories = st.lists(pasts, max_size=12)


@pytest.fixture(scope="module")
def people(server: dict[str, str], template: str) -> Iterator[Connection]:
    """A database with two people who have done nothing yet; tests roll back what they do."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        for user, name in ((ALICE, "Alice"), (BOB, "Bob")):
            insert(opened, "users", {"id": user, "name": name})
        yield opened


@pytest.fixture
def connection(people: Connection) -> Iterator[Connection]:
    with people.transaction(force_rollback=True):
        yield people


def live_through(connection: Connection, user: str, history: list[Past]) -> None:
    """Insert the sessions, live or archived, with dates counted back from the server's today."""
    for past in history:
        feelings = [
            {"emotion": name, "intensity": 3, "color": "#fff", "confidence": 1}
            for name in past.emotions or ()
        ]
        connection.execute(
            f"insert into public.{LIVE_AND_ARCHIVE[past.archived]} (user_id, session_type,"
            " session_status, duration_seconds, virtue_earned, emotional_snapshot, session_date)"
            " values (%s, 'face_to_face', %s, %s, %s, %s, current_date - %s::integer)",
            [
                user,
                past.status,
                past.seconds,
                past.virtue,
                None if past.emotions is None else Jsonb(feelings),
                past.days_ago,
            ],
        )


def summary_of(history: list[Past], days_back: int) -> tuple[Any, ...]:
    """What get_session_summary must answer."""
    counted = [p for p in history if p.status == "completed" and p.days_ago <= days_back]
    seconds = [p.seconds for p in counted if p.seconds is not None]
    minutes = Fraction(sum(seconds), 60 * len(seconds)) if seconds else None
    virtues = Counter(p.virtue for p in counted if p.virtue is not None)
    emotions = Counter(name for p in counted for name in p.emotions or ())
    return (
        len(counted),
        None if minutes is None else _rounded(minutes),
        min(virtues, key=lambda name: (-virtues[name], name), default=None),
        sorted(emotions, key=lambda name: (-emotions[name], name.encode())) or None,
    )


def _rounded(minutes: Fraction) -> Decimal:
    exact = Decimal(minutes.numerator) / Decimal(minutes.denominator)
    return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)


def dashboard(connection: Connection, user: str) -> tuple[Any, ...] | None:
    query = f"select {FIGURES} from public.user_dashboard where id = %s"
    return connection.execute(query, [user]).fetchone()


def move(connection: Connection, source: str, target: str, session: object) -> None:
    """Move a session by hand, as somebody with a psql prompt would."""
    columns = ", ".join(
        names(
            connection,
            "select attname from pg_attribute where attrelid = 'public.daily_sessions'::regclass"
            " and attnum > 0 and not attisdropped",
        )
    )
    moved = outcome(
        connection,
        f"with gone as (delete from public.{source} where id = %s returning {columns})"
        f" insert into public.{target} ({columns}) select * from gone",
        session,
    )
    assert moved == 1


# get_session_summary


@settings(max_examples=60)
@given(mine=histories, theirs=histories, days_back=st.sampled_from([0, 1, 7, 30, 399, 400, 10**9]))
def test_the_summary_is_what_the_sessions_add_up_to_live_and_archived(
    people: Connection, mine: list[Past], theirs: list[Past], days_back: int
) -> None:
    with people.transaction(force_rollback=True):
        live_through(people, ALICE, mine)
        live_through(people, BOB, theirs)
        expected = summary_of(mine, days_back)
        assert people.execute(SUMMARY, [ALICE, days_back]).fetchall() == [expected]
        with acting_as(people, "authenticated", ALICE):
            assert people.execute(SUMMARY, [ALICE, days_back]).fetchall() == [expected]
            nothing = [summary_of([], 0)]
            assert people.execute(SUMMARY, [BOB, days_back]).fetchall() == nothing


def test_a_summary_of_nothing_counts_zero_and_knows_nothing(connection: Connection) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    for user in (ALICE, nobody):
        assert connection.execute(SUMMARY, [user, 30]).fetchall() == [(0, None, None, None)]


def test_the_summary_goes_thirty_days_back_when_nobody_says_how_far(
    connection: Connection,
) -> None:
    live_through(connection, ALICE, [Past(30), Past(31), Past(30, archived=True)])
    query = "select total_sessions from public.get_session_summary(%s)"
    assert value(connection, query, ALICE) == 2


@pytest.mark.parametrize(("days_back", "sessions"), [(0, 1), (6, 1), (7, 2), (8, 3)])
def test_the_first_day_of_the_window_counts(
    connection: Connection, days_back: int, sessions: int
) -> None:
    live_through(connection, ALICE, [Past(0), Past(7), Past(8)])
    assert value(connection, SUMMARY, ALICE, days_back) == sessions


@pytest.mark.parametrize("days_back", [10**6, 10**7, 2**31 - 1])
def test_any_big_number_of_days_means_all_time(connection: Connection, days_back: int) -> None:
    live_through(connection, ALICE, [Past(0), Past(36500, archived=True)])
    assert value(connection, SUMMARY, ALICE, days_back) == 2


@pytest.mark.parametrize("days_back", [-1, -1000, -(10**6)])
def test_a_window_that_starts_in_the_future_is_empty_and_no_error(
    connection: Connection, days_back: int
) -> None:
    live_through(connection, ALICE, [Past(0)])
    assert value(connection, SUMMARY, ALICE, days_back) == 0


def test_only_completed_sessions_are_summed_up(connection: Connection) -> None:
    unfinished = ("started", "in_progress", "interrupted", "failed")
    live_through(connection, ALICE, [Past(0, status, 60, "x", ("fear",)) for status in unfinished])
    live_through(connection, ALICE, [Past(0, "completed", 90, "calm", ("joy",))])
    summary = connection.execute(SUMMARY, [ALICE, 30]).fetchone()
    assert summary == (1, Decimal("1.5"), "calm", ["joy"])


def test_emotions_come_by_frequency_and_then_by_name(connection: Connection) -> None:
    felt = [("joy", "fear", "awe"), ("joy", "fear", "joy"), ("Zest", "éclat"), None, ()]
    live_through(connection, ALICE, [Past(0, emotions=emotions) for emotions in felt])
    summary = connection.execute(SUMMARY, [ALICE, 30]).fetchone()
    assert summary is not None
    assert summary[3] == ["joy", "fear", "Zest", "awe", "éclat"]


def test_a_session_without_a_length_does_not_pull_the_mean_down(connection: Connection) -> None:
    live_through(connection, ALICE, [Past(0, seconds=600), Past(0, seconds=None)])
    summary = connection.execute(SUMMARY, [ALICE, 30]).fetchone()
    assert summary is not None
    assert summary[:2] == (2, Decimal("10.0"))


# user_dashboard


@dataclass(frozen=True)
class Life:
    """All of a user that the dashboard counts."""

    sessions: list[Past]
    goals: list[str]
    virtues: int
    streak: int | None

    @property
    def figures(self) -> tuple[int, int, int, int]:
        """What the dashboard must show."""
        this_week = sum(past.days_ago <= 7 for past in self.sessions)
        return self.streak or 0, self.virtues, this_week, self.goals.count("active")


lives = st.builds(
    Life,
    sessions=histories,
    goals=st.lists(st.sampled_from(["active", "completed", "paused", "archived"]), max_size=5),
    virtues=st.integers(0, 5),
    streak=st.none() | st.integers(0, 100),
)


def live(connection: Connection, user: str, life: Life) -> None:
    """Insert a life; its streaks of other kinds are not daily streaks."""
    live_through(connection, user, life.sessions)
    for status in life.goals:
        insert(connection, "user_goals", {"user_id": user, "goal_text": "walk", "status": status})
    for number in range(life.virtues):
        insert(connection, "virtue_collection", {"user_id": user, "virtue_name": f"v{number}"})
    streaks = {"weekly_goal": 777, "monthly_virtue": 888}
    if life.streak is not None:
        streaks["daily_session"] = life.streak
    for kind, length in streaks.items():
        row = {"user_id": user, "streak_type": kind, "current_streak": length}
        insert(connection, "user_streaks", row)


@settings(max_examples=40)
@given(mine=lives, theirs=lives)
def test_the_dashboard_counts_each_thing_once_however_many_of_the_others_there_are(
    people: Connection, mine: Life, theirs: Life
) -> None:
    with people.transaction(force_rollback=True):
        live(people, ALICE, mine)
        live(people, BOB, theirs)
        assert dashboard(people, ALICE) == mine.figures
        assert dashboard(people, BOB) == theirs.figures
        with acting_as(people, "authenticated", ALICE):
            assert dashboard(people, ALICE) == mine.figures
            assert dashboard(people, BOB) is None


def test_the_dashboard_of_somebody_new_is_one_row_of_zeros(connection: Connection) -> None:
    query = "select * from public.user_dashboard where id = %s"
    (row,) = connection.execute(query, [ALICE]).fetchall()
    assert (str(row[0]), *row[1:]) == (ALICE, "Alice", "en", None, None, None, None, 0, 0, 0, 0)


def test_the_dashboard_shows_profile_and_preferences(connection: Connection) -> None:
    profile = {"user_id": ALICE, "disc_type": "D", "enneagram_type": 8}
    insert(connection, "onboarding_profiles", profile)
    connection.execute(
        "insert into public.ritual_preferences"
        " (user_id, timing, duration, style, voice_id, focus_area)"
        " values (%s, 'flexible', 'variable', 'mixed', 'wise_mentor', 'sleep')",
        [ALICE],
    )
    query = "select disc_type, enneagram_type, timing, voice_id from public.user_dashboard"
    assert connection.execute(f"{query} where id = %s", [ALICE]).fetchall() == [
        ("D", 8, "flexible", "wise_mentor")
    ]


@pytest.mark.parametrize("table", LIVE_AND_ARCHIVE)
def test_the_week_of_the_dashboard_includes_the_seventh_day_back(
    connection: Connection, table: str
) -> None:
    archived = table == "daily_sessions_archive"
    live_through(connection, ALICE, [Past(days, archived=archived) for days in (0, 7, 8)])
    assert dashboard(connection, ALICE) == (0, 0, 2, 0)


# Archiving changes no answer


@settings(max_examples=20)
@given(history=st.lists(pasts, min_size=1, max_size=8), data=st.data())
def test_moving_a_session_to_the_archive_or_back_changes_no_answer(
    people: Connection, history: list[Past], data: st.DataObject
) -> None:
    questions = (
        "select to_jsonb(h) from public.session_history as h where user_id = %s order by id",
        "select to_jsonb(d) from public.user_dashboard as d where id = %s",
        "select to_jsonb(s) from public.get_session_summary(%s, 1000) as s",
    )
    place = data.draw(st.integers(0, len(history) - 1))
    with people.transaction(force_rollback=True):
        live_through(people, ALICE, history)
        before = [people.execute(question, [ALICE]).fetchall() for question in questions]
        session, archived = people.execute(
            "select id, false from public.daily_sessions"
            " union all select id, true from public.daily_sessions_archive order by id"
        ).fetchall()[place]
        source, target = LIVE_AND_ARCHIVE[archived], LIVE_AND_ARCHIVE[not archived]
        move(people, source, target, session)
        left = f"select count(*) from public.{source} where id = %s"
        assert value(people, left, session) == 0
        assert [people.execute(question, [ALICE]).fetchall() for question in questions] == before


def test_the_history_is_the_live_and_the_archived_sessions(connection: Connection) -> None:
    live_through(connection, ALICE, [Past(0), Past(1), Past(2, archived=True)])
    both = " union all ".join(f"select id from public.{table}" for table in LIVE_AND_ARCHIVE)
    found = names(connection, "select id from public.session_history")
    assert len(found) == 3
    assert set(found) == set(names(connection, both))


# Plans


@pytest.fixture(scope="module")
def crowd(server: dict[str, str], template: str) -> Iterator[Connection]:
    """Four hundred people with sessions, archived sessions, goals and virtues; analyzed."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        opened.execute("insert into public.users (name) select 'n' from generate_series(1, 400)")
        insert(opened, "users", {"id": ALICE, "name": "Alice"})
        for table in LIVE_AND_ARCHIVE:
            opened.execute(
                f"insert into public.{table} (user_id, session_type, session_date)"
                " select id, 'face_to_face', current_date - n"
                " from public.users cross join generate_series(1, 25) as n"
            )
        opened.execute(
            "insert into public.user_goals (user_id, goal_text, status)"
            " select id, 'walk', case when n = 1 then 'active' else 'completed' end"
            " from public.users cross join generate_series(1, 20) as n"
        )
        opened.execute(
            "insert into public.virtue_collection (user_id, virtue_name)"
            " select id, 'v' || n from public.users cross join generate_series(1, 20) as n"
        )
        opened.execute("analyze")
        yield opened


def scans(connection: Connection, query: str, *parameters: object) -> set[tuple[str, str]]:
    """How the plan of a query reads each table: (table, kind of node)."""
    plan = value(connection, f"explain (format json) {query}", *parameters)
    nodes = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]]
    found: set[tuple[str, str]] = set()
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Relation Name" in node:
            found.add((node["Relation Name"], node["Node Type"]))
    return found


LARGE = {"users", "daily_sessions", "daily_sessions_archive", "user_goals", "virtue_collection"}


@pytest.mark.parametrize("role", ["postgres", "authenticated"])
@pytest.mark.parametrize(
    ("query", "reads"),
    [
        ("select * from public.user_dashboard where id = %s", LARGE),
        (
            "select * from public.session_history where user_id = %s"
            " order by created_at desc limit 9",
            set(LIVE_AND_ARCHIVE),
        ),
    ],
)
def test_what_one_user_asks_for_is_found_through_indexes(
    crowd: Connection, role: str, query: str, reads: set[str]
) -> None:
    with crowd.transaction(force_rollback=True):
        if role == "authenticated":
            crowd.execute(
                "select set_config('request.jwt.claims', %s, true)", [json.dumps({"sub": ALICE})]
            )
            crowd.execute("set local role authenticated")
        found = scans(crowd, query, ALICE)
    assert reads <= {table for table, _ in found}
    assert {table for table, kind in found if kind == "Seq Scan"} & LARGE == set()


def test_a_users_dashboard_needs_no_filter_to_stay_off_the_rows_of_the_others(
    crowd: Connection,
) -> None:
    with acting_as(crowd, "authenticated", ALICE):
        found = scans(crowd, "select * from public.user_dashboard")
    assert {table for table, kind in found if kind == "Seq Scan"} & LARGE == set()
