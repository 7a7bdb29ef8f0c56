"""A run from its lock to its last line in the record."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from functools import partial
from typing import TypeVar

import psycopg

from arami_db.archive import history, verification
from arami_db.archive.estimate import ObstacleError, obstacles
from arami_db.archive.history import ArchiveResult, Moved, Outcome
from arami_db.archive.pacing import Pacing
from arami_db.archive.question import AGAIN, Question, ask
from arami_db.archive.selection import Count, Selection
from arami_db.archive.shards import SessionSource, parts
from arami_db.archive.verification import Verification
from arami_db.archive.work import (
    LONGEST,
    ArchiveOptions,
    ArchiveReport,
    Stop,
    StopRequestedError,
    Work,
)
from arami_db.archive.worker import work_together
from arami_db.database.connect import AsyncConnection, Connection
from arami_db.database.lock import archive_lock
from arami_db.errors import AramiError, ConnectionFailedError

Answer = TypeVar("Answer")

_EVERY = 1.0  # seconds between two reports of progress


async def run(  # noqa: PLR0913, PLR0917 - all of it comes from the command line
    connection: Connection,
    conninfo: str,
    selection: Selection,
    options: ArchiveOptions,
    report: ArchiveReport,
    stop: Stop,
) -> ArchiveResult:
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

        def require() -> None:
            try:
                require_lock()
            except ConnectionFailedError as error:
                error.hint = AGAIN
                raise

        at_work = _Run(Work(conninfo, selection, options, report, stop, require))
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


class _Run:
    """Passes over what is selected, and the record of them."""

    def __init__(self, work: Work) -> None:
        self._work, self._stop = work, work.stop
        self._pacing = Pacing(work.options, work.stop, work.report.note)
        self._broken_off = False
        self._unknown: tuple[str, ...] = ()
        self._verified: Verification | None = None

    async def go(self) -> ArchiveResult:
        """Do the work and record how it ended."""
        work, begin = self._work, partial(history.begin, selection=self._work.selection)
        try:
            work.run_id = await self._unless_asked(begin)
        except StopRequestedError:
            early, reason = Outcome.STOPPED_EARLY, self._stop.reason
            return ArchiveResult(None, work.selection, Moved(), None, work.seconds, early, reason)
        try:
            left: int | None = await self._work_off(work.selection, work.options)
        except StopRequestedError:
            left = None if work.total is None else max(work.total - work.moved, 0)
        except Exception as error:
            work.fail(error)
        if work.failure is None:
            return await self._ask(partial(self._end, left=left))
        failed = partial(
            history.end, run_id=work.run_id, outcome=Outcome.FAILED, message=str(work.failure)
        )
        with suppress(psycopg.Error, AramiError):  # the server itself may be what failed
            await self._ask(failed)
        raise work.failure

    async def _work_off(self, selection: Selection, options: ArchiveOptions) -> int:
        """Move everything; how much is left."""
        if found := await self._unless_asked(partial(obstacles, kind=selection.kind)):
            raise ObstacleError(found)
        self._unknown = await self._unless_asked(selection.unknown)
        count = await self._unless_asked(selection.count)
        self._work.total, self._work.failed = count.sessions, count.failed
        before = None
        if options.verify:
            looking = partial(verification.look, selection=selection, most=options.verify)
            before = await self._unless_asked(looking)
        # The second pass goes for what was in the way the first time.
        for jobs in (options.jobs, 1):
            if count.sessions > count.failed:
                count = await self._pass(count, jobs)
        if count.failed:
            count = await self._pass(count, 1, retry=True)
        if before is not None:
            comparing = partial(verification.compare, before=before)
            self._verified = await self._unless_asked(comparing)
        return count.sessions

    async def _pass(self, count: Count, jobs: int, *, retry: bool = False) -> Count:
        """Let workers move what they can; what there is to move then."""
        servers = await self._unless_asked(partial(parts, conninfo=self._work.conninfo))
        moving = self._move(servers, count, jobs, retry=retry)
        try:
            await self._stop.unless(self._stop.aborted, moving)
        except StopRequestedError:
            self._broken_off = True
            raise
        return await self._unless_asked(self._work.selection.count)

    async def _move(
        self, servers: list[list[SessionSource]], count: Count, jobs: int, *, retry: bool
    ) -> None:
        async with asyncio.TaskGroup() as group:
            for server in servers:
                group.create_task(
                    work_together(self._work, self._pacing, count, jobs, server, retry=retry)
                )

    async def _ask(self, question: Question[Answer]) -> Answer:
        return await ask(self._work.conninfo, question, note=self._work.report.note)

    async def _unless_asked(self, question: Question[Answer]) -> Answer:
        return await self._stop.unless(self._stop.asked, self._ask(question))

    async def _end(self, connection: AsyncConnection, left: int | None) -> ArchiveResult:
        """Enter how it ended."""
        work = self._work
        failures = await history.failures(connection, work.selection) if work.failed else ()
        early = None if left == 0 else self._stop.reason  # else it came too late to matter
        result = ArchiveResult(
            work.run_id, work.selection, Moved(), left, work.seconds, Outcome.DONE,
            early, failures, self._unknown, self._verified,
        )  # fmt: skip
        return await history.conclude(connection, work.run_id, result, broken_off=self._broken_off)

    def signalled(self, name: str) -> None:
        """Take in a signal, from within the loop."""
        if self._stop.signals > 1:
            self._work.report.note(f"{name} again: breaking the batch off")
            self._stop.aborted.set()
        else:
            self._work.report.note(f"{name}: stopping after this batch; once more breaks it off")
        self._stop.ask(name)

    async def tell(self) -> None:
        """Tell how it goes, once a second."""
        while True:
            await asyncio.sleep(_EVERY)
            self._work.tell()
