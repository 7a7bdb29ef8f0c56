"""Running one SQL file: statement by statement, one transaction, one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from arami_db.database.connect import Connection, lost
from arami_db.database.failure import FileFailedError

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement


@dataclass(frozen=True)
class Step:
    """One statement to send: of a file, or of the runner around it.

    Attributes:
        sql: its text.
        parameters: values for its placeholders; None where the text has none.
        statement: where in the file it comes from; None for the runner's own.
    """

    sql: str
    parameters: dict[str, Any] | None = None
    statement: Statement | None = None


class RunnerStepError(Exception):
    """A statement of the runner, not of the file, failed."""

    def __init__(self, error: psycopg.Error) -> None:
        """Wrap the server's error."""
        super().__init__(error.diag.message_primary or str(error))
        self.sqlstate = error.sqlstate or ""


# What DISCARD ALL does, in the parts that a transaction allows; so every file starts alike.
_CLEANING = (
    "reset session authorization",
    "reset role",
    "reset all",
    "close all",
    "deallocate all",
    "unlisten *",
    "discard temp",
    "select pg_catalog.pg_advisory_unlock_all()",
)


def file_steps(script: Script) -> list[Step]:
    """The file's statements."""
    return [Step(statement.text, None, statement) for statement in script.statements]


def cleaning_steps(script: Script) -> list[Step]:
    """What stops settings, temporary tables and the like from outliving the file."""
    return [Step(sql) for sql in _CLEANING] if script.leaves_traces else []


def run(connection: Connection, script: Script, steps: Sequence[Step]) -> None:
    """Send the steps in one pipeline and wait for all of them.

    Args:
        connection: in autocommit; the steps begin and commit themselves.
        script: the file they are of, for the error's sake.
        steps: in order; the last one of a transaction is "commit".

    Raises:
        FileFailedError: a statement of the file, or its commit, failed.
        RunnerStepError: one of the runner's own statements failed.
        ConnectionFailedError: the connection broke; whether the commit happened is unknown.
    """
    cursors: list[psycopg.Cursor[Any]] = []
    try:
        with connection.pipeline():
            for step in steps:
                cursor = connection.cursor()
                cursors.append(cursor)
                cursor.execute(step.sql, step.parameters)
    except psycopg.Error as error:
        if connection.broken or connection.closed:
            raise lost(error) from error
        connection.rollback()
        failed = next(i for i, cursor in enumerate(cursors) if cursor.pgresult is None)
        raise _explain(script, steps[failed], error) from error
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise


def _explain(script: Script, step: Step, error: psycopg.Error) -> Exception:
    if step.statement is None and step.sql != "commit":
        return RunnerStepError(error)
    return FileFailedError(script, step.statement, error)
