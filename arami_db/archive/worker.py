"""One connection's share of the work: batch after batch, until nothing is left or told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from arami_db.archive.batch import Batch, BatchFailedError, Pressure, is_passing, move, pressure
from arami_db.archive.pacing import BatchSize, Pacing
from arami_db.archive.question import broken, said
from arami_db.archive.selection import Count, Place, Selection
from arami_db.archive.stop import Stop
from arami_db.database.backoff import backoff
from arami_db.database.connect import AsyncConnection, connect_async
from arami_db.database.failure import timed_out
from arami_db.errors import AramiError

_RETRIES = 4
_RETRIED = 100  # sessions: each that fails again costs two subtransactions
_IDLE_SESSION_TIMEOUT = "57P05"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Work:
    """What the workers of a run share.

    Attributes:
        conninfo: how to connect.
        selection: what to move.
        run_id: of the run, for the record.
        batch_size: sessions a transaction; None to find out.
        stop: asked before each batch.
        pacing: how they rest.
        on_batch: told of each batch.
        note: told what the user should know.
    """

    conninfo: str
    selection: Selection
    run_id: int
    batch_size: int | None
    stop: Stop
    pacing: Pacing
    on_batch: Callable[[Batch], None]
    note: Callable[[str], None]


class Worker:
    """Moves batches on a connection of its own."""

    def __init__(self, work: Work, count: Count, *, retry: bool = False) -> None:
        """Prepare; connect() and move_all() do it.

        Args:
            work: what it shares with others.
            count: what there is to move.
            retry: move what could not be moved before, until a batch of it moves nothing.
        """
        self._work, self._retry, self.note = work, retry, work.note
        most = _RETRIED if retry else count.sessions + 1
        self._size = BatchSize(
            min(work.batch_size or most, most) if retry else work.batch_size, most
        )
        self._place = Place() if retry else count.place
        self._failures = 0
        self._attempts = 0
        self._connection: AsyncConnection

    async def connect(self) -> None:
        """Connect, and pass on what the server warns of."""
        self._connection = await connect_async(self._work.conninfo)
        self._work.pacing.load.own()
        self._connection.add_notice_handler(
            lambda notice: self.note(f"warning: {notice.message_primary}")
        )

    async def move_all(self) -> None:
        """Move batch after batch.

        Raises:
            BatchFailedError: one failed for good.
            ConnectionFailedError: the connection broke.
        """
        pacing = self._work.pacing
        try:
            found = await self._ask()
            while not self._work.stop:
                await pacing.let_replicas_catch_up(found, self._ask)
                await pacing.turn(self)
                batch = await self._next_batch()
                if batch is None or batch.exhausted or (self._retry and not batch.moved.sessions):
                    return
                found = batch.pressure
                if found.blocks:
                    self._size.disturbed()
                else:
                    self._size.took(batch.seconds, pacing.target())
                await pacing.rest(found, batch.seconds)
        finally:
            pacing.done(self)
            await self._connection.close()

    async def _ask(self) -> Pressure:
        found = await self._do(pressure)
        self._work.pacing.load.see(found.transactions)
        return found

    async def _do(self, action: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
        """Do it, on a new connection when the server closed the old one because it was idle."""
        while True:
            try:
                return await action(self._connection)
            except psycopg.Error as error:
                gone = broken(self._connection, error)
                if gone is None:
                    raise
                if error.sqlstate != _IDLE_SESSION_TIMEOUT:
                    raise gone from error
            await self.connect()

    async def _next_batch(self) -> Batch | None:
        """Move a batch, however often that takes a try; None when told to stop."""
        self._failures = 0
        while not self._work.stop:
            size, plan_anew = self._size.present, self._plans_anew()
            try:
                batch = await self._do(lambda c: self._move(c, size, plan_anew=plan_anew))  # noqa: B023
            except psycopg.Error as error:
                await self._connection.rollback()
                self._work.pacing.load.own()
                await self._mend(size, error)
                continue
            self._work.pacing.load.see(batch.pressure.transactions)
            self._work.on_batch(batch)
            if not self._retry:
                self._place = batch.place
            return batch
        return None

    def _move(self, connection: AsyncConnection, size: int, *, plan_anew: bool) -> Awaitable[Batch]:
        work = self._work
        return move(
            connection,
            work.selection,
            self._place,
            size=size,
            run_id=work.run_id,
            retry=self._retry,
            plan_anew=plan_anew,
        )

    def _plans_anew(self) -> bool:
        """Whether to plan the next batch anew: the more rarely, the more there were.

        Plans that foreign keys made for an empty archive read all of a full one.
        """
        self._attempts += 1
        return self._attempts.bit_count() == 1

    async def _mend(self, size: int, error: psycopg.Error) -> None:
        """See to it that the next attempt fares better: smaller and later, a few times."""
        if not is_passing(error):
            raise BatchFailedError(size, error) from error
        # A smaller batch takes less time, and the same locks on tables.
        if size == 1 or not timed_out(error.sqlstate, str(error)):
            self._failures += 1
        if self._failures > _RETRIES:
            raise BatchFailedError(size, error) from error
        self._size.halve()
        pause = backoff(self._failures)
        self.note(
            f"a batch was rolled back: {said(error)}; again with {self._size.present}"
            f" in {pause:.1f} s"
        )
        await self._work.stop.rest(pause)


async def work_together(workers: list[Worker], fail: Callable[[Exception], None]) -> None:
    """Let workers move all they can until each has ended; who can connect does without the others.

    Args:
        workers: they share their work.
        fail: told of each error; it asks the others to stop, and they finish their batches.
    """
    absent: list[AramiError] = []

    async def work(worker: Worker) -> None:
        try:
            await worker.connect()
        except AramiError as error:
            absent.append(error)
            if len(workers) > 1:
                worker.note(f"going on with one connection less: {error}")
            return
        try:
            await worker.move_all()
        except Exception as error:
            fail(error)

    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(work(worker))
    if len(absent) == len(workers):
        fail(absent[0])
