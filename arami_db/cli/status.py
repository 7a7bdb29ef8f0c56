"""`arami-db status`."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import AllowNewer, Database, Embedded, Format, SqlDir
from arami_db.render.output import OutputFormat, note


def status(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit 3 when files are pending, 6 when they disagree."),
    ] = False,
    allow_newer: AllowNewer = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Show how each file stands to the ledger, what to do about it, and what failed.

    Reads only: a role that may read schema arami_db is enough. On Citus it shows the machines and
    tables too, with their shards and sizes, to who may read audit.distribution.

    \b
    Examples:
      arami-db status --embedded
      arami-db status --check --format json
    """
    from arami_db import ledger
    from arami_db.distribute.standing import read_standing
    from arami_db.errors import LedgerError
    from arami_db.ledger.plan import make_plan
    from arami_db.render.status import show_status
    from arami_db.runner.disagreement import notes, require_agreement
    from arami_db.runner.session import MigrateOptions

    tree = options.tree(sql_dir)
    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        state = ledger.read(connection)
        plan = make_plan(tree, state)
        failures = ledger.failures(connection, state)
        standing = read_standing(connection) if state.is_distributed else None
    chosen = MigrateOptions(allow_newer=allow_newer)
    if state.is_distributed and standing is None:
        note("where the tables lie is not shown: this role may not read audit.distribution")
    show_status(plan, notes(plan, chosen), failures, output, standing)
    if check:
        try:
            require_agreement(plan, chosen)
        except LedgerError as error:
            raise typer.Exit(error.exit_code) from error
    if check and plan.pending:
        raise typer.Exit(3)
