"""What a run has to do, how far it is, and when it stops: after a batch, or at once."""

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
LONGEST = 1e8  # seconds; the system's clocks may not accept more

Value = TypeVar("Value")


@dataclass(frozen=True)
class ArchiveOptions:
    """How to run.

    Attributes:
        batch_size: sessions a transaction, at most, without pauses for others; None to find the
            size that takes a seventh of a second, and to pause while others are at work.
        max_duration: stop at the end of a batch after so many seconds; None for never.
        pause: seconds to pause after each batch.
        max_lag: wait while a replica lags by more seconds than this; 0 for never.
        jobs: how many connections share the work.
        verify: of how many users at most to compare everything after the run with before.
    """

    batch_size: int | None = None
    max_duration: float | None = None
    pause: float = 0.0
    max_lag: float = 10.0
    jobs: int = 1
    verify: int = 0


class ArchiveReport(Protocol):
    """What receives the progress of a run; every method returns at once."""

    def progress(self, sessions: int, total: int, seconds: float) -> None:
        """How many of how many were moved: called after every batch, and each second."""

    def note(self, text: str) -> None:
        """A note for the user, who need not act on it."""


class StopRequestedError(Exception):
    """The run was stopped while it waited for something."""


class Stop:
    """Whether a run should continue.

    Attributes:
        reason: why the run ends early; None while it does not.
        asked: set when no further batch may begin.
        aborted: set when running batches are to be broken off, too.
        signals: how many were received.
        on_signal: called by the handler of a signal with its name.
    """

    def __init__(self) -> None:
        """Continue, until a stop is requested."""
        self.reason: str | None = None
        self.asked, self.aborted = asyncio.Event(), asyncio.Event()
        self.signals = 0
        self.on_signal: Callable[[str], object] = lambda _: None

    def __bool__(self) -> bool:
        """Whether the run ends early."""
        return self.asked.is_set()

    def ask(self, reason: str) -> None:
        """Begin no further batch; only the first reason is kept."""
        self.reason = self.reason or reason
        self.asked.set()

    async def rest(self, seconds: float) -> None:
        """Wait that long, or until a stop is requested."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, LONGEST)):
                await self.asked.wait()

    async def unless(self, event: asyncio.Event, work: Coroutine[Any, Any, Value]) -> Value:
        """Do work, and break it off when the event is set.

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
        """The handler of a signal: counts it and calls on_signal; the third kills the process."""
        self.signals += 1
        if self.signals > 2:
            raise KeyboardInterrupt
        self.on_signal(signal.Signals(number).name)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Let signals stop the work of the block; ignored ones, as under nohup, stay ignored.

    The event loop and the work after it share one handler, so that no signal is lost in between;
    asyncio.Runner, too, wakes its loop from its own handler.
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
    """What a run has to do, and how far it is.

    Attributes:
        conninfo: how to open the connections that work.
        selection: what to move.
        options: how to move it.
        report: receives progress and notes.
        stop: ends it early.
        require_lock: raises when the lock's connection is lost; called before each batch.
        started: when it began, by the monotonic clock.
        run_id: its row in audit.archive_run; 0 before it has one.
        total: sessions to move; None before they were counted.
        moved: sessions moved so far.
        failed: sessions that cannot be moved.
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
        """Seconds since it began."""
        return time.monotonic() - self.started

    def fail(self, error: Exception) -> None:
        """Stop because of an error; the first one counts."""
        self.failure = self.failure or error
        self.stop.ask("failure")

    def tell(self) -> None:
        """Report the progress."""
        self.report.progress(self.moved, self.total or 0, self.seconds)
