"""What the tests of the archive routine share: old sessions, and all rows a move may touch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.documented import insert, row_for

Connection = psycopg.Connection[Any]
State = dict[str, list[dict[str, Any]]]

CUTOFF = datetime(2023, 1, 1, tzinfo=UTC)
OLD = datetime(2020, 1, 1, tzinfo=UTC)  # the first session; each further one a day later
ARCHIVE = "select * from audit.archive_daily_sessions(%s, %s)"
SESSION_TABLES = (
    "daily_sessions", "daily_sessions_archive", "session_analytics", "session_analytics_archive",
)  # fmt: skip


def add_user(connection: Connection, user: str) -> None:
    insert(connection, "users", row_for("users", user))


def add_session(
    connection: Connection, user: str, day: int = 0, metrics: int = 2, virtue: str | None = None
) -> Any:
    """A session on a day counted from OLD, with metrics, and perhaps the virtue it earned."""
    when = OLD + timedelta(days=day)
    row = row_for("daily_sessions", user, created_at=when, session_date=when.date())
    session = insert(connection, "daily_sessions", row)
    for number in range(metrics):
        row = row_for("session_analytics", user, session_id=session, metric_name=f"m{number}")
        insert(connection, "session_analytics", row)
    if virtue:
        row = row_for("virtue_collection", user, virtue_name=virtue, earned_from_session_id=session)
        insert(connection, "virtue_collection", row)
    return session


def archive(
    connection: Connection, size: int = 1000, cutoff: datetime = CUTOFF, **after: Any
) -> dict[str, Any]:
    """One batch; `after` is the last row of the batch before."""
    return _call(
        connection,
        "select * from audit.archive_daily_sessions(%(cutoff)s, %(size)s, %(at)s, %(id)s)",
        {"cutoff": cutoff, "size": size, "at": None, "id": None, **after},
    )


def restore(connection: Connection, **criteria: Any) -> dict[str, Any]:
    """One batch back; criteria are named as the function's parameters."""
    given = ", ".join(f"{name} => %({name})s" for name in criteria)
    return _call(connection, f"select * from audit.restore_daily_sessions({given})", criteria)


def _call(connection: Connection, query: str, parameters: dict[str, Any]) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row


def state(connection: Connection) -> State:
    """Every row that a move may touch, but for when it was archived."""
    return {
        table: [
            {column: value for column, value in row.items() if column != "archived_at"}
            for row in _rows(connection, table)
        ]
        for table in (*SESSION_TABLES, "virtue_collection")
    }


def _rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            f"select * from public.{table} order by user_id, id".encode()
        ).fetchall()


def counts(connection: Connection) -> tuple[int, ...]:
    """How many rows each table of sessions holds: live, archived, metrics live, archived."""
    return tuple(len(_rows(connection, table)) for table in SESSION_TABLES)
