"""A run from its lock to its last line in the record."""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from psycopg import errors

from arami_db.archive import record
from arami_db.archive.failure import LockedOutError
from arami_db.archive.listener import Listener
from arami_db.archive.model import Moved, Options, Outcome, Report, Result, SteppedOver
from arami_db.archive.pace import Pace
from arami_db.archive.stop import Ears, Stop
from arami_db.archive.task import Count, Task
from arami_db.archive.worker import Work, Worker
from arami_db.database.connect import Connection
from arami_db.database.lock import archive_lock
from arami_db.errors import AramiError


def run(  # noqa: PLR0913, PLR0917 - all of it comes from the command line
    connection: Connection,
    conninfo: str,
    task: Task,
    options: Options,
    report: Report,
    ears: Ears,
) -> Result:
    """Move everything the task selects, batch by batch, and record it.

    The first signal stops the run at the end of the batches at work; a second breaks them off.

    Args:
        connection: idle; it will hold the archive lock.
        conninfo: how to open the connections that work.
        task: what to move.
        options: how.
        report: told how it goes.
        ears: hears signals; see listening().

    Raises:
        LockBusyError: another run is at work; nothing was done.
        LockedOutError: somebody holds a lock on a table.
        BatchError: a batch failed for good; what was moved before stays moved.
        ConnectionFailedError: the connection broke.
        PlatformError: this role lacks the rights.
    """
    gc.enable()  # off at start-up, for commands that are over in a moment; this one may not be
    stop = Stop()
    with archive_lock(connection) as require_lock:
        listener = Listener(conninfo, ears, stop, report, require_lock, options.max_duration)
        try:
            run_id = listener.ask(lambda c: record.begin(c, task), lambda: stop.aborted)
        except errors.QueryCanceled:
            if stop.aborted:  # before anything had begun
                raise KeyboardInterrupt from None
            raise
        pace = Pace(stop, options, ears.events.put)
        work = Work(conninfo, task, run_id, options.batch_size, stop, pace, ears.events)
        return _Run(work, options.jobs, listener).go()


@dataclass
class _Run:
    """Two passes and the record of them."""

    work: Work
    jobs: int
    listener: Listener

    def go(self) -> Result:
        """Do the work and record how it ended."""
        left: int | None = None
        try:
            left = self._work_off()
        except Exception as error:
            self.listener.fail(error)
        if self.listener.failure is not None:
            with suppress(psycopg.Error, AramiError):  # the server itself may be what failed
                self._record(Outcome.FAILED, str(self.listener.failure))
            raise self.listener.failure
        return self._end(left)

    def _work_off(self) -> int | None:
        """Let the workers move everything; how much is left, None when that is not known."""
        listener, count = self.listener, self._count()
        if count is None:
            return None
        listener.total = count.sessions
        for jobs in (self.jobs, 1):  # the second goes for what was in the way the first time
            if not count.sessions:
                break
            listener.stepped_over.clear()
            listener.together([Worker(self.work, count) for _ in range(jobs)])
            counted = self._count()
            if counted is None:
                return max(listener.total - listener.moved.sessions, 0)
            count = counted
        return count.sessions

    def _count(self) -> Count | None:
        """What there is to move; None when told to stop."""
        stop = self.work.stop
        if stop:
            return None
        try:
            return self.listener.ask(self.work.task.count, lambda: bool(stop))
        except (errors.QueryCanceled, LockedOutError):
            if stop:
                return None
            raise

    def _end(self, left: int | None) -> Result:
        stop, stepped_over = self.work.stop, tuple(self.listener.stepped_over.values())
        reason = None if left == 0 else stop.reason  # else it came too late to matter
        message = f"left, because locked or on the other side already: {left}" if left else None
        outcome = Outcome.STOPPED_EARLY if reason else Outcome.DONE
        if stuck := [session for session in stepped_over if not session.locked]:
            outcome, reason = Outcome.FAILED, _stuck(stuck)
        elif reason and stop.aborted:
            outcome = Outcome.BROKEN_OFF
        moved = self._record(outcome, reason or message)
        return Result(
            self.work.run_id,
            self.work.task.kind,
            self.work.task.cutoff,
            self.work.task.selection,
            moved,
            left,
            self.listener.clock.seconds,
            outcome,
            reason,
            stepped_over,
        )

    def _record(self, outcome: Outcome, message: str | None) -> Moved:
        return self.listener.ask(
            lambda c: record.end(c, self.work.run_id, outcome, message), lambda: False
        )


def _stuck(sessions: list[SteppedOver]) -> str:
    first, number = sessions[0], len(sessions)
    noun = "1 session" if number == 1 else f"{number} sessions"
    return f"{noun} cannot be moved; the first is {first.id}: SQLSTATE {first.sqlstate}"
