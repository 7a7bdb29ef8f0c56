"""Repeated answers: in place on a terminal, block after block on a pipe."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from arami_db.errors import ConnectionFailedError
from arami_db.render.output import note

if TYPE_CHECKING:
    from types import FrameType

    from rich.console import Console, RenderableType

    from arami_db.monitor.model import Answer


class EndedError(BaseException):
    """The user ended --watch. A KeyboardInterrupt would be delayed by the driver."""


def watch(
    take: Callable[[], Sequence[Answer]],
    write: Callable[[Sequence[Answer]], None],
    every: float,
    what: str,
    *,
    in_place: bool,
) -> NoReturn:
    """Show answers until the process is ended; a lost connection is reported, and retried.

    Args:
        take: runs the queries once.
        write: writes a block, where nothing is drawn in place.
        every: how many seconds to wait between two rounds.
        what: the database.
        in_place: whether stdout is a terminal to draw on.

    Raises:
        EndedError: a signal ended it, after end_on_signals().
        AramiError: as take() raises it, except for a lost connection.
    """
    if in_place:
        _draw(take, every, what)
    while True:
        try:
            write(take())
        except ConnectionFailedError as error:
            note(f"no connection: {error}; again in {every:g} s")
        sys.stdout.flush()
        time.sleep(every)


def end_on_signals() -> None:
    """Let Ctrl-C and SIGTERM raise EndedError at any time."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise EndedError


def _draw(take: Callable[[], Sequence[Answer]], every: float, what: str) -> NoReturn:
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(
                _page(console, take, f"every {every:g} s, Ctrl-C ends  {what}"), refresh=True
            )
            time.sleep(every)


def _page(console: Console, take: Callable[[], Sequence[Answer]], heading: str) -> RenderableType:
    """The lines that fit on the screen, and how many do not."""
    from rich.console import Group
    from rich.text import Text

    from arami_db.escape import visible
    from arami_db.render.monitor.table import wrapped
    from arami_db.render.monitor.text import Line, as_lines

    try:
        body = list(as_lines(take(), console.width))
    except ConnectionFailedError as error:
        said = visible(f"no connection: {error}")
        body = [Line(line, "red") for line in wrapped(said, console.width)]
    now = time.strftime("%H:%M:%S")
    lines = [Line(visible(f"{now}  {heading}"), "dim"), Line(""), *body]
    room = console.height - 1
    if len(lines) > room:
        more = f"… {len(lines) - room} more lines: enlarge the window, or name a topic"
        lines = [*lines[:room], Line(more, "dim")]
    shown = (Text(text, style=style, no_wrap=True, overflow="crop") for text, style in lines)
    return Group(*shown)
