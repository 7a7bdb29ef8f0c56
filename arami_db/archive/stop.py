"""Being asked to stop: once to finish the batch, twice to break it off."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


class Stop:
    """Whether workers should go on; each asks before a batch and while it rests.

    Attributes:
        reason: why the run ends early; None while it does not.
        aborted: the batches at work are to be broken off.
    """

    def __init__(self) -> None:
        """Go on, until told otherwise."""
        self.reason: str | None = None
        self.aborted = False
        self._asked = threading.Event()

    def __bool__(self) -> bool:
        """Whether the run ends early."""
        return self._asked.is_set()

    def ask(self, reason: str) -> None:
        """Begin no further batch; the first reason counts."""
        self.reason = self.reason or reason
        self._asked.set()

    def abort(self) -> None:
        """Break off the batches at work, too."""
        self.aborted = True

    def rest(self, seconds: float) -> None:
        """Do nothing for that long, or until asked to stop."""
        self._asked.wait(min(seconds, threading.TIMEOUT_MAX))


class Signalled:
    """A signal has come; put among the events of the run."""

    def __init__(self, name: str) -> None:
        """Name it."""
        self.name = name


class Ears:
    """What a run hears: events of its helpers, and signals, all in one queue.

    Attributes:
        events: written by threads and by signal handlers.
        signals: how many have come so far.
    """

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self.events: SimpleQueue[object] = SimpleQueue()
        self.signals = 0

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Hear a signal; from the third on it kills.

        A handler may interrupt any line of the main thread, so it does nothing but count, and put
        an event into a queue that is made to be written from handlers.
        """
        self.signals += 1
        self.events.put(Signalled(signal.Signals(number).name))
        if self.signals > 2:
            raise KeyboardInterrupt


@contextmanager
def listening() -> Iterator[Ears]:
    """Turn SIGINT and SIGTERM into events while the block runs."""
    ears = Ears()
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is not threading.main_thread():
        yield ears
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup: it stays ignored
            before[number] = signal.signal(number, ears.on_signal)
    try:
        yield ears
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        """Start it."""
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """So many have gone by."""
        return time.monotonic() - self._started
