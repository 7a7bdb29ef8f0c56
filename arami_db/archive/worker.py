"""One connection's share of the work: batch after batch, until nothing is left or told to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TypeVar

import psycopg
from psycopg import errors

from arami_db.archive.failure import (
    BatchFailedError,
    broken,
    is_of_a_session,
    is_passing,
    said,
)
from arami_db.archive.helper import Helper
from arami_db.archive.model import SteppedOver
from arami_db.archive.pace import Pace, Pressure, ask
from arami_db.archive.size import BatchSize
from arami_db.archive.stop import Stop
from arami_db.archive.task import Batch, Count, Place, Task
from arami_db.database.backoff import backoff
from arami_db.database.connect import Connection

_RETRIES = 5
_ASIDE = 0.1  # seconds until a worker asks again whether it may move
_LOCK_RETRIES = 1  # of a single session, two seconds each
_IN_A_ROW = 3  # a locked table is not a locked row
_IN_ALL = 100
_IDLE_SESSION_TIMEOUT = "57P05"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Work:
    """What the workers of a run share.

    Attributes:
        conninfo: how to connect.
        task: what to do.
        run_id: of the run, for the record.
        batch_size: sessions a transaction; None to find out.
        stop: asked before each batch.
        pace: how they rest.
        events: where they tell of batches (Batch), trouble (str, SteppedOver) and their end.
        known: ids of sessions stepped over so far; of those nobody needs to be surprised again.
    """

    conninfo: str
    task: Task
    run_id: int
    batch_size: int | None
    stop: Stop
    pace: Pace
    events: SimpleQueue[object]
    known: set[str] = field(default_factory=set)


class Worker(Helper):
    """A thread that moves batches."""

    def __init__(self, work: Work, count: Count) -> None:
        """Prepare; start() begins."""
        super().__init__(work.conninfo, work.events)
        self._work = work
        self._size = BatchSize(work.batch_size, count.sessions + 1)
        self._place: Place = count.place
        self._failures = 0
        self._attempts = 0
        self._locked_in_a_row = 0

    def connect(self) -> None:
        """Connect, and pass on what the server warns of."""
        super().connect()
        self._work.pace.own()
        self.connection.add_notice_handler(
            lambda notice: self._work.events.put(f"warning: {notice.message_primary}")
        )

    def unwanted(self) -> bool:
        """Whether the batch at work is to be broken off."""
        return self._work.stop.aborted

    def work(self) -> None:
        """Move batch after batch."""
        try:
            self._move_all()
        except (psycopg.Error, BatchFailedError):
            if not self._work.stop.aborted:  # else it was broken off, as wished
                raise
        finally:
            self._work.pace.done(self)

    def _move_all(self) -> None:
        pace, pressure = self._work.pace, self._ask()
        while True:
            pace.let_replicas_catch_up(pressure, self._ask)
            batch = self._next_batch()
            if batch is None:
                return
            self._work.events.put(batch)
            if batch.ended:
                return
            pressure = batch.pressure
            pace.see(pressure)
            if pressure.blocks:
                self._size.halve()
            else:
                self._size.took(batch.seconds, pace.target())
            pace.rest(pressure, batch.seconds)

    def _ask(self) -> Pressure:
        pressure = self._do(ask)
        self._work.pace.see(pressure)
        return pressure

    def _do(self, action: Callable[[Connection], Answer]) -> Answer:
        """Do it, on a new connection when the server closed the old one because it was idle."""
        while True:
            try:
                return action(self.connection)
            except psycopg.Error as error:
                gone = broken(self.connection, error)
                if gone is None:
                    raise
                if error.sqlstate != _IDLE_SESSION_TIMEOUT:
                    raise gone from error
            self.connect()

    def _next_batch(self) -> Batch | None:
        """Move a batch, whatever that takes; None when told to stop."""
        work = self._work
        self._failures = 0
        while not work.stop:
            if work.pace.stands_aside(self):
                work.stop.rest(_ASIDE)
                continue
            size, place, plan = self._size.present, self._place, self._plans_anew()
            try:
                batch = self._do(lambda c: work.task.move(c, size, work.run_id, place, plan))  # noqa: B023
            except psycopg.Error as error:
                self.connection.rollback()
                work.pace.own()
                self._mend(size, error)
                continue
            self._place = batch.place
            if batch.moved.sessions:
                self._locked_in_a_row = 0
            return batch
        return None

    def _plans_anew(self) -> bool:
        """Whether to plan the next batch anew: the more rarely, the more there were.

        Plans that foreign keys made for an empty archive read all of a full one.
        """
        self._attempts += 1
        return self._attempts.bit_count() == 1

    def _mend(self, size: int, error: psycopg.Error) -> None:
        """See to it that the next attempt fares better: smaller, later, or beyond a session."""
        lockout = error.sqlstate == "55P03"
        if is_of_a_session(error):
            if size > 1:
                self._size.search()
                self._again(error, 0 if lockout else None)
            elif lockout and self._failures < _LOCK_RETRIES:
                self._failures += 1
                self._again(error, self._failures)
            else:
                self._step_over(error)
        elif not is_passing(error):
            raise BatchFailedError(size, error) from error
        elif size > 1:
            self._size.shrink()
            self._again(error, 0)
        elif self._failures >= _RETRIES:
            raise BatchFailedError(size, error) from error
        else:
            self._failures += 1
            self._again(error, self._failures)

    def _again(self, error: psycopg.Error, failures: int | None) -> None:
        """Say so, and rest the longer the more often it failed; not at all for None."""
        pause = 0.0 if failures is None else backoff(failures)
        self._work.events.put(
            f"a batch was rolled back: {said(error)}; again with {self._size.present}"
            f" in {pause:.1f} s"
        )
        self._work.stop.rest(pause)

    def _step_over(self, error: psycopg.Error) -> None:
        """Go on after the session that cannot be moved."""
        try:
            self._work.pace.own()
            found = self._do(lambda c: self._work.task.next_one(c, self._place))
        except errors.LockNotAvailable:
            raise BatchFailedError(1, error) from error
        self._failures = 0
        self._size.found()
        if found is None:
            return  # somebody else saw to it
        session, self._place = found
        stepped = SteppedOver(session, error.sqlstate or "", said(error))
        if session not in self._work.known:
            self._work.known.add(session)
            self._locked_in_a_row = self._locked_in_a_row + 1 if stepped.locked else 0
        self._work.events.put(stepped)
        if self._locked_in_a_row >= _IN_A_ROW or len(self._work.known) >= _IN_ALL:
            raise BatchFailedError(1, error) from error
