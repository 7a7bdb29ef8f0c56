"""One connection's share of the work: batch after batch, until nothing is left or told to stop."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import psycopg

from arami_db.archive.failure import BatchFailedError, broken, is_passing
from arami_db.archive.pace import Pace, ask
from arami_db.archive.size import BatchSize
from arami_db.archive.stop import Stop
from arami_db.archive.task import FROM_THE_START, Batch, Task
from arami_db.database.connect import Connection, connect

_RETRIES = 5
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.25, 4.0


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
        events: where they tell of batches (Batch), trouble (str) and their end (AramiError, None).
    """

    conninfo: str
    task: Task
    run_id: int
    batch_size: int | None
    stop: Stop
    pace: Pace
    events: SimpleQueue[object]


class Worker(threading.Thread):
    """A thread with a connection of its own."""

    def __init__(self, work: Work) -> None:
        """Prepare; start() begins."""
        super().__init__(daemon=True)
        self._work = work
        self._size = BatchSize(work.batch_size)
        self._connection: Connection | None = None

    def run(self) -> None:
        """Work to the end, and put into the queue how it ended."""
        end: object = None
        try:
            with connect(self._work.conninfo) as connection:
                self._connection = connection
                connection.add_notice_handler(
                    lambda notice: self._work.events.put(f"warning: {notice.message_primary}")
                )
                self._batches(connection)
        except Exception as error:  # whatever it is, the run must learn of it
            end = error
        finally:
            self._work.events.put(end)

    def cancel(self) -> None:
        """Break off the batch at work; called from another thread."""
        if self._connection is not None and not self._connection.closed:
            with suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=2)

    def _batches(self, connection: Connection) -> None:
        work, pressure = self._work, ask(connection)
        place: dict[str, Any] = FROM_THE_START
        while True:
            work.pace.let_replicas_catch_up(connection, pressure)
            batch = self._attempt(connection, place)
            if batch is None:
                return
            work.events.put(batch)
            if batch.ended:
                return
            self._size.took(batch.seconds)
            if batch.pressure.blocks:
                self._size.halve()
            work.pace.rest(batch.pressure, batch.seconds)
            place, pressure = batch.place, batch.pressure

    def _attempt(self, connection: Connection, place: dict[str, Any]) -> Batch | None:
        """Move a batch, a smaller one after passing trouble; None when told to stop."""
        work = self._work
        for attempt in range(_RETRIES + 1):
            if work.stop:
                return None
            size = self._size.present
            try:
                return work.task.move(connection, size, work.run_id, place)
            except psycopg.Error as error:
                if gone := broken(connection, error):
                    raise gone from error
                connection.rollback()
                if work.stop.aborted:
                    return None
                if attempt == _RETRIES or not is_passing(error):
                    raise BatchFailedError(size, error) from error
                self._size.halve()
                self._back_off(attempt, error)
        return None

    def _back_off(self, attempt: int, error: psycopg.Error) -> None:
        pause = min(_FIRST_BACKOFF * 2**attempt, _LONGEST_BACKOFF) * random.uniform(0.5, 1)  # noqa: S311
        self._work.events.put(
            f"a batch was rolled back: {error.diag.message_primary}; attempt {attempt + 2} of"
            f" {_RETRIES + 1} with {self._size.present} in {pause:.1f} s"
        )
        self._work.stop.rest(pause)
