"""One statement to send, and a setting that our transactions need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from arami_db.database.connect import AsyncConnection, Connection

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement


@dataclass(frozen=True)
class Step:
    """One statement to send: of a file, or of the runner.

    Attributes:
        sql: its text.
        parameters: values for its placeholders; None where the text has none.
        statement: the statement of the file; None for the runner's own.
        script: its file; None for the runner's own.
    """

    sql: str
    parameters: dict[str, Any] | None = None
    statement: Statement | None = None
    script: Script | None = None


def run_each(connection: Connection, steps: Sequence[Step]) -> None:
    """Run the runner's own statements one after another; raises psycopg's errors."""
    for step in steps:
        connection.execute(step.sql, step.parameters)


def no_time_limit(
    connection: Connection | AsyncConnection, scope: Literal["local", "session"] = "local"
) -> list[str]:
    """The statements that lift transaction_timeout (Postgres 17 and newer).

    Args:
        connection: to the server, whose version decides.
        scope: for the current transaction, or for the session.
    """
    recent = connection.info.server_version >= 170000
    return [f"set {scope} transaction_timeout = 0"] if recent else []
