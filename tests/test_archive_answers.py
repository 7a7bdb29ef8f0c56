"""Archiving changes no answer: what each user sees and may do, before, during and after."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Json, Jsonb

from tests.archiving import Connection, add_user, archive, counts, restore, state
from tests.children import CHILDREN
from tests.conftest import ALICE, BOB, acting_as, made
from tests.documented import insert, outcome, row_for, value

EVE = "e5e00000-0000-4000-8000-000000000003"
USERS = (ALICE, BOB, EVE)
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
CUTOFF = TODAY - timedelta(days=730)
WINDOWS = (0, 7, 30, 729, 730, 731, 1_000, 1_000_000)


class Session(NamedTuple):
    """A session that is generated: whose, when, what it holds."""

    user: str
    days: int
    status: str
    seconds: int | None
    virtue: str | None
    emotions: list[str] | None
    metrics: int
    earns: bool


# Around both ends of a window and the cutoff, where a session would be counted twice or not at all.
_DAYS = st.sampled_from([0, 6, 7, 8, 30, 31, 729, 730, 731, 732, 999, 1_000]) | st.integers(0, 1200)
_SESSIONS = st.builds(
    Session,
    user=st.sampled_from(USERS),
    days=_DAYS,
    status=st.sampled_from(["completed", "completed", "started", "failed"]),
    seconds=st.none() | st.integers(0, 7200),
    virtue=st.none() | st.sampled_from(["courage", "calm", "wisdom"]),
    emotions=st.none() | st.lists(st.sampled_from(["joy", "fear", "anger"]), max_size=3),
    metrics=st.integers(0, 3),
    earns=st.booleans(),
)


@pytest.fixture(scope="module")
def world(server: dict[str, str], template: str) -> Iterator[Connection]:
    """Three users, and what an application added to sessions; examples roll back their rows."""
    with made(server, template) as conninfo, psycopg.connect(conninfo, autocommit=True) as opened:
        opened.execute(CHILDREN)
        for user in USERS:
            add_user(opened, user)
        yield opened


def write(connection: Connection, sessions: list[Session]) -> None:
    """Insert a history."""
    earned = set[tuple[str, str]]()
    for number, session in enumerate(sessions):
        emotions = [
            {"emotion": name, "intensity": 1 + number % 5, "color": "red", "confidence": 0.5}
            for name in session.emotions or ()
        ]
        when = TODAY - timedelta(days=session.days, minutes=number)
        row = row_for(
            "daily_sessions",
            session.user,
            created_at=when,
            session_date=when.date(),
            session_status=session.status,
            duration_seconds=session.seconds,
            virtue_earned=session.virtue,
            emotional_snapshot=None if session.emotions is None else Jsonb(emotions),
        )
        row["id"] = uuid.uuid4()
        insert(connection, "daily_sessions", row)
        _attach(connection, session, row["id"], earned)


def _attach(
    connection: Connection, session: Session, session_id: uuid.UUID, earned: set[tuple[str, str]]
) -> None:
    note = {"session_id": session_id, "user_id": session.user, "body": Json(session.emotions)}
    insert(connection, "session_notes", note)
    if session.earns:
        goal = row_for("user_goals", session.user, began_in_session_id=session_id)
        insert(connection, "user_goals", goal)
    for metric in range(session.metrics):
        extra = {"session_id": session_id, "metric_name": f"m{metric}"}
        insert(connection, "session_analytics", row_for("session_analytics", session.user, **extra))
    if session.earns and session.virtue and (session.user, session.virtue) not in earned:
        earned.add((session.user, session.virtue))
        extra = {"virtue_name": session.virtue, "earned_from_session_id": session_id}
        insert(connection, "virtue_collection", row_for("virtue_collection", session.user, **extra))


def answers(connection: Connection) -> dict[str, Any]:
    """All that each user is told when asking for themselves and for each other."""
    found: dict[str, Any] = {}
    for user in USERS:
        with acting_as(connection, "authenticated", user):
            found[f"{user} history"] = _all(
                connection, "select * from public.session_history order by id"
            )
            found[f"{user} dashboard"] = _all(connection, "select * from public.user_dashboard")
            found[f"{user} summaries"] = [
                _all(connection, "select * from public.get_session_summary(%s, %s)", whose, days)
                for whose in USERS
                for days in WINDOWS
            ]
            found[f"{user} virtues"] = _all(connection, PROVENANCE)
            found[f"{user} metrics"] = _all(connection, METRICS)
            found[f"{user} notes"] = _all(connection, NOTES)
            found[f"{user} goals"] = _all(connection, GOALS)
    return found


PROVENANCE = """
    select v.id, v.virtue_name, v.times_earned, v.first_earned_at, v.last_earned_at, s
    from public.virtue_collection as v
    left join public.session_history as s
        on s.id = coalesce(v.earned_from_session_id, v.earned_from_archived_session_id)
    order by v.id
