"""The two things a run can do, each as the queries that do it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import ClientCursor

from arami_db.archive.failure import unfiltered
from arami_db.archive.model import ARCHIVE, RESTORE, Estimate, Moved, Selection
from arami_db.archive.pace import Pressure
from arami_db.database.connect import Connection, query

# A batch asks for table locks only: who waits longer than this stands behind a migration.
_LOCK_TIMEOUT = "2s"
# Who waits for a row waits for the subtransaction that has it, and when that ends, as the routine's
# does, looks away for a millisecond before waiting for the transaction itself.
_MOMENT = "select pg_catalog.pg_sleep(0.005)"


_QUERIES = {
    ARCHIVE: ("archive_count", "archive_estimate", "archive_batch"),
    RESTORE: ("restore_count", "restore_estimate", "restore_batch"),
}


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
    place: dict[str, Any]
    ended: bool
    pressure: Pressure
    seconds: float


@dataclass(frozen=True)
class Task:
    """What a run does.

    Attributes:
        kind: "archive" or "restore".
        values: the criteria, by the names that the queries give them.
        cutoff: of an archive.
        selection: of a restore, as text.
    """

    kind: str
    values: dict[str, Any]
    cutoff: datetime | None
    selection: str | None

    def count(self, connection: Connection) -> int:
        """How many sessions there are to move."""
        with unfiltered(connection):
            row = connection.execute(self._query(0), self.values).fetchone()
        return int(row[0]) if row else 0

    def estimate(self, connection: Connection) -> Estimate:
        """What there is to move, and how long that may take; writes nothing."""
        with unfiltered(connection):
            connection.execute("set transaction read only")
            row = connection.execute(self._query(1), self.values).fetchone()
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

    def _query(self, number: int) -> str:
        return query(_QUERIES[self.kind][number])

    def move(self, connection: Connection, size: int, run_id: int, place: dict[str, Any]) -> Batch:
        """Move one batch: one transaction, one round trip.

        Args:
            connection: idle, in autocommit.
            size: sessions, at most.
            run_id: of the run, for the record.
            place: where the batch before it ended.
        """
        values = {**self.values, **place, "size": size, "run_id": run_id}
        statements = (
            "begin isolation level read committed",
            f"set local lock_timeout = '{_LOCK_TIMEOUT}'",
            ClientCursor(connection).mogrify(self._query(2), values),
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


FROM_THE_START = {"last_created_at": None, "last_id": None}


def archiving(cutoff: datetime) -> Task:
    """Move what was created before the cutoff into the archive."""
    return Task(ARCHIVE, {"cutoff": cutoff}, cutoff, None)


def restoring(selection: Selection) -> Task:
    """Bring back what is selected; everything, when nothing is."""
    anything = selection == Selection()
    values = {
        "sessions": list(selection.sessions) or None,
        "user": selection.user,
        "since": "-infinity" if anything else selection.since,
        "until": selection.until,
    }
    return Task(RESTORE, values, None, str(selection))
