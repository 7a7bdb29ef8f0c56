"""How fast a run goes: the size of a batch, and when to wait for users, replicas and others."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from arami_db.archive.batch import Pressure
from arami_db.archive.model import Options
from arami_db.archive.replicas import Replicas
from arami_db.archive.stop import Stop

_TARGET = 0.5  # seconds a transaction should take
_FIRST_TARGET = 0.025  # until we know whether others are at work
_GENTLE_TARGET = 0.005  # while they are
_START, _LEAST, _MOST = 100, 10, 20_000
_SLOWEST, _FASTEST = 0.5, 2.0  # by how much the size may change from one batch to the next

_WINDOW = 1.0  # seconds; a server process tells of its transactions once a second at most
_BUSY = 25.0  # others' transactions a second; autovacuum has some, too
# Seconds, while others are at work. Many short rests would help them less than a few long ones: see
# benchmarks/README.md.
_SPELL, _BREAK = 0.15, 0.85
_POLL = 1.0
_SHORTEST = 0.1


class BatchSize:
    """The size of the next batch of one worker.

    A size the user named is kept, but for trouble: it is halved then too, and grows back.
    """

    def __init__(self, fixed: int | None, at_most: int = _MOST) -> None:
        """Begin with the size the user named, or with a guess.

        Args:
            fixed: the size the user named; None to find one.
            at_most: no more sessions than that are left.
        """
        self._fixed = fixed
        self.present = max(1, min(fixed or _START, at_most))

    def took(self, seconds: float, target: float = _TARGET) -> None:
        """A full batch went through in that time."""
        if self._fixed is not None:
            self.present = min(self._fixed, self.present * 2)
        else:
            factor = min(max(target / max(seconds, 0.001), _SLOWEST), _FASTEST)
            self.present = max(_LEAST, min(round(self.present * factor), _MOST))

    def halve(self, least: int = 1) -> None:
        """The batch did not go through, or somebody waited for it."""
        self.present = max(min(least, self.present), self.present // 2)

    def disturbed(self) -> None:
        """Somebody waits for us: halve it, within reason."""
        self.halve(min(_LEAST, self._fixed or _LEAST))


class Load:
    """Whether others are at work in this database, told by the transactions it counts."""

    def __init__(self, jobs: int) -> None:
        """Nothing is known yet.

        Args:
            jobs: workers; of each one transaction may have been counted and not been seen yet.
        """
        self._jobs = jobs
        self._own = 0
        self._since: tuple[float, int, int] | None = None
        self._rates: list[float] = []  # of the last two windows: one may fall between two reports

    def see(self, transactions: int) -> None:
        """Take in what the server counted, from within a transaction of ours.

        Args:
            transactions: all there ever were, but for the one that asked.
        """
        now = time.monotonic()
        began, before, own_before = self._since or (now, transactions, self._own)
        if self._since is None:
            self._since = (began, before, own_before)
        if now - began >= _WINDOW:
            others = (transactions - before) - (self._own - own_before) - self._jobs
            self._rates = [*self._rates[-1:], others / (now - began)]
            self._since = (now, transactions, self._own)
        self._own += 1

    def own(self) -> None:
        """A transaction of ours that sees nothing: it failed, or did something else."""
        self._own += 1

    @property
    def rate(self) -> float:
        """Others' transactions a second, of late."""
        return max(self._rates, default=0.0)

    @property
    def known(self) -> bool:
        """Whether we have watched for long enough to say anything."""
        return bool(self._rates)


class Pacing:
    """What all workers of a run share: how they rest, and what has been said about it."""

    def __init__(self, stop: Stop, options: Options, note: Callable[[str], None]) -> None:
        """Set the limits.

        Args:
            stop: ends every rest.
            options: how to run; who names a batch size does not want it to yield to others.
            note: told once that we wait, and why.
        """
        self._stop, self._options, self._note = stop, options, note
        self._said: set[str] = set()
        self.load = Load(options.jobs)
        self._replicas = Replicas(options.max_lag)
        self._worked = 0.0  # seconds since the last break
        self._mover: object | None = None  # who moves while the other workers wait

    @property
    def crowded(self) -> bool:
        """Whether to go easy because others are at work."""
        return self._options.batch_size is None and self.load.rate > _BUSY

    async def turn(self, worker: object) -> None:
        """Wait until a worker may move: in a crowd one moves, the same until it is done.

        The other cores are others' then. If workers took turns, they would keep them all awake.
        """
        while not self._stop:
            self._mover = (self._mover or worker) if self.crowded else None
            if self._mover in (None, worker):
                return
            await self._stop.rest(_SHORTEST)

    def done(self, worker: object) -> None:
        """A worker has ended: another may move."""
        if self._mover is worker:
            self._mover = None

    def target(self) -> float:
        """Seconds that a batch of automatic size should take; few until we know who is there."""
        if self.crowded:
            self._once(
                "busy",
                f"others are at work ({self.load.rate:.0f} transactions a second):"
                f" one batch at a time, of {_GENTLE_TARGET * 1000:.0f} ms, and long breaks",
            )
            return _GENTLE_TARGET
        return _TARGET if self.load.known else _FIRST_TARGET

    async def rest(self, pressure: Pressure, took: float) -> None:
        """Rest after a batch.

        Args:
            pressure: what it did to others.
            took: seconds it took; whoever waited for it gets as long for themselves.
        """
        if pressure.blocks:
            self._once("blocks", "somebody waits for rows of a batch: pausing, smaller batches")
            await self._stop.rest(max(took, _SHORTEST))
        self._worked += took
        if self.crowded and self._worked > _SPELL:
            await self._stop.rest(_BREAK)
            self._worked = 0.0
        if self._options.pause:
            await self._stop.rest(self._options.pause)

    async def let_replicas_catch_up(
        self, pressure: Pressure, again: Callable[[], Awaitable[Pressure]]
    ) -> None:
        """Wait while one lags too far.

        Args:
            pressure: as last seen.
            again: asks for it anew.
        """
        if self._options.max_lag and pressure.lag_hidden:
            self._once(
                "hidden",
                "this role may not see how far replicas lag: not waiting for them"
                " (grant pg_monitor to it)",
            )
        while not self._stop:
            found = self._replicas.in_the_way(pressure.replicas)
            for key, text in self._replicas.notes.items():
                self._once(key, text)
            if found is None:
                return
            name, reason = found
            self._once(f"wait for {name}", f"waiting: {reason}")
            await self._stop.rest(_POLL)
            pressure = await again()

    def _once(self, key: str, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self._note(text)
