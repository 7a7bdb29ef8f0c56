"""The statements of a run: a file's own, and the runner's around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import psycopg

from arami_db.database.connect import Connection

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement


@dataclass(frozen=True)
class Step:
    """One statement to send: of a file, or of the runner around it.

    Attributes:
        sql: its text.
        parameters: values for its placeholders; None where the text has none.
        statement: where in the file it comes from; None for the runner's own.
        script: the file, where it is not the one whose transaction this is.
    """

    sql: str
    parameters: dict[str, Any] | None = None
    statement: Statement | None = None
    script: Script | None = None


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
    return [Step(statement.text, None, statement, script) for statement in script.statements]


def cleaning_steps(script: Script) -> list[Step]:
    """What stops settings, temporary tables and the like from outliving the file."""
    return [Step(sql) for sql in _CLEANING] if script.leaves_traces else []


def run_each(connection: Connection, steps: Sequence[Step]) -> None:
    """Run the runner's own statements one after another; errors are psycopg's."""
    for step in steps:
        connection.execute(step.sql, step.parameters)


def no_time_limit(
    connection: Connection, scope: Literal["local", "session"] = "local"
) -> list[str]:
    """What lifts the limit of a whole transaction that a role may have (from Postgres 17 on).

    Args:
        connection: to the server that is asked for its version.
        scope: for the transaction at work, or for all of the session's.
    """
    recent = connection.info.server_version >= 170000
    return [f"set {scope} transaction_timeout = 0"] if recent else []
