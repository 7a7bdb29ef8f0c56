"""A run from its lock to its last line in the record."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import psycopg

from arami_db.archive import record
from arami_db.archive.failure import AGAIN
from arami_db.archive.model import Moved, Options, Outcome, Progress, Report, Result
from arami_db.archive.pace import Pace
from arami_db.archive.stop import Clock, Signalled, Stop, signals_as_events
from arami_db.archive.task import Batch, Task
from arami_db.archive.worker import Work, Worker
from arami_db.database.connect import Connection, connect
from arami_db.database.lock import archive_lock
from arami_db.errors import AramiError, ConnectionFailedError

_TICK = 0.2


def run(
    connection: Connection, conninfo: str, task: Task, options: Options, report: Report
) -> Result:
    """Move everything the task selects, batch by batch, and record it.

    SIGINT and SIGTERM stop the run at the end of the batches at work; a second one breaks them off.

    Args:
        connection: idle; it will hold the archive lock.
        conninfo: how to open the connections that work.
        task: what to move.
        options: how.
        report: told how it goes.

    Raises:
        LockBusyError: another run is at work; nothing was done.
        BatchError: a batch failed for good; what was moved before stays moved.
        ConnectionFailedError: the connection broke.
        PlatformError: this role lacks the rights.
    """
    gc.enable()  # off at start-up, for commands that are over in a moment; this one may not be
    events: SimpleQueue[object] = SimpleQueue()
    stop = Stop()
    pace = Pace(stop, pause=options.pause, max_lag=options.max_lag, note=events.put)
    with archive_lock(connection) as require_lock, signals_as_events(events):
        with connect(conninfo) as control:
            total = task.count(control)
            run_id = record.begin(control, task.kind, task.cutoff, task.selection)
        work = Work(conninfo, task, run_id, options.batch_size, stop, pace, events)
        return _Run(work, options, report, require_lock, total).go()


@dataclass
class _Run:
    """The main thread's part: listens to workers, signals and the clock."""

    work: Work
    options: Options
    report: Report
    require_lock: Callable[[], None]
    total: int
    moved: Moved = field(default_factory=Moved)
    clock: Clock = field(default_factory=Clock)
    signals: int = 0
    failure: Exception | None = None

    def go(self) -> Result:
        """Do the work and record how it ended."""
        left = self.total
        try:
            left = self._work_off()
        except Exception as error:
            self._fail(error)
        if self.failure is not None:
            self._record_failure(self.failure)
            raise self.failure
        return self._end(left)

    def _work_off(self) -> int:
        """Let the workers move everything; how much is left."""
        left = self.total
        for jobs in (self.options.jobs, 1):  # the second goes for what was locked the first time
            if left and not self.work.stop:
                self._together([Worker(self.work) for _ in range(jobs)])
                left = self._left()
        return left

    def _together(self, workers: list[Worker]) -> None:
        for worker in workers:
            worker.start()
        running = len(workers)
        while running:
            try:
                event = self.work.events.get(timeout=_TICK)
            except Empty:
                event = ""
            running -= self._hear(event)
            self._look_around()
            if self.work.stop.aborted:
                for worker in workers:
                    worker.cancel()  # again each time: a batch may just have begun

    def _hear(self, event: object) -> bool:
        """Take an event in; whether it was the end of a worker."""
        if isinstance(event, Batch):
            self.moved += event.moved
        elif isinstance(event, Signalled):
            self._signalled(event.name)
        elif isinstance(event, str):
            if event:
                self.report.note(event)
        else:
            if isinstance(event, Exception):
                self._fail(event)
            return True
        self.report.progress(Progress(self.moved, self.total, self.clock.seconds))
        return False

    def _look_around(self) -> None:
        limit = self.options.max_duration
        if limit is not None and self.clock.seconds >= limit:
            self.work.stop.ask("--max-duration is over")
        try:
            self.require_lock()
        except ConnectionFailedError as error:
            error.hint = AGAIN
            self._fail(error)

    def _signalled(self, name: str) -> None:
        self.signals += 1
        if self.signals > 1:
            self.report.note(f"{name} again: breaking the batch off")
            self.work.stop.abort()
        else:
            self.report.note(f"{name}: stopping after this batch; once more breaks it off")
            self.work.stop.ask(name)

    def _fail(self, error: Exception) -> None:
        self.failure = self.failure or error
        self.work.stop.ask("failure")

    def _left(self) -> int:
        if self.work.stop:
            return max(self.total - self.moved.sessions, 0)
        with connect(self.work.conninfo) as control:
            return self.work.task.count(control)

    def _end(self, left: int) -> Result:
        aborted = self.work.stop.aborted
        reason = self.work.stop.reason if left or aborted else None  # it came too late to matter
        outcome = Outcome.DONE
        if reason is not None:
            outcome = Outcome.BROKEN_OFF if aborted else Outcome.STOPPED_EARLY
        message = reason or (
            f"left, because locked or on the other side already: {left}" if left else None
        )
        with connect(self.work.conninfo) as control:
            moved = record.end(control, self.work.run_id, outcome, message)
        return Result(
            self.work.run_id,
            self.work.task.kind,
            self.work.task.cutoff,
            self.work.task.selection,
            moved,
            left,
            self.clock.seconds,
            outcome,
            reason,
            aborted,
        )

    def _record_failure(self, error: Exception) -> None:
        """As well as it can be done: the server itself may be what failed."""
        with suppress(psycopg.Error, AramiError), connect(self.work.conninfo) as control:
            record.end(control, self.work.run_id, Outcome.FAILED, str(error))
