"""A failed statement, told so that the reader can go straight to the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import redact
from arami_db.errors import StatementError

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from arami_db.files.script import Script, Statement

_IN_FAILED_TRANSACTION = b"25P02"
_HINTS = {
    "25006": "This server is a standby, or its database or the file itself was made read-only.",
    "42501": "Run as the role that owns the object, or let its owner grant what is missing.",
    "42P01": "If it is made by a migration: has `arami-db migrate` been run?",
}
# active_sql_transaction has two meanings, told apart by the function that raises it.
_ACTIVE = "25001"
_REFUSED_INSIDE = "PreventInTransactionBlock"
_ALONE = (
    "Write it as a statement of its own, not in a function or block, in a file marked:"
    " -- arami: no-transaction"
)
_BEFORE_QUERIES = "Write it as SET TRANSACTION, at the top of the file, before any query."
# duplicate_: schema, table (and view, index, sequence), column, function, object
_CLASHES = {"42P06", "42P07", "42701", "42723", "42710"}
_ADOPT = (
    "If this database held the schema before arami-db came, enter the migrations that it holds,"
    " 1 to N, without running them: arami-db baseline N"
)


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


def _hint(script: Script, error: psycopg.Error) -> str | None:
    """The way out of an error of a file's statement: the server's, or else ours."""
    if error.diag.message_hint:
        return error.diag.message_hint
    message = error.diag.message_primary or ""
    if not script.in_transaction and timed_out(error.sqlstate, message):
        return "The file sets this statement_timeout itself; the role's and database's are lifted."
    if error.sqlstate == _ACTIVE:
        return _ALONE if error.diag.source_function == _REFUSED_INSIDE else _BEFORE_QUERIES
    if error.sqlstate in _CLASHES and script.file.kind == "migration":
        return _ADOPT
    return hint_for(error.sqlstate or "", message)


class FileFailedError(StatementError):
    """A statement of a SQL file failed; the file was rolled back."""

    def __init__(self, script: Script, statement: Statement | None, error: psycopg.Error) -> None:
        """Describe the failure.

        Args:
            script: the file that was running.
            statement: the statement that failed; None when its transaction's end did, which is
                where deferred constraints are checked and deferred triggers fire.
            error: what the server said.

        Attributes that are set later: blockers, who held the locks it waited for; and remains, what
        of a file outside a transaction stays.
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
        self.remains: str | None = None
        super().__init__(
            f"{self.file.label}:{self.line}:{self.column}: {self.message}",
            hint=_hint(script, error),
        )

    def _place(self, statement: Statement | None) -> tuple[int, int]:
        if statement is None:
            return self.file.place(len(self.file.text.rstrip()))
        return self.file.place(statement.offset + self.position)


def failed_by_itself(result: PGresult) -> bool:
    """Whether a statement failed, and not because its transaction had failed before."""
    from psycopg.pq import DiagnosticField, ExecStatus

    state = result.error_field(DiagnosticField.SQLSTATE)
    return result.status == ExecStatus.FATAL_ERROR and state != _IN_FAILED_TRANSACTION
