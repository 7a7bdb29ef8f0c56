"""A failed statement, told so that the reader can go straight to the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import redact
from arami_db.errors import StatementError

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement

_HINTS = {
    "25006": "This server is a standby, or its database was made read-only; use the primary.",
    "42501": "Run as the role that owns the object, or let its owner grant what is missing.",
    "42P01": "If it is made by a migration: has `arami-db migrate` been run?",
    "25001": "Put the statement in a file of its own marked: -- arami: no-transaction",
}


def timed_out(sqlstate: str | None, message: str) -> bool:
    """Whether statement_timeout cancelled it: who asks for a cancel gets the same code."""
    return sqlstate == "57014" and "statement timeout" in message


def hint_for(sqlstate: str, message: str) -> str | None:
    """The way out of an error that the server gives no hint for."""
    if timed_out(sqlstate, message):
        return (
            "A timeout of the role or database applies; begin the file with:"
            " set local statement_timeout = 0;"
        )
    return _HINTS.get(sqlstate)


class FileFailedError(StatementError):
    """A statement of a SQL file failed; the file was rolled back."""

    def __init__(self, script: Script, statement: Statement | None, error: psycopg.Error) -> None:
        """Describe the failure.

        Args:
            script: the file that was running.
            statement: the statement that failed; None when its transaction's commit did.
            error: what the server said.
        """
        diag = error.diag
        self.file = script.file
        self.sqlstate = error.sqlstate or ""
        self.detail = diag.message_detail
        self.context = diag.context
        self.statement = statement.text if statement else "commit"
        self.message = redact(diag.message_primary or str(error))
        # The server counts characters from 1.
        self.position = int(diag.statement_position or 1) - 1 if statement else 0
        self.line, self.column = self._place(statement)
        self.blockers: list[str] = []
        super().__init__(
            f"{self.file.label}:{self.line}:{self.column}: {self.message}",
            hint=diag.message_hint or hint_for(self.sqlstate, self.message),
        )

    def _place(self, statement: Statement | None) -> tuple[int, int]:
        if statement is None:
            return self.file.place(len(self.file.text.rstrip()))
        return self.file.place(statement.offset + self.position)
