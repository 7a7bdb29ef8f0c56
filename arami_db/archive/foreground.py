"""Whether others are at work in this database, told by the transactions it counts."""

from __future__ import annotations

import threading
import time

_WINDOW = 1.0  # seconds; a server process tells of its transactions once a second at most
_BUSY = 25.0  # others' transactions a second; autovacuum has some, too


class Foreground:
    """The transactions of others, as all workers of a run see them together."""

    def __init__(self, jobs: int) -> None:
        """Nothing is known yet.

        Args:
            jobs: workers; of each one transaction may have been counted and not been seen yet.
        """
        self._jobs = jobs
        self._lock = threading.Lock()
        self._own = 0
        self._since: tuple[float, int, int] | None = None
        self._rates: list[float] = []  # of the last two windows: one may fall between two reports

    def see(self, transactions: int) -> None:
        """Take in what the server counted, from within a transaction of ours.

        Args:
            transactions: all there ever were, but for the one that asked.
        """
        with self._lock:
            now = time.monotonic()
            if self._since is None:
                self._since = (now, transactions, self._own)
            began, before, own_before = self._since
            if now - began >= _WINDOW:
                others = (transactions - before) - (self._own - own_before) - self._jobs
                self._rates = [*self._rates[-1:], others / (now - began)]
                self._since = (now, transactions, self._own)
            self._own += 1

    def own(self) -> None:
        """A transaction of ours that sees nothing: it failed, or did something else."""
        with self._lock:
            self._own += 1

    @property
    def rate(self) -> float:
        """Others' transactions a second, of late."""
        return max(self._rates, default=0.0)

    @property
    def known(self) -> bool:
        """Whether we have watched for long enough to say anything."""
        return bool(self._rates)

    @property
    def busy(self) -> bool:
        """Whether that is a lot."""
        return self.rate > _BUSY
