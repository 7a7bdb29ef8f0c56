"""`arami-db new` and `arami-db seed`."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Format, SqlDir
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
