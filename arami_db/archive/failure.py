"""What went wrong with a batch, told without a word of what people said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from arami_db.database.connect import Connection, lost, redact
from arami_db.errors import AramiError, BatchError, PlatformError

AGAIN = "What was moved stays moved, all else is as it was. Run it again to go on from there."
_RIGHTS = "docs/operations.md lists the rights this takes, and why."
_HINTS = {
    "25006": "This server is a standby, or its database was made read-only; use the primary.",
    "42501": _RIGHTS,
    "53100": "The disk of the server is full. Make room; archiving itself needs room first.",
    "55P03": "Somebody holds a lock on one of the tables: a migration, a long transaction?",
    "57014": "A statement_timeout applies; raise it for this role, or say a smaller --batch-size.",
}
_RETRYABLE = {
    "55P03",  # lock_not_available
    "40P01",  # deadlock_detected
    "40001",  # serialization_failure
}


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
        diag = error.diag
        message = redact(diag.message_primary or str(error))
        hints = (diag.message_hint or _HINTS.get(self.sqlstate), AGAIN)
        super().__init__(
            f"a batch of {size} was rolled back: SQLSTATE {self.sqlstate}: {message}",
            hint=" ".join(hint for hint in hints if hint),
        )


def is_passing(error: psycopg.Error) -> bool:
    """Whether a smaller batch, a little later, may well go through."""
    timed_out = isinstance(error, errors.QueryCanceled) and "statement timeout" in str(error)
    return timed_out or error.sqlstate in _RETRYABLE


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

    Raises:
        PlatformError: this role may not see or write what the block asks for.
        ConnectionFailedError: the connection broke.
    """
    try:
        with connection.transaction():
            connection.execute("set local row_security = off")
            yield
    except errors.InsufficientPrivilege as error:
        raise PlatformError(
            f"this role may not do that: {error.diag.message_primary}", hint=_RIGHTS
        ) from error
    except psycopg.OperationalError as error:
        raise broken(connection, error) or error from error
