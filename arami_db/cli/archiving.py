"""What `arami-db archive` and `arami-db archive restore` share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from arami_db.archive import Options, Task
    from arami_db.database.connect import Connection

_LIVE = ("public.daily_sessions", "public.session_analytics", "public.virtue_collection")

_LARGEST_BATCH = 100_000

BatchSize = Annotated[
    str,
    typer.Option(
        metavar="auto|N", help="Sessions a transaction; auto keeps each near half a second."
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
    from arami_db import maintain
    from arami_db.render.archive import show_begin, show_result
    from arami_db.render.archive_progress import archive_progress
    from arami_db.render.upkeep import show_start

    show_begin(task)
    with archive_progress() as report:
        result = operation.run(connection, conninfo, task, chosen, report)
    upkeep = None
    if vacuum and not result.signalled:
        upkeep = maintain.maintain(
            connection, _LIVE, threshold=0, dry_run=False, on_start=show_start
        )
    show_result(result, upkeep, output)
    if result.aborted:
        raise typer.Exit(130)
    if upkeep is not None and upkeep.failed:
        raise typer.Exit(1)


def estimate(connection: Connection, task: Task, output: OutputFormat) -> None:
    """Show what the task would move."""
    from arami_db.render.archive import show_estimate

    show_estimate(task.estimate(connection), output)


@contextmanager
def ready(conninfo: str) -> Iterator[Connection]:
    """A connection to a database that can archive."""
    from arami_db.archive import require_ready

    with options.connection(conninfo) as connection:
        require_ready(connection)
        yield connection


def size(text: str) -> int | None:
    """The batch size that --batch-size names; None for auto."""
    if text == "auto":
        return None
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_BATCH:
        raise typer.BadParameter(f"--batch-size is 'auto' or 1 to {_LARGEST_BATCH:,}, not {text!r}")
    return int(text)
