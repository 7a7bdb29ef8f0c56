"""Running one SQL file: statement by statement, one transaction, one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus

from arami_db.database.connect import Connection, lost
from arami_db.database.failure import FileFailedError

if TYPE_CHECKING:
    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGconn, PGresult

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


def run_each(connection: Connection, steps: Sequence[Step]) -> None:
    """Run the runner's own statements one after another; errors are psycopg's."""
    for step in steps:
        connection.execute(step.sql, step.parameters)


def run(connection: Connection, script: Script, steps: Sequence[Step]) -> None:
    """Send the steps, each a statement of its own, in one pipeline and wait for all results.

    Args:
        connection: in autocommit; the steps begin and commit themselves.
        script: the file they are of, for the error's sake.
        steps: in order; the last one of a transaction is "commit".

    Raises:
        FileFailedError: a statement of the file, or its commit, failed.
        RunnerStepError: one of the runner's own statements failed.
        ConnectionFailedError: the connection broke; whether the commit happened is unknown.
    """
    client = psycopg.ClientCursor(connection)
    queries = [client.mogrify(s.sql, s.parameters) if s.parameters else s.sql for s in steps]
    try:
        results = connection.wait(_exchange(connection.pgconn, queries))
    except psycopg.OperationalError as error:
        raise lost(error) from error
    finally:
        _leave_pipeline(connection)
    for step, result in zip(steps, results, strict=False):
        if result.status == ExecStatus.FATAL_ERROR:
            raise _explain(script, step, psycopg.errors.error_from_result(result))


def _exchange(pgconn: PGconn, queries: list[str]) -> PQGen[list[PGresult]]:
    """Send everything, then collect one result a query.

    connection.pipeline() would flush and poll once a statement, which costs more than the server
    needs for most of them; the two generators are the ones it is made of.
    """
    pgconn.enter_pipeline_mode()
    for query in queries:
        pgconn.send_query_params(query.encode(), None)
    pgconn.pipeline_sync()
    yield from generators.send(pgconn)
    fetched: list[PGresult] = []
    while not fetched or fetched[-1].status != ExecStatus.PIPELINE_SYNC:
        fetched += yield from generators.fetch_many(pgconn)
    return fetched


def _leave_pipeline(connection: Connection) -> None:
    """Back to an idle connection in its ordinary mode, whatever happened."""
    if connection.closed:
        return
    connection.pgconn.exit_pipeline_mode()
    connection.rollback()  # sends nothing when no transaction is open


def _explain(script: Script, step: Step, error: psycopg.Error) -> Exception:
    if step.statement is None and step.sql != "commit":
        return RunnerStepError(error)
    return FileFailedError(script, step.statement, error)
