"""Which sessions a run moves: those older than a cutoff, or those that a restore names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Composed, Identifier

from arami_db.archive.question import broken
from arami_db.database.connect import AsyncConnection, Connection, query
from arami_db.errors import UsageError

ARCHIVE, RESTORE = "archive", "restore"
YOUNGEST = "90 days"
_LEAST_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Position:
    """The session to continue after, as text: no client's calendar may have its moment."""

    last_created_at: str | None = None
    last_id: str | None = None


@dataclass(frozen=True)
class Count:
    """How much there is to move.

    Attributes:
        sessions: all that are selected and still to move.
        failed: those of them that could not be moved before.
        place: just before the first of them: the index below it may be full of dead entries.
    """

    sessions: int
    failed: int
    place: Position


@dataclass(frozen=True)
class Selection:
    """Sessions to move: all that meet every criterion given.

    Attributes:
        kind: "archive" or "restore".
        sessions: their ids; empty for any.
        user: the id of their user; None for any user.
        since: created then or later.
        until: created before that; for an archive as text.
    """

    kind: str
    sessions: tuple[str, ...] = ()
    user: str | None = None
    since: datetime | None = None
    until: datetime | str | None = None

    @property
    def cutoff(self) -> str | None:
        """The cutoff of an archive, as text."""
        return str(self.until) if self.kind == ARCHIVE else None

    @property
    def text(self) -> str | None:
        """The criteria of a restore, as they are shown and recorded."""
        if self.kind == ARCHIVE:
            return None
        parts = [f"session {session}" for session in self.sessions]
        parts += [f"user {self.user}"] if self.user else []
        parts += [f"from {self.since}"] if self.since else []
        parts += [f"until {self.until}"] if self.until else []
        return ", ".join(parts) or "all"

    @property
    def values(self) -> dict[str, Any]:
        """The criteria, by the names that queries give them."""
        since = "-infinity" if self == Selection(RESTORE) else self.since  # the routine wants one
        return {**vars(self), "sessions": list(self.sessions) or None, "since": since}

    @property
    def source(self) -> str:
        """The table of schema public that sessions are moved from."""
        return "daily_sessions" if self.kind == ARCHIVE else "daily_sessions_archive"

    def sources(self, name: str) -> Composed:
        """The query of that name, over the source."""
        return SQL(query(name)).format(sessions=Identifier("public", self.source))

    async def count(self, connection: AsyncConnection) -> Count:
        """How much there is to move; pass it to ask()."""
        cursor = await connection.execute(self.sources("movable_count"), self.values)
        sessions, failed, oldest = await cursor.fetchone() or (0, 0, None)
        return Count(sessions, failed, Position(oldest, _LEAST_ID) if oldest else Position())

    async def unknown(self, connection: AsyncConnection) -> tuple[str, ...]:
        """What a restore names that is not in the archive, and why; pass it to ask()."""
        if self.kind == ARCHIVE:
            return ()
        cursor = await connection.execute(query("movable_unknown"), self.values)
        return tuple([str(text) async for (text,) in cursor])


class Link(NamedTuple):
    """A table that moves with sessions, or a column of one table that points to sessions.

    Attributes:
        live: the live table.
        source, target: the tables that its rows leave and enter.
        source_session, target_session: the column of each that names a session.
        source_user, target_user: the column that also names its user; None where none is needed.
        keys: the primary key.
        columns: all of the source, except those of which one points to the session at a time.
        is_logged: whether the change log records changes of the live table.
    """

    live: LiteralString
    source: LiteralString
    target: LiteralString
    source_session: str
    target_session: str
    source_user: str | None
    target_user: str | None
    keys: list[str]
    columns: list[str]
    is_logged: bool

    @staticmethod
    def belongs(session: str, user: str | None) -> Composed:
        """What a row c of the table has in common with its session s."""
        belongs = SQL("c.{} = s.id").format(Identifier(session))
        if user is None:
            return belongs
        return SQL("{} and c.{} = s.user_id").format(belongs, Identifier(user))


async def links(connection: AsyncConnection, kind: str) -> list[Link]:
    """The tables that an archive or a restore moves, sessions first; pass it to ask()."""
    cursor = await connection.execute(query("archive_links"), {"kind": kind})
    return [Link(*row) async for row in cursor]


def live_tables(connection: Connection) -> list[str]:
    """The live tables of sessions and of what belongs to them."""
    rows = connection.execute(query("archive_links"), {"kind": ARCHIVE}).fetchall()
    return list(dict.fromkeys(str(row[0]) for row in rows))


def fix_cutoff(
    connection: Connection, *, older_than: str, before: datetime | None, force: bool
) -> Selection:
    """Sessions created before `before`, or before the server's clock minus `older_than`.

    Args:
        connection: in autocommit.
        older_than: an interval as Postgres reads it, such as "2 years".
        before: a moment; it overrides older_than.
        force: accept a cutoff younger than ninety days.

    Raises:
        UsageError: not an interval, a moment in the future, or one too recent without force.
    """
    values = {"older_than": older_than, "before": before, "youngest": YOUNGEST}
    try:
        with connection.transaction():
            connection.execute("set local timezone = 'UTC'")
            row = connection.execute(query("cutoff"), values).fetchone()
    except errors.DataError:
        if before is not None:
            raise UsageError(f"--before {before} is out of range") from None
        raise UsageError(
            f"{older_than!r} is not an interval", hint="Write '2 years', '18 months' or '400 days'."
        ) from None
    except psycopg.OperationalError as error:
        raise broken(connection, error) or error from error
    assert row is not None  # noqa: S101
    cutoff, in_future, too_young = row
    named = "" if before is None else "--before: "
    if in_future:
        raise UsageError(
            f"{named}the cutoff {cutoff} is in the future", hint="Name a moment in the past."
        )
    if too_young and not force:
        raise UsageError(
            f"{named}the cutoff {cutoff} is younger than {YOUNGEST}",
            hint="Sessions that recent are in daily use; pass --force to archive them anyway.",
        )
    return Selection(ARCHIVE, until=str(cutoff))


def moment(text: str) -> datetime:
    """A date or time as ISO 8601 writes it; UTC where it names no time zone.

    Raises:
        UsageError: it is not a date or time.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{text!r} is not a date or time",
            hint="Write 2024-01-31, 2024-01-31T18:00 (both UTC) or 2024-01-31T18:00+02:00.",
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
