"""What an undo is, and why there may be none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arami_db.errors import AramiError


@dataclass(frozen=True)
class Undone:
    """A migration that reverts another one.

    Attributes:
        path: the file that was written.
        statements: how many statements it has.
        stays: what it does not bring back, a line each.
    """

    path: Path
    statements: int
    stays: tuple[str, ...]


class UndoError(AramiError):
    """Statements cannot revert a migration; nothing was written.

    Attributes:
        remaining: what would remain of it, a line each.
    """

    exit_code = 4

    def __init__(
        self, message: str, *, remaining: Sequence[str] = (), hint: str | None = None
    ) -> None:
        """Report what remains.

        Args:
            message: why there is no undo.
            remaining: what would remain of the migration, a line each.
            hint: the remedy.
        """
        self.remaining = tuple(remaining)
        super().__init__("\n  ".join([message, *remaining]), hint=hint)
