"""Applying one file: its transaction, its retries, its line in the history."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from arami_db import ledger
from arami_db.database.backoff import backoff
from arami_db.database.connect import Connection
from arami_db.database.execute import Step
from arami_db.database.server import Server
from arami_db.errors import AramiError, LedgerError, RebuildError, StatementError
from arami_db.files.sqlfile import SqlFile
from arami_db.runner.failure import FileFailedError, hint_for
from arami_db.runner.pipeline import Pipeline, run
from arami_db.runner.session import Applied, MigrateOptions, RunReport
from arami_db.runner.steps import RunnerStepError, transaction
from arami_db.runner.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from arami_db.files.script import Script, Statement

# lock_not_available, deadlock_detected, serialization_failure
_RETRYABLE = {"55P03", "40P01", "40001"}
_UNIQUE_VIOLATION = "23505"


@dataclass(frozen=True)
class Runner:
    """All that applying a file needs.

    Attributes:
        connection: the working connection, in autocommit.
        options: how to migrate.
        report: told of every file.
        watch: looks at the file at work.
        server: what kind of server it is.
        require_lock: raises when the runner lock is lost.
    """

    connection: Connection
    options: MigrateOptions
    report: RunReport
    watch: Watch
    server: Server
    require_lock: Callable[[], None]

    def begin(self, *, durable: bool) -> list[Step]:
        """The statements that open a file's transaction; every setting is local to it.

        All commits of a run but the last may be asynchronous. A crash of the server can then lose
        the latest files, never reorder them: the write-ahead log is one sequence, and the last,
        synchronous commit flushes all of it. A file's schema and its ledger row are one
        transaction, so what is lost is lost from both, and the next run applies it again.
        """
        steps = ["begin isolation level read committed"]
        steps.append(f"set local lock_timeout = '{self.options.lock_timeout_setting}'")
        if not durable:
            steps.append("set local synchronous_commit = off")
        if self.server.notices_death:
            steps.append("set local client_connection_check_interval = '2s'")
        return [Step(sql) for sql in steps]

    def apply(
        self, scripts: Sequence[Script], *, durable: bool, first: Sequence[Step] = ()
    ) -> Iterator[Applied]:
        """Apply files in order, each in a transaction of its own, yielding each once it is in.

        Args:
            scripts: the files.
            durable: whether the last commit waits for the disk.
            first: what the transaction of the first file begins with.
        """

        def steps(script: Script) -> list[Step]:
            before = first if script is scripts[0] else ()
            is_last = script is scripts[-1]
            return self._transaction(script, durable=durable and is_last, first=before)

        with Pipeline(self.connection, scripts, steps, self.at) as pipeline:
            for position, script in enumerate(scripts):
                yield self.attempt(script, partial(pipeline.complete, position))

    def transact(self, script: Script, *, durable: bool) -> None:
        """Run a file's transaction once."""
        self.send(script, self._transaction(script, durable=durable))

    def send(self, script: Script, steps: Sequence[Step], after: Sequence[Step] = ()) -> None:
        """Run some steps of a file, watched; takes and raises as pipeline.run()."""
        run(self.connection, script, steps, self.at, after)

    def at(self, script: Script, statement: Statement | None) -> None:
        """A statement of a file begins, or one of the runner's own; what came before has ended."""
        if ended := self.watch.at(script, statement):
            before, ran, seconds = ended
            self.report.ran(before.file, ran, seconds)

    def _transaction(
        self, script: Script, *, durable: bool, first: Sequence[Step] = ()
    ) -> list[Step]:
        """A file together with its ledger row."""
        begin, *settings = self.begin(durable=durable)
        return transaction(
            [begin],
            script,
            first=[*first, *settings, ledger.claim(script.file)],
            last=ledger.complete(script.file),
        )

    def attempt(self, script: Script, action: Callable[[], None]) -> Applied:
        """Do something for a file, and report it; raises as retry()."""
        self.report.started(script.file)
        started = time.monotonic()
        self.retry(script, action)
        applied = Applied(script.file, len(script.statements), time.monotonic() - started)
        self.report.applied(applied)
        return applied

    def retry(self, script: Script, action: Callable[[], None]) -> None:
        """Do something for a file, again after a lock timeout or deadlock.

        Raises:
            FileFailedError: the file failed for good; the history has it.
            LedgerError: another runner entered the file meanwhile.
            ConnectionFailedError: the connection broke.
        """
        self.require_lock()
        for attempt in range(self.options.retries + 1):
            self.watch.began(script)
            try:
                action()
                break
            except (FileFailedError, RunnerStepError) as error:
                blockers = self.watch.ended()
                if self._is_in_already(script, error):
                    break
                if error.sqlstate not in _RETRYABLE or attempt == self.options.retries:
                    raise self._give_up(script, error, blockers) from error
                self._back_off(script, error, blockers, attempt)
            except RebuildError as error:
                self._remember("failed", script.file, message=str(error))
                raise
            finally:
                self.watch.ended()

    @contextmanager
    def remembering(self, scripts: Sequence[Script]) -> Iterator[None]:
        """Remember at which of the files that are applied here somebody interrupted the run.

        That is the first that is not in: files are sent ahead, so the server may be further than
        what has been reported.
        """
        try:
            yield
        except KeyboardInterrupt:
            with suppress(psycopg.Error, AramiError):  # to be told, the connection must have lived
                if script := next(self._not_in(scripts), None):
                    stays = "nothing of it" if script.in_transaction else "not all of it"
                    self.report.note(f"{script.file.label}: interrupted; {stays} was applied")
                    self._remember("interrupted", script.file)
            raise

    def _not_in(self, scripts: Sequence[Script]) -> Iterator[Script]:
        rows = ledger.read(self.connection).rows
        for script in scripts:
            row = rows.get((script.file.kind, script.file.version))
            if row is None or row.checksum != script.file.checksum:
                yield script

    def _is_in_already(self, script: Script, error: FileFailedError | RunnerStepError) -> bool:
        """Whether the claim failed because a killed runner's server process finished the file."""
        if isinstance(error, FileFailedError) or error.sqlstate != _UNIQUE_VIOLATION:
            return False
        if any(self._not_in([script])):
            return False
        self.report.note(f"{script.file.label}: completed by a run that was killed")
        return True

    def _back_off(
        self, script: Script, error: Exception, blockers: list[str], attempt: int
    ) -> None:
        pause = backoff(attempt)
        stopped = "rolled back" if script.in_transaction else "stopped"
        by = f" (blocked by {'; '.join(blockers)})" if blockers else ""
        self.report.note(
            f"{script.file.label}: {stopped}: {error}{by}; attempt {attempt + 2} of"
            f" {self.options.retries + 1} in {pause:.1f} s"
        )
        time.sleep(pause)

    def _give_up(
        self, script: Script, error: FileFailedError | RunnerStepError, blockers: list[str]
    ) -> AramiError:
        if isinstance(error, RunnerStepError):
            if error.sqlstate == _UNIQUE_VIOLATION:
                return LedgerError(
                    f"{script.file.label}: another runner applied it at this moment",
                    hint="Run `arami-db migrate` again; it goes on from there.",
                )
            return StatementError(
                f"{script.file.label}: the runner's own bookkeeping failed: {error}",
                hint=hint_for(error.sqlstate, str(error)),
            )
        error.blockers = blockers
        self._remember("failed", error.file, sqlstate=error.sqlstate, message=error.message)
        return error

    def _remember(self, name: str, file: SqlFile, **values: str) -> None:
        """Add to the history; its commit is synchronous and so makes the run so far durable."""
        step = ledger.event(name, file, **values)
        with suppress(psycopg.Error):  # the failure itself matters more than its line
            self.connection.execute(step.sql, step.parameters)
