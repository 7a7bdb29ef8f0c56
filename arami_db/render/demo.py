"""Demo data: the progress, and the result."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import TYPE_CHECKING

from arami_db.render.output import OutputFormat, count, emit, note, seconds
from arami_db.render.progress import LiveReport, PlainReport, reporting

if TYPE_CHECKING:
    from arami_db.seed import Filled

_EVERY = 10.0  # seconds between two lines in a log


class PlainDemoReport(PlainReport):
    """A line at intervals."""

    def plan(self, files: int) -> None:
        """Remember the total number of users."""
        self._total, self._said = files, time.monotonic()

    def reached(self, users: int) -> None:
        """Write the progress, when it is due."""
        if time.monotonic() - self._said >= _EVERY:
            self._said = time.monotonic()
            note(f"{users} of {self._total} users")


class LiveDemoReport(LiveReport):
    """A bar, with the time left."""

    def plan(self, files: int) -> None:
        """Set the bar's total."""
        self._total, self._began = files, time.monotonic()
        super().plan(files)

    def reached(self, users: int) -> None:
        """Move the bar."""
        left = (time.monotonic() - self._began) * (self._total - users) / users
        minutes, rest = divmod(round(left), 60)
        text = f"users, {minutes}:{rest:02} left"
        self._progress.update(self._task, completed=users, description=text)


def demo_progress() -> AbstractContextManager[PlainDemoReport | LiveDemoReport]:
    """The report of a run: live on a terminal, plain elsewhere."""
    return reporting(PlainDemoReport, LiveDemoReport)


def show_demo(result: Filled, output: OutputFormat) -> None:
    """What was done, and the demo data in the database."""
    there = f"{count(result.users, 'demo user')}, {count(result.sessions, 'session')}"
    took = seconds(result.seconds)
    if result.removed:
        text = f"removed {count(result.removed, 'demo user')} in {took}"
    elif result.added:
        text = f"added {count(result.added, 'demo user')} in {took}; there are {there}"
    else:
        text = f"nothing to do: {there}"
    if result.recipe:
        text += f" ({result.recipe})"
    emit(text, asdict(result), output, is_summary=True)
