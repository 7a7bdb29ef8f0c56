"""How many sessions a transaction takes: as many as fit into half a second."""

from __future__ import annotations

TARGET = 0.5  # seconds a transaction should take
_START, _LEAST, _MOST = 500, 10, 20_000
_SLOWEST, _FASTEST = 0.5, 2.0  # by how much the size may change from one batch to the next


class BatchSize:
    """The size of the next batch of one worker.

    A size the user named is kept, but for trouble: it is halved then too, and grows back.
    """

    def __init__(self, fixed: int | None) -> None:
        """Begin with the size the user named, or with a guess."""
        self._fixed = fixed
        self.present = fixed or _START

    def took(self, seconds: float) -> None:
        """A full batch went through in that time."""
        if self._fixed is not None:
            self.present = min(self._fixed, self.present * 2)
        else:
            factor = TARGET / max(seconds, 0.001)
            self._set(self.present * min(max(factor, _SLOWEST), _FASTEST))

    def halve(self) -> None:
        """Somebody waits for us, or the batch did not go through."""
        self._set(self.present / 2)

    def _set(self, size: float) -> None:
        least = min(_LEAST, self._fixed or _LEAST)
        self.present = max(least, min(round(size), self._fixed or _MOST))
