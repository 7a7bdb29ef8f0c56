"""What `arami-db archive` and `arami-db archive restore` share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from arami_db.cli import options
from arami_db.cli.options import Duration
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from arami_db.archive import ArchiveOptions, Selection, Stop
    from arami_db.database.connect import AsyncConnection, Connection
    from arami_db.maintain import Upkeep

Answer = TypeVar("Answer")

_LARGEST_BATCH = 100_000

BatchSize = Annotated[
    str,
    typer.Option(
        metavar="auto|N",
        help="Sessions a transaction; auto: 0.15 s' worth, with rests while others work.",
    ),
]
MaxDuration = Annotated[
    Duration | None,
    typer.Option(metavar="TIME", help="Stop early after that long.", parser=Duration),
]
Pause = Annotated[
    Duration, typer.Option(metavar="TIME", help="Rest after each batch.", parser=Duration)
]
MaxLag = Annotated[
    Duration,
    typer.Option(
        metavar="TIME", help="Wait while a replica lags by more; 0 for never.", parser=Duration
    ),
]
Jobs = Annotated[int, typer.Option(min=1, max=16, help="Connections that share the work.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Count and estimate what would move; write nothing.")
]


def run(
    connection: Connection,
    conninfo: str,
    selection: Selection,
    chosen: ArchiveOptions,
    *,
    output: OutputFormat,
    vacuum: bool,
) -> None:
    """Move it, vacuum if wished, show both, and leave with the code that says how it went."""
    from arami_db import archive as operation
    from arami_db.render.archive import show_begin, show_result
    from arami_db.render.archive_progress import archive_progress

    show_begin(selection)
    upkeep = None
    with operation.stoppable() as stop:
        with archive_progress() as report:
            result = asyncio.run(
                operation.run(connection, conninfo, selection, chosen, report, stop)
            )
        if vacuum and not stop.signals:
            upkeep = _vacuum(connection, stop)
        show_result(result, upkeep, output)
    if result.outcome is operation.Outcome.BROKEN_OFF:
        raise SystemExit(130)  # the result says it; Exit would be told as an error, too
    vacuumed = upkeep is None or stop.signals or not upkeep.failed
    if result.outcome is operation.Outcome.FAILED or not vacuumed:
        raise typer.Exit(1)


def _vacuum(connection: Connection, stop: Stop) -> Upkeep:
    import psycopg

    from arami_db.archive import live_tables
    from arami_db.maintain import maintain, tables
    from arami_db.render.upkeep import show_start

    def cancel(_: str) -> None:
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=2)

    stop.on_signal = cancel
    return maintain(
        connection,
        tables(connection, live_tables(connection)),
        threshold=0,
        dry_run=False,
        on_start=lambda job: not stop.signals and show_start(job),
    )


def estimate(conninfo: str, selection: Selection, output: OutputFormat) -> None:
    """Show what would move; exit 1 when a run would refuse to."""
    from arami_db import archive as operation
    from arami_db.render.archive import show_estimate

    found = asked(conninfo, lambda c: operation.estimate(c, selection))
    show_estimate(found, output)
    if found.obstacles or found.unknown:
        raise typer.Exit(1)


def asked(
    conninfo: str, question: Callable[[AsyncConnection], Coroutine[Any, Any, Answer]]
) -> Answer:
    """The answer to a question about the archive; says who is in its way meanwhile."""
    from arami_db.archive import ask
    from arami_db.render.output import note

    return asyncio.run(ask(conninfo, question, note=note))


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
