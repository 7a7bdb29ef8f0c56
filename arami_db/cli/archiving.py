"""What `arami-db archive` and `arami-db archive restore` share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from arami_db.archive import Options, Task
    from arami_db.database.connect import Connection
    from arami_db.maintain import Upkeep

_LIVE = ("public.daily_sessions", "public.session_analytics", "public.virtue_collection")

_LARGEST_BATCH = 100_000

BatchSize = Annotated[
    str,
    typer.Option(
        metavar="auto|N",
        help="Sessions a transaction; auto: half a second's worth, 5 ms' while others work.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Count and estimate what would move; write nothing.")
]


def run(
    connection: Connection,
    conninfo: str,
    task: Task,
    chosen: Options,
    *,
    output: OutputFormat,
    vacuum: bool,
) -> None:
    """Run the task, vacuum if wished, show both, and leave with the code that says how it went."""
    from arami_db import archive as operation
    from arami_db.render.archive import show_begin, show_result
    from arami_db.render.archive_progress import archive_progress

    show_begin(task)
    upkeep = None
    with operation.listening() as ears:
        with archive_progress() as report:
            result = operation.run(connection, conninfo, task, chosen, report, ears)
        if vacuum:
            upkeep = operation.unless_signalled(
                ears, connection, lambda: _vacuum(connection, lambda: bool(ears.signals))
            )
        show_result(result, upkeep, output)
    if result.outcome is operation.Outcome.BROKEN_OFF:
        raise SystemExit(130)  # the result says it; Exit would be told as an error, too
    vacuumed = upkeep is None or ears.signals or not upkeep.failed
    if result.outcome is operation.Outcome.FAILED or not vacuumed:
        raise typer.Exit(1)


def _vacuum(connection: Connection, stopped: Callable[[], bool]) -> Upkeep:
    from arami_db.maintain import maintain, tables
    from arami_db.render.upkeep import show_start

    return maintain(
        connection,
        tables(connection, _LIVE),
        threshold=0,
        dry_run=False,
        on_start=lambda job: not stopped() and show_start(job),
    )


def estimate(connection: Connection, conninfo: str, task: Task, output: OutputFormat) -> None:
    """Show what the task would move."""
    from arami_db.archive import patiently
    from arami_db.render.archive import show_estimate
    from arami_db.render.output import note

    show_estimate(patiently(connection, conninfo, task.estimate, note=note), output)


@contextmanager
def ready(conninfo: str, *, writing: bool) -> Iterator[Connection]:
    """A connection to a database that can archive."""
    from arami_db.archive import require_ready

    with options.connection(conninfo) as connection:
        require_ready(connection, writing=writing)
        yield connection


def size(text: str) -> int | None:
    """The batch size that --batch-size names; None for auto."""
    if text == "auto":
        return None
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_BATCH:
        raise typer.BadParameter(f"--batch-size is 'auto' or 1 to {_LARGEST_BATCH:,}, not {text!r}")
    return int(text)
