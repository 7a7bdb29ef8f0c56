"""One statement to send, and the settings that each transaction of ours needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from arami_db.database.connect import AsyncConnection, Connection

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement


@dataclass(frozen=True)
class Step:
    """One statement to send: of a file, or of the runner around it.

    Attributes:
        sql: its text.
        parameters: values for its placeholders; None where the text has none.
        statement: where in the file it comes from; None for the runner's own.
        script: the file that statement is of; None for the runner's own.
    """

    sql: str
    parameters: dict[str, Any] | None = None
    statement: Statement | None = None
    script: Script | None = None


def run_each(connection: Connection, steps: Sequence[Step]) -> None:
    """Run the runner's own statements one after another; errors are psycopg's."""
    for step in steps:
        connection.execute(step.sql, step.parameters)


def no_time_limit(
    connection: Connection | AsyncConnection, scope: Literal["local", "session"] = "local"
) -> list[str]:
    """What lifts the limit of a whole transaction that a role may have (from Postgres 17 on).

    Args:
        connection: to the server that is asked for its version.
        scope: for the transaction at work, or for all of the session's.
    """
    recent = connection.info.server_version >= 170000
    return [f"set {scope} transaction_timeout = 0"] if recent else []
