"""One batch: one transaction of a size that disturbs nobody, moved in one round trip."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

import psycopg
from psycopg import AsyncClientCursor

from arami_db.archive.pacing import Pressure
from arami_db.archive.question import AGAIN, LOCK_TIMEOUT, READ_ONLY, RIGHTS, said
from arami_db.archive.selection import ARCHIVE, Position, Selection
from arami_db.archive.shards import SessionSource
from arami_db.database.connect import AsyncConnection, query
from arami_db.database.execute import no_time_limit
from arami_db.errors import BatchError
from arami_db.runner.failure import timed_out

_HINTS = {
    "25006": READ_ONLY,
    "42501": RIGHTS,
    "53100": "The disk of the server is full. Make room; archiving itself needs room first.",
    "55P03": "Somebody holds a lock on one of the tables: a migration, a long transaction?",
}
# A trigger's function, since the routine itself names all things with their schema.
_HINTS |= dict.fromkeys(
    ("42P01", "42883", "42704"),
    "A trigger of the application, most likely, whose function names things without their schema:"
    " search_path is empty here. Run: alter function … set search_path = public;",
)
_TIMED_OUT = "Raise statement_timeout for this role, or say a smaller --batch-size."
_PASSING = {
    "55P03",  # lock_not_available
    "40P01",  # deadlock_detected
    "40001",  # serialization_failure
}

# Sleep 5 ms after a long batch, so that sessions it blocks show up in pg_locks: when the routine's
# subtransaction ends, they stop waiting for it and take a millisecond to queue for the transaction.
# A batch below 50 ms disturbs nobody.
_MOMENT = """
select pg_catalog.pg_sleep(0.005)
where pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp() > '50 milliseconds'
"""

# A crash of the server may lose the last batches, but each of them whole, from both sides; nobody
# was told of them yet. The record's last commit is synchronous and brings all before it to disk.
_NO_WAIT_FOR_THE_DISK = "set local synchronous_commit = off"


class BatchFailedError(BatchError):
    """A batch failed for good.

    Its detail is not told: it would quote the row, and rows hold what people said.
    """

    def __init__(self, size: int, error: psycopg.Error) -> None:
        """Describe the failure.

        Args:
            size: of the batch, in sessions.
            error: what the server said.
        """
        self.sqlstate = error.sqlstate or ""
        known = _TIMED_OUT if timed_out(error.sqlstate, str(error)) else _HINTS.get(self.sqlstate)
        hints = (error.diag.message_hint or known, AGAIN)
        text = f"a batch of {size} was rolled back: SQLSTATE {self.sqlstate}: {said(error)}"
        if not self.sqlstate:  # it came from this side of the wire, and the batch may be in
            text = f"what became of a batch of {size} is not known: {said(error)}"
        super().__init__(text, hint=" ".join(hint for hint in hints if hint))


def is_passing(error: psycopg.Error) -> bool:
    """Whether a smaller batch, a little later, may well go through."""
    return timed_out(error.sqlstate, str(error)) or error.sqlstate in _PASSING


@dataclass(frozen=True)
class Batch:
    """One transaction that went through.

    Attributes:
        sessions: how many it moved.
        failed: sessions that it could not move, and entered in audit.archive_failure.
        place: the session to go on after.
        exhausted: it found fewer sessions than it may take.
        pressure: what it did to others.
        seconds: how long it took, there and back.
    """

    sessions: int
    failed: int
    place: Position
    exhausted: bool
    pressure: Pressure
    seconds: float


async def move(  # noqa: PLR0913 - what a batch is
    connection: AsyncConnection,
    selection: Selection,
    place: Position,
    *,
    size: int,
    run_id: int,
    retry: bool,
    plan_anew: bool,
    part: SessionSource,
) -> Batch:
    """Move one batch: one transaction, one round trip.

    Args:
        connection: idle, in autocommit.
        selection: what to move.
        place: where the batch before it ended.
        size: sessions, at most.
        run_id: of the run, for the record.
        retry: take what could not be moved before, and nothing else.
        plan_anew: forget the plans that this connection has.
        part: what to take sessions from; the connection is to its server.

    Raises:
        psycopg.Error: all of it was rolled back.
    """
    values = {
        **selection.values, **asdict(place), "size": size, "run_id": run_id, "retry": retry,
    }  # fmt: skip
    moving = query("archive_batch" if selection.kind == ARCHIVE else "restore_batch")
    statements = (
        "-- arami-db archive: a batch\nbegin isolation level read committed",
        LOCK_TIMEOUT,
        _NO_WAIT_FOR_THE_DISK,
        *no_time_limit(connection),
        *part.settings,
        *(["discard plans"] if plan_anew else []),
        AsyncClientCursor(connection).mogrify(moving, values),
        _MOMENT,
        query("archive_pressure"),
        "commit",
    )
    started = time.monotonic()
    cursor = await connection.execute(";\n".join(statements).encode())
    seconds = time.monotonic() - started
    answers = []
    while cursor.nextset():
        answers += await cursor.fetchall() if cursor.description else []
    (sessions, created_at, last_id, failed, exhausted), *_, others = answers
    place = Position(created_at, last_id)
    return Batch(sessions, failed, place, exhausted, Pressure(*others), seconds)
