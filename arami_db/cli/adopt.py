"""`arami-db baseline` and `arami-db repair`."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, LockWait, Shadow, SqlDir
from arami_db.render.output import OutputFormat


def baseline(
    version: Annotated[int, typer.Argument(metavar="N", help="The last migration it holds.")],
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    shadow: Shadow = None,
    accept_differences: Annotated[
        bool,
        typer.Option(
            "--accept-differences",
            help="Enter the migrations all the same; the history records the differences.",
        ),
    ] = False,
    lock_wait: LockWait = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Adopt a database that was made by hand: enter the migrations up to N without running them.

    The files are applied to a throw-away database, and the two are compared as `verify` compares;
    differences are shown, and refused unless accepted. Where earlier migrations were squashed into
    fewer files, the ledger is brought in line with these.

    \b
    Examples:
      arami-db baseline 15 --database service=production
      arami-db baseline 15 --shadow postgresql://localhost/empty
      arami-db baseline 15 --accept-differences
    """
    from arami_db import adopt
    from arami_db.naming import read_name
    from arami_db.render.progress import progress
    from arami_db.render.results import show_adopted
    from arami_db.runner.session import MigrateOptions, Session

    tree = options.tree(sql_dir)
    copied = read_name(shadow, "--shadow") if shadow else None
    conninfo = options.conninfo(database, embedded=embedded)
    wanted = adopt.BaselineEntry(version, copied, accept_differences)
    with options.connection(conninfo) as connection, progress() as report:
        chosen = MigrateOptions(lock_wait=options.lock_wait(lock_wait))
        session = Session(connection, conninfo, chosen, report)
        adopted = adopt.baseline(session, tree, wanted)
    show_adopted(adopted, output)


def repair(
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="N", help="Take the file of version N as what was applied."),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="N", help="Remove version N, whose file is gone, from the ledger."),
    ] = None,
    applied: Annotated[
        list[str] | None,
        typer.Option(metavar="N", help="Enter pending version N as applied, without running it."),
    ] = None,
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    lock_wait: LockWait = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Bring the ledger in line with the files, version by version, as you say.

    The ledger is all that changes; the schema stays as it is. N is a migration's version, or
    several, such as 3-5,9, or views/N. Without options it says what there is to repair.

    \b
    Examples:
      arami-db repair --accept 7
      arami-db repair --forget 12 --forget views/3
      arami-db repair --accept 3-5,9
    """
    from arami_db import adopt
    from arami_db.render.progress import progress
    from arami_db.render.results import show_adopted
    from arami_db.runner.session import MigrateOptions, Session

    wishes = {"accept": accept or [], "forget": forget or [], "applied": applied or []}
    tree = options.tree(sql_dir)
    conninfo = options.conninfo(database, embedded=embedded)
    with options.connection(conninfo) as connection, progress() as report:
        chosen = MigrateOptions(lock_wait=options.lock_wait(lock_wait))
        session = Session(connection, conninfo, chosen, report)
        repaired = adopt.repair(session, tree, wishes)
    show_adopted(repaired, output)