"""
METRICS = """
    select id, session_id, user_id, metric_name, metric_value, metric_unit, calculated_at
    from public.session_analytics
    union all
    select id, session_id, user_id, metric_name, metric_value, metric_unit, calculated_at
    from public.session_analytics_archive
    order by id
"""
NOTES = """
    select id, session_id, user_id, body::text from public.session_notes
    union all
    select id, session_id, user_id, body::text from public.session_notes_archive
    order by id
"""
GOALS = """
    select g.id, g.updated_at, s
    from public.user_goals as g
    left join public.session_history as s
        on s.id = coalesce(g.began_in_session_id, g.began_in_archived_session_id)
    order by g.id
"""


def _all(connection: Connection, query: str, *parameters: object) -> list[Any]:
    return connection.execute(query.encode(), parameters).fetchall()


def rights(connection: Connection) -> dict[Any, Any]:
    """How many rows of each kind each user may change and delete, wherever they lie."""
    found: dict[Any, Any] = {}
    for user in USERS:
        for table, change in (
            ("daily_sessions", "virtue_earned"),
            ("session_analytics", "id"),
            ("session_notes", "session_id"),
        ):
            for statement in (
                f"update public.{{}} set {change} = {change}",
                "delete from public.{}",
            ):
                with acting_as(connection, "authenticated", user):
                    both = (statement.format(table), statement.format(f"{table}_archive"))
                    reached = [outcome(connection, one) for one in both]
                    found[user, statement, table] = sum(int(one) for one in reached)
                    found[user, statement, table, "virtues"] = _all(connection, PROVENANCE)
    return found


@settings(max_examples=25)
@given(st.lists(_SESSIONS, max_size=12), st.integers(1, 5))
def test_answers_and_rights_are_the_same_before_during_and_after(
    world: Connection, sessions: list[Session], size: int
) -> None:
    with world.transaction(force_rollback=True):
        write(world, sessions)
        before, told, allowed = state(world), answers(world), rights(world)
        old = sum(1 for number, s in enumerate(sessions) if _age(number, s) > TODAY - CUTOFF)
        moved = 0
        while found := archive(world, size, CUTOFF)["sessions"]:
            moved += found
            assert answers(world) == told
            assert rights(world) == allowed
        assert moved == old
        assert counts(world)[:2] == (len(sessions) - old, old)
        while restore(world, until_time=CUTOFF, batch_size=size)["sessions"]:
            assert answers(world) == told
        assert state(world) == before


def _age(number: int, session: Session) -> timedelta:
    return timedelta(days=session.days, minutes=number)


@settings(max_examples=10)
@given(st.lists(_SESSIONS, min_size=1, max_size=12), st.integers(1, 5))
def test_deleting_an_account_deletes_live_and_archived_rows_alike(
    world: Connection, sessions: list[Session], size: int
) -> None:
    with world.transaction(force_rollback=True):
        write(world, sessions)
        archive(world, size, CUTOFF)
        kept = {user: told for user, told in answers(world).items() if not user.startswith(ALICE)}
        with acting_as(world, "authenticated", ALICE):
            world.execute("delete from public.users")
            world.execute("reset role")
            for table, rows in state(world).items():
                assert ALICE not in {str(row["user_id"]) for row in rows}, table
            for table in ("session_notes", "session_notes_archive", "user_goals"):
                left = f"select count(*) from public.{table} where user_id = '{ALICE}'"
                assert value(world, left) == 0, table
            after = answers(world)
            assert {user: after[user] for user in kept} == kept


def test_no_user_reaches_anothers_archived_session(world: Connection) -> None:
    with world.transaction(force_rollback=True):
        write(world, [Session(ALICE, 900, "completed", 60, "calm", ["joy"], 2, True)])
        archive(world, 10, CUTOFF)
        with acting_as(world, "authenticated", BOB):
            for table in (
                "session_history",
                "daily_sessions_archive",
                "session_analytics_archive",
                "session_notes_archive",
            ):
                assert value(world, f"select count(*) from public.{table}") == 0
