"""`arami-db status`."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, SqlDir
from arami_db.render.output import OutputFormat


def status(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit 3 when files are pending, 6 when they disagree."),
    ] = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Show what is applied, pending, changed, missing or out of order, and what failed.

    Reads only: a role that may read schema arami_db is enough.

    \b
    Examples:
      arami-db status --embedded
      arami-db status --check --format json
    """
    from arami_db import ledger
    from arami_db.migrate.plan import State, make_plan
    from arami_db.render.status import show_status

    tree = options.tree(sql_dir)
    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        state = ledger.read(connection)
        plan = make_plan(tree, state)
        failures = ledger.failures(connection, state)
    show_status(plan, failures, output)
    if check and plan.of(State.CHANGED, State.MISSING, State.OUT_OF_ORDER):
        raise typer.Exit(6)
    if check and plan.pending:
        raise typer.Exit(3)
