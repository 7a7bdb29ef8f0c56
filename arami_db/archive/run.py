"""A run from its lock to its last line in the record."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import psycopg

from arami_db.archive import history, verification
from arami_db.archive.batch import Batch
from arami_db.archive.estimate import ObstacleError, obstacles
from arami_db.archive.model import (
    Failure,
    Moved,
    Options,
    Outcome,
    Progress,
    Report,
    Result,
)
from arami_db.archive.pacing import Pacing
from arami_db.archive.question import ask
from arami_db.archive.selection import Count, Selection
from arami_db.archive.stop import Stop, while_open
from arami_db.archive.verification import Verification
from arami_db.archive.worker import Work, Worker, work_together
from arami_db.database.connect import AsyncConnection, Connection
from arami_db.database.lock import archive_lock
from arami_db.errors import AramiError

Answer = TypeVar("Answer")

_EVERY = 1.0  # seconds between two reports of progress


async def run(  # noqa: PLR0913, PLR0917 - all of it comes from the command line
    connection: Connection,
    conninfo: str,
    selection: Selection,
    options: Options,
    report: Report,
    stop: Stop,
) -> Result:
    """Move everything that is selected, batch by batch, and record it.

    The first signal stops the run at the end of the batches at work; a second breaks them off.

    Args:
        connection: idle; it will hold the archive lock.
        conninfo: how to open the connections that work.
        selection: what to move.
        options: how.
        report: told how it goes.
        stop: ends it early; see stoppable().

    Raises:
        LockBusyError: another run is at work; nothing was done.
        LockedOutError: somebody holds a lock on a table.
        ObstacleError: something in the catalog makes every batch fail; nothing was moved.
        BatchError: a batch failed for good; what was moved before stays moved.
        ConnectionFailedError: the connection broke.
        PlatformError: this role lacks the rights.
    """
    gc.enable()  # off at start-up, for commands that are over in a moment; this one may not be
    with archive_lock(connection) as require_lock:
        at_work = _Run(conninfo, selection, options, report, stop)
        stop.note = report.note
        telling = asyncio.create_task(at_work.tell())
        try:
            with (
                stop.on_signals(),
                stop.after(options.max_duration),
                while_open(connection, require_lock, at_work.fail),
            ):
                return await at_work.go()
        finally:
            telling.cancel()


class _Run:
    """Passes over what is selected, and the record of them."""

    def __init__(
        self, conninfo: str, selection: Selection, options: Options, report: Report, stop: Stop
    ) -> None:
        self._conninfo, self._selection, self._options = conninfo, selection, options
        self._report, self._stop = report, stop
        self._started = time.monotonic()
        self._moved, self._failed, self._total = Moved(), 0, 0
        self._failure: Exception | None = None
        self._failures: tuple[Failure, ...] = ()
        self._unknown: tuple[str, ...] = ()
        self._reason: str | None = None
        self._verified: Verification | None = None

    async def go(self) -> Result:
        """Do the work and record how it ended."""
        run_id = await self._ask(partial(history.begin, selection=self._selection))
        if run_id is None:
            self._reason = self._stop.reason
            return self._result(None, Moved(), None, Outcome.STOPPED_EARLY)
        left: int | None = None
        try:
            left = await self._work_off(run_id)
        except Exception as error:
            self.fail(error)
        if self._failure is not None:
            with suppress(psycopg.Error, AramiError):  # the server itself may be what failed
                await self._record(run_id, Outcome.FAILED, str(self._failure))
            raise self._failure
        return await self._end(run_id, left)

    async def _work_off(self, run_id: int) -> int | None:
        """Move everything; how much is left, None when that is not known."""
        if found := await self._ask(partial(obstacles, kind=self._selection.kind)):
            raise ObstacleError(found)
        self._unknown = await self._ask(self._selection.unknown) or ()
        count = await self._ask(self._selection.count)
        if count is None:
            return None
        self._total = count.sessions
        before = await self._look()
        work = self._shared(run_id)
        # The second pass goes for what was in the way the first time.
        for jobs in (self._options.jobs, 1):
            if count.sessions > count.failed and not self._stop:
                count = await self._pass([Worker(work, count) for _ in range(jobs)]) or count
        if count.failed and not self._stop:
            count = await self._pass([Worker(work, count, retry=True)]) or count
        if self._failed or count.failed:
            self._failures = await ask(
                self._conninfo,
                partial(history.failures, selection=self._selection),
                note=self._report.note,
            )
        if before is not None:
            self._verified = await self._ask(partial(verification.compare, before=before))
        return max(self._total - self._moved.sessions, 0) if self._stop else count.sessions

    async def _look(self) -> verification.Before | None:
        """What is to be compared with after the run; None when nothing is."""
        asked = partial(verification.look, selection=self._selection, most=self._options.verify)
        return await self._ask(asked) if self._options.verify else None

    async def _pass(self, workers: list[Worker]) -> Count | None:
        """Let workers move what they can; what there is to move then."""
        await self._stop.unless_aborted(work_together(workers, self.fail))
        return await self._ask(self._selection.count)

    def _shared(self, run_id: int) -> Work:
        return Work(
            self._conninfo,
            self._selection,
            run_id,
            self._options.batch_size,
            self._stop,
            Pacing(self._stop, self._options, self._report.note),
            self._on_batch,
            self._report.note,
        )

    async def _ask(self, question: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer | None:
        """Ask on a connection of its own; None when asked to stop meanwhile."""
        return await self._stop.unless_asked(ask(self._conninfo, question, note=self._report.note))

    async def _end(self, run_id: int, left: int | None) -> Result:
        early = None if left == 0 else self._stop.reason  # else it came too late to matter
        outcome = Outcome.STOPPED_EARLY if early else Outcome.DONE
        if early and self._stop.aborted:
            outcome = Outcome.BROKEN_OFF
        unlike = self._verified.text if self._verified and self._verified.differences else None
        if self._failures or self._unknown or unlike:
            outcome = Outcome.FAILED
        reasons = (early, *self._unknown, history.summed_up(self._failures), unlike)
        self._reason = "; ".join(text for text in reasons if text) or None
        message = f"left, because locked: {left}" if left else None
        moved = await self._record(run_id, outcome, self._reason or message)
        return self._result(run_id, moved, left, outcome)

    async def _record(self, run_id: int, outcome: Outcome, message: str | None) -> Moved:
        return await ask(
            self._conninfo,
            lambda c: history.end(c, run_id, outcome, message),
            note=self._report.note,
        )

    def _result(
        self, run_id: int | None, moved: Moved, left: int | None, outcome: Outcome
    ) -> Result:
        took = time.monotonic() - self._started
        return Result(
            run_id, self._selection, moved, left, took, outcome,
            self._reason, self._failures, self._unknown, self._verified,
        )  # fmt: skip

    def fail(self, error: Exception) -> None:
        """Stop because of an error; the first one counts."""
        self._failure = self._failure or error
        self._stop.ask("failure")

    def _on_batch(self, batch: Batch) -> None:
        self._moved += batch.moved
        self._failed += batch.failed
        self._progress()

    def _progress(self) -> None:
        seconds = time.monotonic() - self._started
        self._report.progress(Progress(self._moved, self._total, seconds))

    async def tell(self) -> None:
        """Tell how it goes, once a second."""
        while True:
            await asyncio.sleep(_EVERY)
            self._progress()
