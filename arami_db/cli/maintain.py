"""`arami-db maintain`."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, Percent
from arami_db.render.output import OutputFormat

_WORTH_IT = Percent("10%")


def maintain(
    tables: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TABLE]...", help="Look at these only, of any schema if named."),
    ] = None,
    schema: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Look at this schema instead of public, audit and arami_db; may be repeated.",
        ),
    ] = None,
    database: Database = None,
    embedded: Embedded = False,
    threshold: Annotated[
        Percent,
        typer.Option(metavar="N%", help="Share of rows from which on it pays.", parser=Percent),
    ] = _WORTH_IT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and why; do nothing.")
    ] = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """VACUUM (ANALYZE) the tables that need it: many dead rows, or statistics gone stale.

    Autovacuum does the same when it gets round to it; this is for the hour after a large change.
    Exit 1 when a table that needs it could not be vacuumed, or somebody's old snapshot keeps the
    dead rows that it was for: who that is, and how to end it, is said.

    \b
    Examples:
      arami-db maintain --dry-run
      arami-db maintain --threshold 5% daily_sessions session_analytics
      arami-db maintain --schema public --schema storage --dry-run
    """
    from arami_db import maintain as operation
    from arami_db.render.upkeep import show_start, show_upkeep

    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        upkeep = operation.maintain(
            connection,
            operation.tables(connection, tables or (), schema or ()),
            threshold=threshold,
            dry_run=dry_run,
            on_start=show_start,
        )
    show_upkeep(upkeep, dry_run=dry_run, output=output)
    if upkeep.failed or upkeep.held:
        raise typer.Exit(1)
