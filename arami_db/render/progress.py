"""Progress of a run: a live line on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING, TypeVar

from arami_db.escape import visible
from arami_db.render.columns import width_of
from arami_db.render.lines import applied_line, doing, live_line, ran_line, where
from arami_db.render.output import is_quiet, is_verbose, note

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.status import Status

    from arami_db.files import SqlFile
    from arami_db.files.script import Statement
    from arami_db.runner.session import Applied
    from arami_db.runner.watch import FileProgress

Plain = TypeVar("Plain")
Live = TypeVar("Live")

_BAR = 10
_FRAME = _BAR + len(" 9999/9999 0:00:00 ")  # what stands before the text of a live line
_SOON = 1.0  # seconds; what is over by then needs no line


class PlainReport:
    """A line when a file begins, when it is done, and meanwhile now and then."""

    def __init__(self, every: float = 10.0) -> None:
        """Say where a file stands every so many seconds."""
        self.every = every

    def plan(self, files: int) -> None:
        """Nothing to say yet."""

    def started(self, file: SqlFile) -> None:
        """Name the file."""
        note(f"applying {visible(file.title)}")

    def standing(self, standing: FileProgress) -> None:
        """Name the statement at work."""
        took = time.monotonic() - standing.since
        note(f"still at {where(standing)} after {took:.0f} s{doing(standing)}")

    def ran(self, file: SqlFile, statement: Statement, took: float) -> None:
        """Name the statement and its time, where that was asked for."""
        if is_verbose():
            note(ran_line(file, statement, took, width_of(sys.stderr)))

    def applied(self, applied: Applied) -> None:
        """Name the file, its statements and its time."""
        note(applied_line(applied, width_of(sys.stderr)))

    def note(self, text: str) -> None:
        """Pass the note on."""
        note(text)


class LiveReport:
    """A bar with the present file, above it the lines of those done."""

    every = 1.0

    def __init__(self, progress: Progress) -> None:
        """Draw with Rich."""
        self._progress = progress
        self._task: TaskID = progress.add_task("", total=None, visible=False)

    def plan(self, files: int) -> None:
        """Size the bar."""
        self._progress.update(self._task, total=files, visible=True)

    def started(self, file: SqlFile) -> None:
        """Show the file at work."""
        self._describe(visible(file.title))

    def standing(self, standing: FileProgress) -> None:
        """Show the statement at work."""
        self._describe(where(standing), doing(standing))

    def ran(self, file: SqlFile, statement: Statement, took: float) -> None:
        """Name the statement and its time, where that was asked for."""
        if is_verbose():
            self.note(ran_line(file, statement, took, width_of(sys.stderr)))

    def _describe(self, place: str, doing: str = "") -> None:
        from rich.markup import escape

        text = live_line(place, doing, (width_of(sys.stderr) or 80) - _FRAME)
        self._progress.update(self._task, description=escape(text))

    def applied(self, applied: Applied) -> None:
        """Move on by one file."""
        self.note(applied_line(applied, width_of(sys.stderr)))
        if applied.file.kind != "stub":
            self._progress.advance(self._task)

    def note(self, text: str) -> None:
        """Print above the bar."""
        self._progress.print(text, markup=False, highlight=False, soft_wrap=True)


def progress() -> AbstractContextManager[PlainReport | LiveReport]:
    """The report a run gives: live on a terminal, plain elsewhere."""
    return reporting(PlainReport, LiveReport)


@contextmanager
def reporting(
    plain: Callable[[], Plain], live: Callable[[Progress], Live]
) -> Iterator[Plain | Live]:
    """One of two reports, by whether stderr is a terminal.

    Args:
        plain: makes the one for logs.
        live: makes the one that draws.
    """
    if is_quiet() or not sys.stderr.isatty():
        yield plain()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(_BAR),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield live(bar)


@contextmanager
def waiting(what: str) -> Iterator[Callable[[str], None]]:
    """Say what is being waited for, once it has taken a second; nothing before.

    Args:
        what: what takes its time, such as "verifying".

    Yields:
        What to call with each step as it begins.
    """
    step = ProgressStep(what)
    slow = Timer(_SOON, step.show)
    slow.daemon = True
    if not is_quiet():
        slow.start()
    try:
        yield step.begin
    finally:
        slow.cancel()
        step.end()


class ProgressStep:
    """What is being waited for: a live line on a terminal, one plain line elsewhere."""

    def __init__(self, what: str) -> None:
        """Show nothing yet."""
        self._what, self._step = what, ""
        self._status: Status | None = None
        self._lock = Lock()

    def begin(self, step: str) -> None:
        """Go on to another step."""
        with self._lock:
            self._step = step
            if self._status:
                self._status.update(self._text())

    def show(self) -> None:
        """Show the present step, and from now on."""
        if not sys.stderr.isatty():
            note(f"{self._text()} …")
            return
        from rich.console import Console
        from rich.markup import escape
        from rich.status import Status

        with self._lock:
            self._status = Status(escape(self._text()), console=Console(stderr=True))
            self._status.start()

    def end(self) -> None:
        """Take the live line away."""
        with self._lock:
            if self._status:
                self._status.stop()

    def _text(self) -> str:
        return f"{self._what}: {self._step}"
