"""All errors of this tool: one hierarchy, one exit code for each class.

The docstring of a class is its default message; raise it without arguments if that is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AramiError(Exception):
    """The command could not be completed."""

    exit_code = 1

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        """Build the error.

        Args:
            message: what went wrong and where; the class's docstring when None.
            hint: how to fix it, in one sentence or a command to type.
        """
        super().__init__(message or type(self).__doc__)
        self.hint = hint


@dataclass(frozen=True)
class Refusal:
    """A place of a file, and why the file cannot be run as it stands.

    Attributes:
        file: its path, as the user would type it.
        line: from 1; None for the whole file.
        column: from 1, in characters.
        reason: what is wrong there.
        hint: how to fix it; the same for all refusals of a kind.
        statement: the statement at that place, if any.
        position: the place in the statement, in characters from 0.
        sqlstate: the server's code for it, if any.
    """

    file: str
    line: int | None
    column: int | None
    reason: str
    hint: str | None = None
    statement: str | None = None
    position: int = 0
    sqlstate: str | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Its place in the file, for sorting."""
        return self.line or 0, self.column or 0

    def __str__(self) -> str:
        """Such as migrations/001_users.sql:3:14: what is wrong."""
        place = [self.file, *(str(part) for part in (self.line, self.column) if part)]
        return f"{':'.join(place)}: {self.reason}"


class RefusedFileError(AramiError):
    """A SQL file cannot be run as it stands; nothing was run."""

    def __init__(
        self,
        message: str | None = None,
        *,
        hint: str | None = None,
        refusals: Sequence[Refusal] = (),
    ) -> None:
        """Build the error from a message or from refusals.

        Args:
            message: what went wrong and where; taken from the refusals when None.
            hint: how to fix it; the refusals' hints, each once, when None.
            refusals: every place that is refused, in order.
        """
        hints = dict.fromkeys(refusal.hint for refusal in refusals if refusal.hint)
        super().__init__(
            message or _message(refusals),
            hint=hint or "\n      ".join(hints) or None,
        )
        self.refusals = tuple(refusals)


def _message(refusals: Sequence[Refusal]) -> str | None:
    if len(refusals) < 2:
        return str(refusals[0]) if refusals else None
    files = len({refusal.file for refusal in refusals})
    where = "one file" if files == 1 else f"{files} files"
    return f"{len(refusals)} places in {where} are refused; nothing was run"


class StatementError(AramiError):
    """A statement failed; its file was rolled back."""


class RebuildError(AramiError):
    """A view or function must be dropped and re-created, and a dependant prevents it."""


class DistributionError(AramiError):
    """The tables cannot be distributed; nothing was distributed."""


class BatchError(AramiError):
    """A batch of sessions could not be moved; it was rolled back."""


class PlatformError(AramiError):
    """The server lacks what only an administrator can provide."""


class EmbeddedError(AramiError):
    """The embedded server could not be started, stopped or reached."""


class UsageError(AramiError):
    """The command line does not say what to do."""

    exit_code = 2


class PendingError(AramiError):
    """This command needs migrations that have not been applied."""

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


class StoppedError(AramiError):
    """The command was interrupted."""

    exit_code = 130
