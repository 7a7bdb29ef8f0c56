"""Every way this tool can fail: one hierarchy, one exit code a class.

The docstring of a class is its default message; raise it bare when there is nothing to add.
"""

from __future__ import annotations


class AramiError(Exception):
    """The command could not be completed."""

    exit_code = 1

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        """Build the error.

        Args:
            message: what went wrong and where; the class's docstring when None.
            hint: the way out, in one sentence or a command to type.
        """
        super().__init__(message or type(self).__doc__)
        self.hint = hint


class RefusedFileError(AramiError):
    """A SQL file cannot be run as it stands; nothing was run."""


class StatementError(AramiError):
    """A statement failed; its file was rolled back."""


class RebuildError(AramiError):
    """A view or function must be dropped and re-created, and something in the way prevents it."""


class BatchError(AramiError):
    """A batch of sessions could not be moved; it was rolled back."""


class PlatformError(AramiError):
    """The server lacks something that only its administrator can provide."""


class EmbeddedError(AramiError):
    """The embedded server could not be started, stopped or reached."""


class UsageError(AramiError):
    """The command line does not say what to do."""

    exit_code = 2


class PendingError(AramiError):
    """The database lacks what this command works with: migrations are pending."""

    exit_code = 3


class LockBusyError(AramiError):
    """Another runner holds the migration lock of this database."""

    exit_code = 5


class LedgerError(AramiError):
    """The ledger and the files disagree."""

    exit_code = 6


class ConnectionFailedError(AramiError):
    """No connection to the database."""

    exit_code = 7
