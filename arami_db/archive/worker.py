"""One connection's share of the work: batch after batch, until nothing is left or told to stop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TypeVar

import psycopg

from arami_db.archive.batch import Batch, BatchFailedError, is_passing, move
from arami_db.archive.pacing import BatchSize, Pacing, pressure
from arami_db.archive.question import Question, broken, said
from arami_db.archive.selection import Count, Position
from arami_db.archive.shards import SessionSource
from arami_db.archive.work import Work
from arami_db.database.backoff import backoff
from arami_db.database.connect import AsyncConnection, connect_async
from arami_db.errors import AramiError
from arami_db.runner.failure import timed_out

_RETRIES = 4
_RETRIED = 100  # sessions: each that fails again costs two subtransactions
_IDLE_SESSION_TIMEOUT = "57P05"

Answer = TypeVar("Answer")


class Worker:
    """Moves batches on a connection of its own."""

    def __init__(
        self, work: Work, pacing: Pacing, count: Count, part: SessionSource, *, retry: bool
    ) -> None:
        """Prepare; connect() and move_all() do it.

        Args:
            work: the run.
            pacing: when its workers rest.
            count: what there is to move.
            part: where it takes it from.
            retry: move what could not be moved before, until a batch of it moves nothing.
        """
        self._work, self._pacing, self._part, self._retry = work, pacing, part, retry
        most, fixed = count.sessions + 1, work.options.batch_size
        if retry:
            most = fixed = min(fixed or _RETRIED, _RETRIED)
        self._size = BatchSize(fixed, most)
        self._place = Position() if retry else count.place
        self._attempts = 0
        self._connection: AsyncConnection

    async def connect(self) -> None:
        """Connect, and pass on what the server warns of.

        Raises:
            ConnectionFailedError: the server refused or could not be reached.
        """
        try:
            self._connection = await connect_async(self._part.conninfo)
        except AramiError as error:
            raise self._part.named(error) from None
        self._connection.add_notice_handler(
            lambda notice: self._work.report.note(f"warning: {notice.message_primary}")
        )

    async def move_all(self) -> None:
        """Move batch after batch.

        Raises:
            BatchFailedError: one failed for good.
            ConnectionFailedError: the connection broke, or that of the lock.
        """
        pacing, again = self._pacing, partial(self._do, pressure)
        try:
            found = await again()
            while True:
                await pacing.let_replicas_catch_up(found, again)
                batch = await self._next_batch()
                if batch is None or batch.exhausted or (self._retry and not batch.sessions):
                    return
                found = batch.pressure
                if found.blocks:
                    self._size.disturbed()
                else:
                    self._size.took(batch.seconds)
                await pacing.rest(found, batch.seconds)
        finally:
            await self._connection.close()

    async def _next_batch(self) -> Batch | None:
        """Move a batch, however often that takes a try; None when told to stop."""
        work, failures = self._work, 0
        while not work.stop:
            work.require_lock()
            size = self._size.present
            # Plan anew the more rarely, the more batches there were: plans that foreign keys made
            # for an empty archive read all of a full one.
            self._attempts += 1
            moving = partial(
                move,
                selection=work.selection,
                place=self._place,
                size=size,
                run_id=work.run_id,
                retry=self._retry,
                plan_anew=self._attempts.bit_count() == 1,
                part=self._part,
            )
            try:
                batch = await self._do(moving)
            except psycopg.Error as error:
                await self._connection.rollback()
                if self._part.is_elsewhere(error):
                    work.report.note(f"{said(error)}; what is left of it is for the second pass")
                    return None
                # A smaller batch takes less time, and the same locks on tables.
                failures += size == 1 or not timed_out(error.sqlstate, str(error))
                if not is_passing(error) or failures > _RETRIES:
                    raise BatchFailedError(size, error) from error
                await self._go_easier(failures, error)
                continue
            work.moved += batch.sessions
            work.failed += batch.failed
            work.tell()
            if not self._retry:
                self._place = batch.place
            return batch
        return None

    async def _go_easier(self, failures: int, error: psycopg.Error) -> None:
        self._size.halve()
        pause = backoff(failures)
        self._work.report.note(
            f"a batch was rolled back: {said(error)}; again with {self._size.present}"
            f" in {pause:.1f} s"
        )
        await self._work.stop.rest(pause)

    async def _do(self, action: Question[Answer]) -> Answer:
        """Do it, on a new connection when the server closed the old one because it was idle."""
        while True:
            try:
                return await action(self._connection)
            except psycopg.Error as error:
                gone = broken(self._connection, error)
                if gone is None:
                    raise
                if error.sqlstate != _IDLE_SESSION_TIMEOUT:
                    raise self._part.named(gone) from error
            await self.connect()


async def work_together(  # noqa: PLR0913 - what a pass is
    work: Work, pacing: Pacing, count: Count, jobs: int, parts: list[SessionSource], *, retry: bool
) -> None:
    """Let workers move all they can until each has ended; who can connect does without the others.

    Args:
        work: the run; told of each error, so that the others finish their batches and stop.
        pacing: when they rest.
        count: what there is to move.
        jobs: how many workers.
        parts: of one server, one after another.
        retry: move what could not be moved before.
    """
    absent: list[AramiError] = []

    async def one(worker: Worker) -> None:
        try:
            await worker.connect()
        except AramiError as error:
            absent.append(error)
            if len(absent) == jobs:
                work.fail(error)
            else:
                work.report.note(f"going on with one connection less: {error}")
            return
        try:
            await worker.move_all()
        except Exception as error:
            work.fail(error)

    pacing.workers = jobs
    for part in parts:
        absent.clear()
        async with asyncio.TaskGroup() as group:
            for _ in range(jobs):
                group.create_task(one(Worker(work, pacing, count, part, retry=retry)))
