"""`arami-db new` and `arami-db seed`."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Format, Shadow, SqlDir
from arami_db.render.output import OutputFormat


def new(
    name: Annotated[
        str | None,
        typer.Argument(
            help="What the migration does, such as add_user_avatar; with --undo, the other's name"
            " after undo_ by default.",
            show_default=False,
        ),
    ] = None,
    undo: Annotated[
        int | None,
        typer.Option(
            "--undo",
            metavar="VERSION",
            help="Take this migration back, with statements tried on a throw-away database.",
            show_default=False,
        ),
    ] = None,
    sql_dir: SqlDir = None,
    shadow: Shadow = None,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Write the next migration, and print its path: a template, or what takes another one back.

    With --undo, the file holds the statements that bring the schema to what the files come to
    without that migration; later ones stay. They were run on a throw-away database, and its facts
    compared. What does not come back, such as rows and the values of an enum, is said in the
    file. Exit 4, with nothing written, when later files need what the migration made, or something
    of it would remain.

    \b
    Examples:
      arami-db new add_user_avatar
      $EDITOR $(arami-db new add_user_avatar --sql-dir ./sql)
      arami-db new --undo 23
    """
    from arami_db.errors import UsageError
    from arami_db.files.create import create_migration
    from arami_db.naming import read_name
    from arami_db.render.output import note
    from arami_db.render.results import show_created, show_undone

    if undo is not None:
        from arami_db import undo as operation

        url = read_name(shadow, "--shadow") if shadow else None
        found = operation.undo(options.tree(sql_dir), undo, name, url, note)
        show_undone(found, output)
        return
    if name is None:
        raise UsageError("what does the migration do?", hint="Such as: arami-db new add_avatar")
    if shadow is not None:
        raise UsageError("--shadow goes with --undo")
    show_created(create_migration(options.tree(sql_dir, may_be_empty=True), name), output)
