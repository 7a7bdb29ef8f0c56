"""`arami-db new` and `arami-db seed`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, SqlDir
from arami_db.render.output import OutputFormat


def new(
    name: Annotated[str, typer.Argument(help="What the migration does, such as add_user_avatar.")],
    sql_dir: SqlDir = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Write the next migration from a template, and print its path.

    \b
    Examples:
      arami-db new add_user_avatar
      $EDITOR $(arami-db new add_user_avatar --sql-dir ./sql)
    """
    from arami_db.files.create import create_migration
    from arami_db.render.results import show_created

    show_created(create_migration(options.tree(sql_dir, may_be_empty=True), name), output)


def seed(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Seeds by name or number; default: all."),
    ] = None,
    database: Database = None,
    embedded: Embedded = False,
    sql_dir: SqlDir = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask when the database holds other users.")
    ] = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Insert the development data; running it again changes nothing.

    \b
    Examples:
      arami-db seed --embedded
      arami-db seed test_user --yes
    """
    from arami_db import seed as operation
    from arami_db.errors import UsageError
    from arami_db.render.progress import progress
    from arami_db.render.results import show_seeded
    from arami_db.runner.session import Options, Session

    tree = options.tree(sql_dir)
    conninfo = options.conninfo(database, embedded=embedded)
    with options.connection(conninfo) as connection:
        seeds = operation.select(tree, names or [])
        others = operation.other_users(connection, tree)
        if others and not yes:
            question = f"{connection.info.dbname} holds {others} other users. Seed it?"
            if not sys.stdin.isatty():
                raise UsageError(question, hint="Say --yes if that is what you want.")
            typer.confirm(question, abort=True, err=True)
        with progress() as report:
            waits = Options(lock_timeout=options.lock_timeout(), lock_wait=options.lock_wait())
            session = Session(connection, conninfo, waits, report)
            result = operation.seed(session, seeds)
    show_seeded(result, output)
