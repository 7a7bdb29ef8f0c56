"""Which sessions a run moves: those before a cutoff, or those that a restore names."""

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
    """A session to go on after, as text: of a moment that no client's calendar may have."""

    last_created_at: str | None = None
    last_id: str | None = None


@dataclass(frozen=True)
class Count:
    """What there is to move.

    Attributes:
        sessions: all that are selected and still there.
        failed: those of them that could not be moved before.
        place: just before the first of them: what lies before may be an index full of the dead.
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
        user: whose; None for anybody's.
        since: created then or later.
        until: created before; of an archive as text.
    """

    kind: str
    sessions: tuple[str, ...] = ()
    user: str | None = None
    since: datetime | None = None
    until: datetime | str | None = None

    @property
    def cutoff(self) -> str | None:
        """Of an archive, as text."""
        return str(self.until) if self.kind == ARCHIVE else None

    @property
    def text(self) -> str | None:
        """Of a restore, as it is shown and recorded."""
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
        """What there is to move; ask it with ask()."""
        cursor = await connection.execute(self.sources("movable_count"), self.values)
        sessions, failed, oldest = await cursor.fetchone() or (0, 0, None)
        return Count(sessions, failed, Position(oldest, _LEAST_ID) if oldest else Position())

    async def unknown(self, connection: AsyncConnection) -> tuple[str, ...]:
        """What a restore names and is not in the archive, and why; ask it with ask()."""
        if self.kind == ARCHIVE:
            return ()
        cursor = await connection.execute(query("movable_unknown"), self.values)
        return tuple([str(text) async for (text,) in cursor])


class Link(NamedTuple):
    """A table that moves along, or a column that points to sessions: in one table on both sides.

    Attributes:
        live: the table before anything of it is archived.
        source, target: where its rows leave and arrive.
        source_session, target_session: what names a session in either.
        source_user, target_user: what names its user, too; None where no column must.
        keys: the primary key.
        columns: all of the source, but for those that take turns in pointing.
        is_logged: the change log has what users do to the live table.
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
    """What an archive or a restore takes along, sessions first; ask it with ask()."""
    cursor = await connection.execute(query("archive_links"), {"kind": kind})
    return [Link(*row) async for row in cursor]


def live_tables(connection: Connection) -> list[str]:
    """The tables that sessions and what belongs to them are in, before they are archived."""
    rows = connection.execute(query("archive_links"), {"kind": ARCHIVE}).fetchall()
    return list(dict.fromkeys(str(row[0]) for row in rows))


def fix_cutoff(
    connection: Connection, *, older_than: str, before: datetime | None, force: bool
) -> Selection:
    """What was created before `before`, or before the server's clock less `older_than`.

    Args:
        connection: in autocommit.
        older_than: an interval as Postgres reads it, such as "2 years".
        before: a moment; it goes before older_than.
        force: accept a cutoff younger than ninety days.

    Raises:
        UsageError: no interval, a moment still to come, or too young a one without force.
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
            f"{named}the cutoff {cutoff} is still to come", hint="Name a moment in the past."
        )
    if too_young and not force:
        raise UsageError(
            f"{named}the cutoff {cutoff} is younger than {YOUNGEST}",
            hint="Sessions that young are in daily use; say --force if that is what you want.",
        )
    return Selection(ARCHIVE, until=str(cutoff))


def moment(text: str) -> datetime:
    """A date or time as ISO 8601 writes it; UTC where it names no time zone.

    Raises:
        UsageError: it is none.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{text!r} is not a date or time",
            hint="Write 2024-01-31, 2024-01-31T18:00 (both UTC) or 2024-01-31T18:00+02:00.",
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
