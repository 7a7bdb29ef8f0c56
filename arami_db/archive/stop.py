"""Being asked to stop: once to finish the batch, twice to break it off."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
LONGEST = 1e8  # seconds; a clock of the system may not count much further

Value = TypeVar("Value")


class StoppedError(Exception):
    """What was waited for did not come before the run was asked to stop."""


class Stop:
    """Whether a run should go on.

    Attributes:
        reason: why the run ends early; None while it does not.
        asked: set when no further batch may begin.
        aborted: set when the batches at work are to be broken off, too.
        signals: how many have come.
        on_signal: called by the handler of a signal with its name.
    """

    def __init__(self) -> None:
        """Go on, until asked otherwise."""
        self.reason: str | None = None
        self.asked, self.aborted = asyncio.Event(), asyncio.Event()
        self.signals = 0
        self.on_signal: Callable[[str], object] = lambda _: None

    def __bool__(self) -> bool:
        """Whether the run ends early."""
        return self.asked.is_set()

    def ask(self, reason: str) -> None:
        """Begin no further batch; the first reason counts."""
        self.reason = self.reason or reason
        self.asked.set()

    async def rest(self, seconds: float) -> None:
        """Do nothing for that long, or until asked to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, LONGEST)):
                await self.asked.wait()

    async def unless(self, event: asyncio.Event, work: Coroutine[Any, Any, Value]) -> Value:
        """Do work, and break it off when the event comes.

        Args:
            event: asked or aborted.
            work: what to do.

        Raises:
            StoppedError: it was broken off.
        """
        doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise StoppedError
            return doing.result()
        finally:
            stopping.cancel()
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """The handler of a signal: counts it and passes it on; the third kills."""
        self.signals += 1
        if self.signals > 2:
            raise KeyboardInterrupt
        self.on_signal(signal.Signals(number).name)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Let signals stop what the block does; those ignored, as under nohup, stay ignored.

    One kind of handler for the event loop and for the work after it (asyncio.Runner, too, wakes its
    loop from a handler of its own): none is lost between.
    """
    stop, before = Stop(), dict[signal.Signals, Any]()
    if threading.current_thread() is threading.main_thread():
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, stop.handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
