"""When a worker waits: while a replica lags, and after it stood in somebody's way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from arami_db.archive.foreground import Foreground
from arami_db.archive.model import Options
from arami_db.archive.size import FIRST_TARGET, GENTLE_TARGET, TARGET
from arami_db.archive.stop import Stop
from arami_db.database.connect import Connection, query

_POLL = 1.0
_SHORTEST = 0.1
# Seconds, while others are at work. Many short rests would help them less than a few long ones: see
# benchmarks/README.md.
_SPELL, _BREAK = 0.15, 0.85


@dataclass(frozen=True)
class Pressure:
    """What a worker's batch did to others.

    Attributes:
        blocks: somebody waited for a lock it held.
        lag: of the slowest replica, in seconds.
        lag_hidden: there are replicas, and this role may not see their lag.
        transactions: all that this database ever had, but for the one that asked.
    """

    blocks: bool = False
    lag: float = 0.0
    lag_hidden: bool = False
    transactions: int = 0


def ask(connection: Connection) -> Pressure:
    """Ask for it, in one round trip."""
    row = connection.execute(query("archive_pressure")).fetchone()
    return Pressure(*row) if row else Pressure()


class Pace:
    """What all workers of a run share: how they rest, and what has been said about it."""

    def __init__(self, stop: Stop, options: Options, note: Callable[[str], None]) -> None:
        """Set the limits.

        Args:
            stop: ends every rest.
            options: how to run; who names a batch size does not want it to yield to others.
            note: told once that we wait, and why; from a worker's thread.
        """
        self._stop = stop
        self._yielding = options.batch_size is None
        self._pause = options.pause
        self._max_lag = options.max_lag
        self._note = note
        self._said: set[str] = set()
        self._foreground = Foreground(options.jobs)
        self._lock = threading.Lock()
        self._worked = 0.0  # seconds since the last break
        self._mover: object | None = None  # who moves while the other workers stand aside

    def see(self, pressure: Pressure) -> None:
        """Take in what a transaction of ours was told."""
        self._foreground.see(pressure.transactions)

    def own(self) -> None:
        """Take note of a transaction of ours that was told nothing."""
        self._foreground.own()

    @property
    def crowded(self) -> bool:
        """Whether to go easy because others are at work."""
        return self._yielding and self._foreground.busy

    def stands_aside(self, worker: object) -> bool:
        """Whether a worker is to wait: in a crowd one moves, the same until it is done.

        The other cores are others' then. If workers took turns, they would keep them all awake.
        """
        with self._lock:
            if not self.crowded:
                self._mover = None
            elif self._mover is None:
                self._mover = worker
            return self._mover not in (None, worker)

    def done(self, worker: object) -> None:
        """A worker has ended: another may move."""
        with self._lock:
            if self._mover is worker:
                self._mover = None

    def target(self) -> float:
        """Seconds that a batch of automatic size should take; few until we know who is there."""
        if self.crowded:
            self._once(
                "busy",
                f"others are at work ({self._foreground.rate:.0f} transactions a second):"
                f" one batch at a time, of {GENTLE_TARGET * 1000:.0f} ms, and long breaks",
            )
            return GENTLE_TARGET
        return TARGET if self._foreground.known else FIRST_TARGET

    def rest(self, pressure: Pressure, took: float) -> None:
        """Rest after a batch.

        Args:
            pressure: what it did to others.
            took: seconds it took; whoever waited for it gets as long for themselves.
        """
        if pressure.blocks:
            self._once("blocks", "somebody waits for rows of a batch: pausing, smaller batches")
            self._stop.rest(max(took, _SHORTEST))
        self._worked += took
        if self.crowded and self._worked > _SPELL:
            self._stop.rest(_BREAK)
            self._worked = 0.0
        if self._pause:
            self._stop.rest(self._pause)

    def let_replicas_catch_up(self, pressure: Pressure, again: Callable[[], Pressure]) -> None:
        """Wait while one lags too far.

        Args:
            pressure: as last seen.
            again: asks for it anew.
        """
        if not self._max_lag:
            return
        if pressure.lag_hidden:
            self._once(
                "hidden",
                "this role may not see how far replicas lag: not waiting for them"
                " (grant pg_monitor to it)",
            )
        while pressure.lag > self._max_lag and not self._stop:
            self._once("lag", f"waiting: a replica lags by more than {self._max_lag:g} s")
            self._stop.rest(_POLL)
            pressure = again()

    def _once(self, key: str, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self._note(text)
