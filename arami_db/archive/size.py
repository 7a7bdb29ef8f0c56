"""How many sessions a transaction takes: as many as fit into half a second."""

from __future__ import annotations

TARGET = 0.5  # seconds a transaction should take
FIRST_TARGET = 0.025  # until we know whether others are at work
GENTLE_TARGET = 0.005  # while they are
_START, _LEAST, _MOST = 100, 10, 20_000
_SLOWEST, _FASTEST = 0.5, 2.0  # by how much the size may change from one batch to the next


class BatchSize:
    """The size of the next batch of one worker.

    A size the user named is kept, but for trouble: it is halved then too, and grows back. When a
    session is in the way, the size searches for it by halving what it may hide in.
    """

    def __init__(self, fixed: int | None, at_most: int | None = None) -> None:
        """Begin with the size the user named, or with a guess.

        Args:
            fixed: the size the user named; None to find one.
            at_most: no more sessions than that are left.
        """
        self._fixed = fixed
        self._size = min(fixed or _START, at_most or _MOST)
        self._hiding = 0  # the session in the way is among so many next ones

    @property
    def present(self) -> int:
        """The size of the next batch."""
        return min(self._size, max(self._hiding // 2, 1)) if self._hiding else self._size

    def took(self, seconds: float, target: float = TARGET) -> None:
        """A full batch went through in that time."""
        if self._hiding:
            self._hiding = max(self._hiding - self.present, 0)
        elif self._fixed is not None:
            self._size = min(self._fixed, self._size * 2)
        else:
            factor = target / max(seconds, 0.001)
            self._set(self._size * min(max(factor, _SLOWEST), _FASTEST), _LEAST)

    def halve(self) -> None:
        """Somebody waits for us."""
        self._set(self._size / 2, min(_LEAST, self._size))

    def shrink(self) -> None:
        """The batch did not go through, for no fault of a session."""
        self._hiding = 0
        self._set(self._size / 2, 1)

    def search(self) -> None:
        """The batch did not go through, and a session of it may be why."""
        self._hiding = self.present

    def found(self) -> None:
        """The session is out of the way."""
        self._hiding = 0

    def _set(self, size: float, least: int) -> None:
        least = min(least, self._fixed or least)
        self._size = max(least, min(round(size), self._fixed or _MOST))
