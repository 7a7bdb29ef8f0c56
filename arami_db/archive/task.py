"""The two things a run can do, each as the queries that do it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import ClientCursor
from psycopg.sql import SQL, Composed, Identifier

from arami_db.archive.failure import LOCK_TIMEOUT, unfiltered
from arami_db.archive.model import ARCHIVE, RESTORE, Estimate, Moved, Selection
from arami_db.archive.pace import Pressure
from arami_db.database.connect import Connection, query
from arami_db.database.execute import no_time_limit

# Who waits for a row waits for the subtransaction that has it, and when that ends, as the routine's
# does, looks away for a millisecond before waiting for the transaction itself: to see them takes a
# moment. A short batch is over before anybody minds. And what we did is to be counted at once, lest
# it be taken for the work of somebody else.
_MOMENT = """
select
    case
        when pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp() > '50 milliseconds'
            then pg_catalog.pg_sleep(0.005)
    end,
    pg_catalog.pg_stat_force_next_flush()
"""

# A crash of the server may lose the last batches, but each of them whole, from both sides; nobody
# was told of them yet. The record's last commit is synchronous and brings all before it to disk.
_NO_WAIT_FOR_THE_DISK = "set local synchronous_commit = off"

_LEAST_ID = "00000000-0000-0000-0000-000000000000"

# Where a session is moved from, by the names that the queries give it.
_SOURCES = {
    ARCHIVE: {
        "sessions": Identifier("public", "daily_sessions"),
        "analytics": Identifier("public", "session_analytics"),
        "pointer": Identifier("earned_from_session_id"),
    },
    RESTORE: {
        "sessions": Identifier("public", "daily_sessions_archive"),
        "analytics": Identifier("public", "session_analytics_archive"),
        "pointer": Identifier("earned_from_archived_session_id"),
    },
}

Place = Mapping[str, str | None]
FROM_THE_START: Place = {"last_created_at": None, "last_id": None}


@dataclass(frozen=True)
class Batch:
    """One transaction that went through.

    Attributes:
        moved: what it moved.
        place: values to go on after it.
        ended: it found fewer sessions than it may take.
        pressure: what it did to others.
        seconds: how long it took, there and back.
    """

    moved: Moved
    place: Place
    ended: bool
    pressure: Pressure
    seconds: float


@dataclass(frozen=True)
class Count:
    """What there is to move.

    Attributes:
        sessions: how many.
        place: just before the first of them: what lies before may be an index full of the dead.
    """

    sessions: int
    place: Place


@dataclass(frozen=True)
class Task:
    """What a run does.

    Attributes:
        kind: "archive" or "restore".
        values: the criteria, by the names that the queries give them.
        cutoff: of an archive, as text.
        selection: of a restore, as text.
    """

    kind: str
    values: dict[str, Any]
    cutoff: str | None
    selection: str | None

    def count(self, connection: Connection) -> Count:
        """What there is to move; call it in unfiltered()."""
        row = connection.execute(self._query("movable_count"), self.values).fetchone()
        sessions, oldest = row or (0, None)
        return Count(
            int(sessions),
            {"last_created_at": oldest, "last_id": _LEAST_ID} if oldest else FROM_THE_START,
        )

    def estimate(self, connection: Connection) -> Estimate:
        """What there is to move, and how long that may take; call it in unfiltered()."""
        connection.execute("set transaction read only")
        values = {**self.values, "kind": self.kind}
        row = connection.execute(self._query("movable_estimate"), values).fetchone()
        assert row is not None  # noqa: S101
        sessions, analytics, virtues, size, oldest, newest, seconds = row
        return Estimate(
            self.kind,
            self.cutoff,
            self.selection,
            sessions,
            analytics,
            virtues,
            round(size),
            oldest,
            newest,
            seconds,
        )

    def next_one(self, connection: Connection, place: Place) -> tuple[str, Place] | None:
        """The session that a batch of one takes after a place, and the place after it."""
        with unfiltered(connection):
            values = {**self.values, **place}
            row = connection.execute(self._query("movable_next"), values).fetchone()
        if row is None:
            return None
        return row[1], {"last_created_at": row[0], "last_id": row[1]}

    def _query(self, name: str) -> Composed:
        return SQL(query(name)).format(**_SOURCES[self.kind])

    def move(
        self, connection: Connection, size: int, run_id: int, place: Place, plan_anew: bool
    ) -> Batch:
        """Move one batch: one transaction, one round trip.

        Args:
            connection: idle, in autocommit.
            size: sessions, at most.
            run_id: of the run, for the record.
            place: where the batch before it ended.
            plan_anew: forget the plans that this connection has.
        """
        values = {**self.values, **place, "size": size, "run_id": run_id}
        batch = "archive_batch" if self.kind == ARCHIVE else "restore_batch"
        statements = (
            "begin isolation level read committed",
            LOCK_TIMEOUT,
            _NO_WAIT_FOR_THE_DISK,
            *no_time_limit(connection),
            *(["discard plans"] if plan_anew else []),
            ClientCursor(connection).mogrify(query(batch), values),
            _MOMENT,
            query("archive_pressure"),
            "commit",
        )
        started = time.monotonic()
        cursor = connection.execute(";\n".join(statements).encode())
        seconds = time.monotonic() - started
        answers = []
        while cursor.nextset():
            answers += cursor.fetchall() if cursor.description else []
        (sessions, analytics, virtues, created_at, last_id, exhausted), _, pressure = answers
        return Batch(
            Moved(sessions, analytics, virtues, batches=int(sessions > 0)),
            {"last_created_at": created_at, "last_id": last_id},
            exhausted,
            Pressure(*pressure),
            seconds,
        )


def archiving(cutoff: str) -> Task:
    """Move what was created before the cutoff into the archive."""
    return Task(ARCHIVE, {**_criteria(Selection()), "until": cutoff}, cutoff, None)


def restoring(selection: Selection) -> Task:
    """Bring back what is selected; everything, when nothing is."""
    criteria = _criteria(selection)
    if selection == Selection():
        criteria["since"] = "-infinity"  # the routine wants to be told so
    return Task(RESTORE, criteria, None, str(selection))


def _criteria(selection: Selection) -> dict[str, Any]:
    return {**vars(selection), "sessions": list(selection.sessions) or None}
