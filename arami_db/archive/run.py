"""A run from its lock to its last line in the record."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import psycopg

from arami_db.archive import history, verification
from arami_db.archive.batch import Batch
from arami_db.archive.estimate import ObstacleError, obstacles
from arami_db.archive.history import Moved, Outcome, Result
from arami_db.archive.pacing import Options, Pacing
from arami_db.archive.question import AGAIN, Question, ask
from arami_db.archive.selection import Count, Selection
from arami_db.archive.stop import LONGEST, Stop, StoppedError
from arami_db.archive.verification import Verification
from arami_db.archive.worker import Report, Work, work_together
from arami_db.database.connect import AsyncConnection, Connection
from arami_db.database.lock import archive_lock
from arami_db.errors import AramiError, ConnectionFailedError

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
    loop = asyncio.get_running_loop()
    with archive_lock(connection) as require_lock:
        at_work = _Run(conninfo, selection, options, report, stop, require_lock)
        stop.on_signal = lambda name: loop.call_soon_threadsafe(at_work.signalled, name)
        longest = LONGEST if options.max_duration is None else min(options.max_duration, LONGEST)
        over = loop.call_later(longest, stop.ask, "--max-duration is over")
        telling = asyncio.create_task(at_work.tell())
        try:
            return await at_work.go()
        finally:
            stop.on_signal = lambda _: None
            over.cancel()
            telling.cancel()


@dataclass
class _Run:
    """Passes over what is selected, and the record of them."""

    conninfo: str
    selection: Selection
    options: Options
    report: Report
    stop: Stop
    require_lock: Callable[[], None]
    started: float = field(default_factory=time.monotonic)
    moved: int = 0
    failed: int = 0
    total: int | None = None
    broken_off: bool = False
    failure: Exception | None = None
    unknown: tuple[str, ...] = ()
    verified: Verification | None = None

    async def go(self) -> Result:
        """Do the work and record how it ended."""
        try:
            run_id = await self._unless_asked(partial(history.begin, selection=self.selection))
        except StoppedError:
            early, reason = Outcome.STOPPED_EARLY, self.stop.reason
            return Result(None, self.selection, Moved(), None, self._seconds, early, reason)
        try:
            left: int | None = await self._work_off(run_id)
        except StoppedError:
            left = None if self.total is None else max(self.total - self.moved, 0)
        except Exception as error:
            self.fail(error)
        if self.failure is None:
            return await self._ask(partial(self._end, run_id=run_id, left=left))
        with suppress(psycopg.Error, AramiError):  # the server itself may be what failed
            message = str(self.failure)
            await self._ask(
                partial(history.end, run_id=run_id, outcome=Outcome.FAILED, message=message)
            )
        raise self.failure

    async def _work_off(self, run_id: int) -> int:
        """Move everything; how much is left."""
        if found := await self._unless_asked(partial(obstacles, kind=self.selection.kind)):
            raise ObstacleError(found)
        self.unknown = await self._unless_asked(self.selection.unknown)
        count = await self._unless_asked(self.selection.count)
        self.total, self.failed = count.sessions, count.failed
        before = None
        if self.options.verify:
            looking = partial(verification.look, selection=self.selection, most=self.options.verify)
            before = await self._unless_asked(looking)
        work = self._shared(run_id)
        # The second pass goes for what was in the way the first time.
        for jobs in (self.options.jobs, 1):
            if count.sessions > count.failed:
                count = await self._pass(work, count, jobs)
        if count.failed:
            count = await self._pass(work, count, 1, retry=True)
        if before is not None:
            comparing = partial(verification.compare, before=before)
            self.verified = await self._unless_asked(comparing)
        return count.sessions

    async def _pass(self, work: Work, count: Count, jobs: int, *, retry: bool = False) -> Count:
        """Let workers move what they can; what there is to move then."""
        try:
            moving = work_together(work, count, jobs, retry=retry)
            await self.stop.unless(self.stop.aborted, moving)
        except StoppedError:
            self.broken_off = True
            raise
        return await self._unless_asked(self.selection.count)

    def _shared(self, run_id: int) -> Work:
        return Work(
            self.conninfo,
            self.selection,
            self.options,
            run_id,
            self.stop,
            self._require_lock,
            Pacing(self.options, self.stop, self.report.note),
            self.report.note,
            self._on_batch,
            self.fail,
        )

    def _require_lock(self) -> None:
        try:
            self.require_lock()
        except ConnectionFailedError as error:
            error.hint = AGAIN
            raise

    async def _ask(self, question: Question[Answer]) -> Answer:
        return await ask(self.conninfo, question, note=self.report.note)

    async def _unless_asked(self, question: Question[Answer]) -> Answer:
        return await self.stop.unless(self.stop.asked, self._ask(question))

    async def _end(self, connection: AsyncConnection, run_id: int, left: int | None) -> Result:
        """Enter how it ended."""
        failures = await history.failures(connection, self.selection) if self.failed else ()
        early = None if left == 0 else self.stop.reason  # else it came too late to matter
        result = Result(
            run_id, self.selection, Moved(), left, self._seconds, Outcome.DONE,
            early, failures, self.unknown, self.verified,
        )  # fmt: skip
        return await history.conclude(connection, run_id, result, broken_off=self.broken_off)

    def fail(self, error: Exception) -> None:
        """Stop because of an error; the first one counts."""
        self.failure = self.failure or error
        self.stop.ask("failure")

    def signalled(self, name: str) -> None:
        """Take in a signal, from within the loop."""
        if self.stop.signals > 1:
            self.report.note(f"{name} again: breaking the batch off")
            self.stop.aborted.set()
        else:
            self.report.note(f"{name}: stopping after this batch; once more breaks it off")
        self.stop.ask(name)

    def _on_batch(self, batch: Batch) -> None:
        self.moved += batch.sessions
        self.failed += batch.failed
        self._progress()

    async def tell(self) -> None:
        """Tell how it goes, once a second."""
        while True:
            await asyncio.sleep(_EVERY)
            self._progress()

    def _progress(self) -> None:
        self.report.progress(self.moved, self.total or 0, self._seconds)

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.started
