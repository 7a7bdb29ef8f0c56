"""What went wrong, told without a word of what people said, and what may be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors

from arami_db.database.connect import Connection, lost, redact
from arami_db.database.execute import no_time_limit
from arami_db.database.failure import timed_out
from arami_db.errors import AramiError, BatchError, PlatformError

AGAIN = "What was moved stays moved, all else is as it was. Run it again to go on from there."
_RIGHTS = "docs/operations.md lists the rights this takes, and why."
_HINTS = {
    "25006": "This server is a standby, or its database was made read-only; use the primary.",
    "42501": _RIGHTS,
    "53100": "The disk of the server is full. Make room; archiving itself needs room first.",
    "55P03": "Somebody holds a lock on one of the tables: a migration, a long transaction?",
}
_TIMED_OUT = "Raise statement_timeout for this role, or say a smaller --batch-size."
_RETRYABLE = {
    "55P03",  # lock_not_available
    "40P01",  # deadlock_detected
    "40001",  # serialization_failure
}
_OF_ROWS = {"22", "23", "54"}  # classes: data, integrity, program limit

# Who waits longer than this for a lock stands behind a migration, and others behind him.
LOCK_TIMEOUT = "set local lock_timeout = '2s'"


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


class LockedOutError(AramiError):
    """Somebody holds a lock on a table."""

    sqlstate = "55P03"

    def __init__(self, tries: int, blockers: Sequence[str]) -> None:
        """Say how often it was tried, and who was seen in the way."""
        holders = "; ".join(blockers) or "somebody"
        super().__init__(
            f"SQLSTATE 55P03: no lock after {tries} tries of 2 s; it is held by {holders}",
            hint="Run it again when that has ended.",
        )


def said(error: psycopg.Error) -> str:
    """What the server said; of a value it stumbled over, only that it did: it would quote it."""
    if (error.sqlstate or "").startswith("22"):
        return type(error).__name__
    return redact(error.diag.message_primary or str(error))


def is_passing(error: psycopg.Error) -> bool:
    """Whether a smaller batch, a little later, may well go through."""
    return timed_out(error.sqlstate, str(error)) or error.sqlstate in _RETRYABLE


def is_of_a_session(error: psycopg.Error) -> bool:
    """Whether one session may be the reason, and all others would go through."""
    state = error.sqlstate or ""
    return state[:2] in _OF_ROWS or state == "55P03"


def broken(connection: Connection, error: psycopg.Error) -> AramiError | None:
    """The error for a connection that is gone; None when it is still there."""
    if not (connection.closed or connection.broken):
        return None
    gone = lost(error)
    gone.hint = AGAIN
    return gone


@contextmanager
def unfiltered(connection: Connection) -> Iterator[None]:
    """A transaction in which row level security hides nothing: it is an error instead.

    It waits for a lock for two seconds, for anything else as long as it takes; times are UTC.

    Raises:
        PlatformError: this role may not see or write what the block asks for.
        ConnectionFailedError: the connection broke.
    """
    settings = [
        LOCK_TIMEOUT,
        "set local row_security = off",
        "set local statement_timeout = 0",
        "set local timezone = 'UTC'",
        *no_time_limit(connection),
    ]
    try:
        with connection.transaction():
            connection.execute("; ".join(settings).encode())
            yield
    except errors.InsufficientPrivilege as error:
        raise PlatformError(
            f"this role may not do that: {error.diag.message_primary}", hint=_RIGHTS
        ) from error
    except errors.ReadOnlySqlTransaction as error:
        raise PlatformError(str(error.diag.message_primary), hint=_HINTS["25006"]) from error
    except psycopg.OperationalError as error:
        raise broken(connection, error) or error from error
