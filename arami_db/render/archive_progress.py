"""Progress of an archive run: a bar on a terminal, a line a minute elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from arami_db.render.output import is_quiet, note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

MINUTE = 60.0


class MinuteReport:
    """A line at intervals, for logs."""

    def __init__(self, every: float = MINUTE) -> None:
        """Write a line every so many seconds."""
        self._every = every
        self._last = time.monotonic()

    def progress(self, sessions: int, total: int, seconds: float) -> None:
        """Write the progress, when it is due."""
        if time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            note(standing(sessions, total, seconds))

    def note(self, text: str) -> None:
        """Write the note."""
        note(text)


class BarReport:
    """A bar with rate and time left, notes above it."""

    def __init__(self, bar: Bar) -> None:
        """Draw with Rich."""
        self._bar = bar
        self._task = bar.add_task("", total=None, rate="", left="")

    def progress(self, sessions: int, total: int, seconds: float) -> None:
        """Move the bar."""
        self._bar.update(
            self._task,
            total=max(total, sessions),
            completed=sessions,
            rate=f"{sessions / seconds:.0f}/s",
            left=_left(sessions, total, seconds),
        )

    def note(self, text: str) -> None:
        """Print above the bar."""
        self._bar.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def archive_progress() -> Iterator[MinuteReport | BarReport]:
    """The report of a run: live on a terminal, plain elsewhere."""
    if is_quiet() or not sys.stderr.isatty():
        yield MinuteReport()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield BarReport(bar)


def standing(sessions: int, total: int, seconds: float) -> str:
    """The progress of a run, in a line."""
    share = 100 * sessions / max(total, sessions, 1)
    return (
        f"moved {sessions} of {total} sessions ({share:.0f}%),"
        f" {sessions / seconds:.0f}/s, {_left(sessions, total, seconds)}"
    )


def _left(sessions: int, total: int, seconds: float) -> str:
    if not sessions:
        return "time left unknown"
    minutes, rest = divmod(round(max(total - sessions, 0) * seconds / sessions), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} left"
