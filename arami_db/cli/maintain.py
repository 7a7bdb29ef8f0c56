"""`arami-db maintain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, Percent
from arami_db.render.output import OutputFormat

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.maintain import Retention

_WORTH_IT = Percent("10%")


def maintain(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE]...", help="Examine these tables only; of any schema if named."
        ),
    ] = None,
    schema: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Examine this schema instead of public, audit and arami_db; may be repeated.",
        ),
    ] = None,
    database: Database = None,
    embedded: Embedded = False,
    threshold: Annotated[
        Percent,
        typer.Option(
            metavar="N%",
            help="Vacuum a table once this share of its rows is dead or changed.",
            parser=Percent,
        ),
    ] = _WORTH_IT,
    audit_retention: Annotated[
        str | None,
        typer.Option(
            metavar="INTERVAL",
            help="First delete older rows of the change log and of the batches of archive.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Accept an --audit-retention below 90 days.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and why; do nothing.")
    ] = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """VACUUM (ANALYZE) the tables that need it: many dead rows, or stale statistics.

    Autovacuum does the same later; use this right after a large change. Exit 1 when a table that
    needs it could not be vacuumed, or an old snapshot keeps its dead rows: the output names the
    session, slot or setting that keeps them, and how to end it.

    \b
    Examples:
      arami-db maintain --dry-run
      arami-db maintain --threshold 5% daily_sessions session_analytics
      arami-db maintain --schema public --schema storage --dry-run
      arami-db maintain --audit-retention '2 years' --dry-run
    """
    from arami_db import maintain as operation
    from arami_db.render.maintain import show_maintenance
    from arami_db.render.upkeep import show_start

    if force and audit_retention is None:
        raise typer.BadParameter("--force is for --audit-retention")

    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        retention = _retain(connection, audit_retention, force=force, dry_run=dry_run)
        upkeep = operation.maintain(
            connection,
            operation.tables(connection, tables or (), schema or ()),
            threshold=threshold,
            dry_run=dry_run,
            on_start=show_start,
        )
    show_maintenance(retention, upkeep, dry_run=dry_run, output=output)
    if upkeep.failed or upkeep.held:
        raise typer.Exit(1)


def _retain(
    connection: Connection, age: str | None, *, force: bool, dry_run: bool
) -> Retention | None:
    from arami_db.maintain import retain
    from arami_db.render.maintain import deleting, standing

    if age is None:
        return None
    with deleting() as step:
        return retain(
            connection,
            age,
            force=force,
            dry_run=dry_run,
            on_progress=lambda table, rows, total: step(standing(table, rows, total)),
        )
