"""Transactions sent ahead of their results: while the server works on one, the next are there.

One Sync ends them all. That is what makes it safe: after an error the server skips whatever else
was sent up to the Sync, so no file runs after one that failed, and a COMMIT takes effect when it is
executed, not at the Sync (PostgreSQL manual, "Extended Query" and "Pipelining").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus
from psycopg.waiting import WAIT_R

from arami_db.database.connect import Connection, lost
from arami_db.database.execute import Step
from arami_db.runner.failure import FileFailedError, failed_by_itself
from arami_db.runner.interrupts import wait
from arami_db.runner.steps import OF_THE_FILE, RunnerStepError

if TYPE_CHECKING:
    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGresult

    from arami_db.files.script import Script, Statement

# Told of each statement of a file as it begins, and with None when it has ended.
Watcher: TypeAlias = "Callable[[Script, Statement | None], None]"

# Enough to keep a server busy over a slow network, little enough to forget at an interrupt.
_FILES_AHEAD, _CHARACTERS_AHEAD = 16, 1_000_000


def run(
    connection: Connection,
    script: Script,
    steps: Sequence[Step],
    on_statement: Watcher = lambda *_: None,
    after: Sequence[Step] = (),
) -> None:
    """Send the steps of one file, each a statement of its own, and wait for all results.

    Args:
        connection: in autocommit; the steps begin and commit themselves.
        script: the file they are of.
        steps: in order; the last one of a transaction is "commit".
        on_statement: told which statement is at work.
        after: statements of the runner's that follow whatever happened to the steps. They reach the
            same session through a transaction-mode pooler, too: it leaves us ours until the last
            Sync that it has seen is answered, and it sees the one before them together with theirs.

    Raises:
        FileFailedError, RunnerStepError, ConnectionFailedError: as Pipeline.complete().
    """
    with Pipeline(connection, [script], lambda _: steps, on_statement, after) as pipeline:
        pipeline.complete(0)


class Pipeline:
    """Files on their way through one connection, each a transaction, in order.

    Use as a context manager; the connection is good for nothing else until it ends or a file
    fails. Leaving it with files under way cancels them.
    """

    def __init__(
        self,
        connection: Connection,
        scripts: Sequence[Script],
        steps: Callable[[Script], Sequence[Step]],
        on_statement: Watcher = lambda *_: None,
        after: Sequence[Step] = (),
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            connection: in autocommit, idle.
            scripts: the files, in order.
            steps: the statements of a file's transaction, from "begin" to "commit".
            on_statement: as run().
            after: as run().
        """
        self._connection = connection
        self._scripts = scripts
        self._steps_of = steps
        self._on_statement = on_statement
        self._after = after
        self._steps: dict[int, Sequence[Step]] = {}  # what is under way, by position
        self._open = False

    def __enter__(self) -> Pipeline:
        """Nothing to do before the first file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave an idle connection in its ordinary mode, whatever happened."""
        with suppress(psycopg.OperationalError):  # a broken connection is left already
            self._finish()

    def complete(self, position: int) -> None:
        """Wait for a file's commit; what follows it is sent meanwhile.

        A file that failed may be completed again: it and what follows it are sent anew.

        Args:
            position: of the file, in scripts; each comes after the one before it.

        Raises:
            FileFailedError: a statement of the file, or its commit, failed.
            RunnerStepError: one of the runner's own statements failed.
            ConnectionFailedError: the connection broke; whether the commit happened is unknown.
        """
        failed = None
        if not self._open:
            self._connection.pgconn.enter_pipeline_mode()
            self._open = True
        try:
            failed = wait(self._connection, self._exchange(position))
            steps = self._steps.pop(position)
            if failed is None:
                return
            self._steps.clear()  # the server skips what follows
            self._finish()
        except psycopg.OperationalError as error:
            # The last result may say why the server closes the connection.
            raise lost(psycopg.errors.error_from_result(failed[1]) if failed else error) from error
        number, result = failed
        step, cause = steps[number], psycopg.errors.error_from_result(result)
        if step.statement is None and step.sql not in OF_THE_FILE:
            raise RunnerStepError(cause)
        raise FileFailedError(step.script or self._scripts[position], step.statement, cause)

    def _exchange(self, position: int) -> PQGen[tuple[int, PGresult] | None]:
        """Send what may be sent, then collect a file's results; its first error, if any.

        connection.pipeline() would flush and poll once a statement, which costs more than the
        server needs for most of them; these generators are the ones it is made of.
        """
        pgconn = self._connection.pgconn
        for following in range(position, min(position + _FILES_AHEAD, len(self._scripts))):
            if following not in self._steps and (following == position or self._has_room()):
                self._queue(following)
                yield from generators.send(pgconn)
        script = self._scripts[position]
        for number, step in enumerate(self._steps[position]):
            self._on_statement(step.script or script, step.statement)
            for result in (yield from generators.fetch_many(pgconn)):
                if result.status == ExecStatus.FATAL_ERROR:
                    return number, result
        self._on_statement(script, None)
        return None

    def _has_room(self) -> bool:
        sent = sum(len(self._scripts[position].file.text) for position in self._steps)
        return sent < _CHARACTERS_AHEAD

    def _queue(self, position: int) -> None:
        """Hand a file's statements to libpq, and ask for each result as soon as it is there."""
        client = psycopg.ClientCursor(self._connection)
        steps = self._steps[position] = self._steps_of(self._scripts[position])
        for step, following in zip_longest(steps, steps[1:]):
            sql = client.mogrify(step.sql, step.parameters) if step.parameters else step.sql
            self._connection.pgconn.send_query_params(sql.encode(), None)
            # What precedes a statement tells that it begins, its own result that it has ended.
            if following is None or step.statement or following.statement:
                self._connection.pgconn.send_flush_request()

    def _finish(self) -> None:
        """Send the Sync, cancel and forget what was under way, and leave pipeline mode.

        Raises:
            RunnerStepError: one of the statements that are to follow in any case failed.
        """
        if not self._open:
            return
        self._open = False
        if self._steps:
            self._connection.cancel_safe()
        failed = self._connection.wait(self._drain())
        self._connection.pgconn.exit_pipeline_mode()
        self._connection.rollback()  # sends nothing when no transaction is open
        if failed is not None:
            raise RunnerStepError(psycopg.errors.error_from_result(failed))

    def _drain(self) -> PQGen[PGresult | None]:
        """Read up to the last Sync; the first failure of what follows in any case, if any."""
        pgconn = self._connection.pgconn
        pgconn.pipeline_sync()
        for step in self._after:
            pgconn.send_query_params(step.sql.encode(), None)
        if self._after:
            pgconn.pipeline_sync()
        yield from generators.send(pgconn)
        yield from self._up_to_sync()
        if not self._after:
            return None
        return next(filter(failed_by_itself, (yield from self._up_to_sync())), None)

    def _up_to_sync(self) -> PQGen[list[PGresult]]:
        """Read up to a Sync; a cancellation that came between two statements is repeated."""
        pgconn = self._connection.pgconn
        results: list[PGresult] = []
        while True:
            while pgconn.is_busy():
                if (yield WAIT_R):
                    pgconn.consume_input()
                elif self._steps:
                    self._connection.cancel_safe()
            result = pgconn.get_result()
            if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                self._steps.clear()
                return results
            if result is not None:
                results.append(result)
