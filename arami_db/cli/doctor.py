"""`arami-db doctor`."""

from __future__ import annotations

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, SqlDir
from arami_db.render.output import OutputFormat


def doctor(
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Show what will not work on a server, why, and how to fix it, before anything is run.

    It shows server, role, rights, extensions, settings, clock and ledger, then each command, then
    one block of SQL with all that an administrator has to run for this role. It only reads, and
    works for any role that may connect. Exit 4 when something does not work.

    \b
    Examples:
      arami-db doctor --database postgresql://owner@db.example.com/arami
      arami-db doctor --embedded --format json
    """
    from arami_db.doctor import diagnose
    from arami_db.render.doctor import show_diagnosis

    tree = options.tree(sql_dir)
    with options.connection(options.conninfo(database, embedded=embedded)) as connection:
        diagnosis = diagnose(connection, tree)
    show_diagnosis(diagnosis, output)
    if not diagnosis.well:
        raise typer.Exit(4)
