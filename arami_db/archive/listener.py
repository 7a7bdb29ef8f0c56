"""The main thread's ear: what helpers tell, signals, the clock and the lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty
from typing import TypeVar

from arami_db.archive.failure import AGAIN
from arami_db.archive.helper import Errand, Helper, NotConnected
from arami_db.archive.model import Moved, Progress, Report, SteppedOver
from arami_db.archive.stop import Clock, Ears, Signalled, Stop
from arami_db.archive.task import Batch
from arami_db.database.connect import Connection
from arami_db.errors import ConnectionFailedError

_TICK = 0.2

Answer = TypeVar("Answer")


@dataclass
class Listener:
    """Lets helpers work, and hears what there is to hear meanwhile.

    Attributes:
        conninfo: how to connect.
        ears: where events come from.
        stop: told when to stop.
        report: told how it goes.
        require_lock: raises once the archive lock is lost.
        max_duration: seconds the run may take; None for any.
        total: sessions there were to move.
        moved: so far.
        stepped_over: sessions that stay, by their ids.
        failure: the first error.
    """

    conninfo: str
    ears: Ears
    stop: Stop
    report: Report
    require_lock: Callable[[], None]
    max_duration: float | None
    total: int = 0
    moved: Moved = field(default_factory=Moved)
    stepped_over: dict[str, SteppedOver] = field(default_factory=dict)
    failure: Exception | None = None
    clock: Clock = field(default_factory=Clock)
    _told: int = 0

    def ask(self, question: Callable[[Connection], Answer], unwanted: Callable[[], bool]) -> Answer:
        """Have a question answered by a helper.

        Args:
            question: on a connection, in a transaction that sees every row.
            unwanted: whether to break off.
        """
        errand = Errand(self.conninfo, self.ears.events, question, unwanted)
        if absent := self._listen_to([errand]):
            raise absent[0].error
        return errand.answer

    def together(self, helpers: Sequence[Helper]) -> None:
        """Let helpers work until all of them have ended; those that can do without the others."""
        absent = self._listen_to(helpers)
        if len(absent) == len(helpers):
            self.fail(absent[0].error)

    def fail(self, error: Exception) -> None:
        """Stop because of an error; the first one counts."""
        self.failure = self.failure or error
        self.stop.ask("failure")

    def _listen_to(self, helpers: Sequence[Helper]) -> list[NotConnected]:
        absent: list[NotConnected] = []
        for helper in helpers:
            helper.start()
        running = len(helpers)
        while running:
            try:
                event = self.ears.events.get(timeout=_TICK)
            except Empty:
                event = ""
            if isinstance(event, NotConnected):
                absent.append(event)
                if len(helpers) > 1:
                    self._note(f"going on with one connection less: {event.error}")
            running -= self._hear(event)
            self._look_around()
            for helper in helpers:
                if helper.unwanted():
                    helper.cancel()  # again each time: a statement may just have begun
        return absent

    def _hear(self, event: object) -> bool:
        """Take an event in; whether it was the end of a helper."""
        if event is None or isinstance(event, NotConnected):
            return True
        if isinstance(event, Exception):
            self.fail(event)
            return True
        if isinstance(event, Batch):
            self.moved += event.moved
        elif isinstance(event, SteppedOver):
            self._stepped_over(event)
        elif isinstance(event, Signalled):
            self._signalled(event.name)
        elif event:
            self._note(str(event))
        self.report.progress(Progress(self.moved, self.total, self.clock.seconds))
        return False

    def _stepped_over(self, stepped: SteppedOver) -> None:
        if stepped.id not in self.stepped_over:
            self._note(
                f"warning: session {stepped.id} stays: SQLSTATE {stepped.sqlstate}:"
                f" {stepped.message}"
            )
        self.stepped_over[stepped.id] = stepped

    def _look_around(self) -> None:
        if self.max_duration is not None and self.clock.seconds >= self.max_duration:
            self.stop.ask("--max-duration is over")
        try:
            self.require_lock()
        except ConnectionFailedError as error:
            error.hint = AGAIN
            self.fail(error)

    def _signalled(self, name: str) -> None:
        self._told += 1
        if self._told > 1:
            self._note(f"{name} again: breaking the batch off")
            self.stop.abort()
        else:
            self._note(f"{name}: stopping after this batch; once more breaks it off")
        self.stop.ask(name)

    def _note(self, text: str) -> None:
        self.report.note(text)
