"""What a run was asked, where it stands, and when it stops: after a batch, or at once."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from arami_db.archive.selection import Selection

if TYPE_CHECKING:
    from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
LONGEST = 1e8  # seconds; a clock of the system may not count much further

Value = TypeVar("Value")


@dataclass(frozen=True)
class ArchiveOptions:
    """How to go about it.

    Attributes:
        batch_size: sessions a transaction, at most, whoever else is at work; None to find the size
            that takes a seventh of a second, and to rest while others are at work.
        max_duration: stop at the end of a batch after so many seconds; None for never.
        pause: seconds to rest after each batch.
        max_lag: wait while a replica lags by more seconds than this; 0 for never.
        jobs: how many connections share the work.
        verify: of so many users at most, compare everything after the run with before.
    """

    batch_size: int | None = None
    max_duration: float | None = None
    pause: float = 0.0
    max_lag: float = 10.0
    jobs: int = 1
    verify: int = 0


class ArchiveReport(Protocol):
    """Where a run tells how it goes; every method returns at once."""

    def progress(self, sessions: int, total: int, seconds: float) -> None:
        """So many were moved of so many since it began: told after every batch, and each second."""

    def note(self, text: str) -> None:
        """Something the user should know, and need not act on."""


class StopRequestedError(Exception):
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
                raise StopRequestedError
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
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, stop.handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Work:
    """What a run was asked, and where it stands.

    Attributes:
        conninfo: how to open the connections that work.
        selection: what to move.
        options: how.
        report: told how it goes.
        stop: ends it early.
        require_lock: raises when the lock's connection is gone; called before each batch.
        started: by the monotonic clock.
        run_id: its row in audit.archive_run; 0 before it has one.
        total: sessions there were to move; None before they were counted.
        moved: so many were.
        failed: sessions that cannot be.
        failure: the first error; the run stops because of it.
    """

    conninfo: str
    selection: Selection
    options: ArchiveOptions
    report: ArchiveReport
    stop: Stop
    require_lock: Callable[[], None]
    started: float = field(default_factory=time.monotonic)
    run_id: int = 0
    total: int | None = None
    moved: int = 0
    failed: int = 0
    failure: Exception | None = None

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.started

    def fail(self, error: Exception) -> None:
        """Stop because of an error; the first one counts."""
        self.failure = self.failure or error
        self.stop.ask("failure")

    def tell(self) -> None:
        """Tell how far it is."""
        self.report.progress(self.moved, self.total or 0, self.seconds)
