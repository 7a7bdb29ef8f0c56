"""Being asked to stop: once to finish the batch, twice to break it off."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from arami_db.archive.question import AGAIN
from arami_db.errors import ConnectionFailedError

if TYPE_CHECKING:
    from types import FrameType

    from arami_db.database.connect import Connection

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_LONGEST = 1e8  # seconds; a clock of the system may not count much further

Value = TypeVar("Value")


class Stop:
    """Whether a run should go on, and what a signal does to what is at work.

    Attributes:
        reason: why the run ends early; None while it does not.
        signals: how many have come.
        aborted: the batches at work are to be broken off.
        note: told of signals.
    """

    def __init__(self) -> None:
        """Go on, until asked otherwise."""
        self.reason: str | None = None
        self.signals = 0
        self.aborted = False
        self.note: Callable[[str], None] = lambda _: None
        self._asked = asyncio.Event()
        self._told = 0
        self._on_signal: Callable[[str], object] = lambda _: None
        self._work: asyncio.Task[Any] | None = None

    def __bool__(self) -> bool:
        """Whether the run ends early."""
        return self._asked.is_set()

    def ask(self, reason: str) -> None:
        """Begin no further batch; the first reason counts."""
        self.reason = self.reason or reason
        self._asked.set()

    async def rest(self, seconds: float) -> None:
        """Do nothing for that long, or until asked to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, _LONGEST)):
                await self._asked.wait()

    async def unless_asked(self, work: Coroutine[Any, Any, Value]) -> Value | None:
        """Do it; None when asked to stop before it was done."""
        doing, asked = asyncio.ensure_future(work), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait((doing, asked), return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            asked.cancel()
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)

    async def unless_aborted(self, work: Coroutine[Any, Any, Value]) -> Value | None:
        """Do it; None when a second signal broke it off."""
        self._work = doing = asyncio.ensure_future(work)
        try:
            return await doing
        except asyncio.CancelledError:
            if not self.aborted:
                raise
            return None
        finally:
            self._work = None

    @contextmanager
    def hearing(self, on_signal: Callable[[str], object]) -> Iterator[None]:
        """In the block a signal calls this with its name, from within the signal's handler."""
        self._on_signal = on_signal
        try:
            yield
        finally:
            self._on_signal = lambda _: None

    @contextmanager
    def cancelling(self, connection: Connection) -> Iterator[None]:
        """In the block a signal cancels the statement that a connection waits for."""

        def cancel(_: str) -> None:
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=2)

        with self.hearing(cancel):
            yield

    def on_signals(self) -> AbstractContextManager[None]:
        """In the block a signal stops the run; enter it within the loop."""
        loop = asyncio.get_running_loop()
        return self.hearing(lambda name: loop.call_soon_threadsafe(self.signalled, name))

    @contextmanager
    def after(self, seconds: float | None) -> Iterator[None]:
        """In the block the run is asked to stop after so many seconds; None for never."""
        if seconds is None:
            yield
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(min(seconds, _LONGEST), self.ask, "--max-duration is over")
        try:
            yield
        finally:
            timer.cancel()

    def signalled(self, name: str) -> None:
        """Take in a signal; call it from the loop."""
        self._told += 1
        if self._told > 1 and self._work is not None:
            self.note(f"{name} again: breaking the batch off")
            self.aborted = True
            self._work.cancel()
        elif self._told == 1:
            self.note(f"{name}: stopping after this batch; once more breaks it off")
        self.ask(name)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """The handler of a signal: counts it and passes it on; the third kills."""
        self.signals += 1
        if self.signals > 2:
            raise KeyboardInterrupt
        self._on_signal(signal.Signals(number).name)


@contextmanager
def while_open(
    connection: Connection, require: Callable[[], None], fail: Callable[[Exception], None]
) -> Iterator[None]:
    """In the block the loop watches a connection that is used for nothing else.

    Args:
        connection: it holds the lock.
        require: raises once it is gone.
        fail: told of that.
    """
    loop, socket = asyncio.get_running_loop(), connection.fileno()

    def readable() -> None:
        try:
            require()
        except ConnectionFailedError as error:
            loop.remove_reader(socket)
            error.hint = AGAIN
            fail(error)

    loop.add_reader(socket, readable)
    try:
        yield
    finally:
        loop.remove_reader(socket)


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
