"""`arami-db export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Format, SqlDir
from arami_db.render.output import OutputFormat

export = typer.Typer(
    help="Write the SQL files as another tool's migrations.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@export.callback()
def _group() -> None:
    pass


@export.command()
def supabase(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The project's directory, which holds supabase/.")
    ],
    sql_dir: SqlDir = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 3 when something is to be written.")
    ] = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Write what a Supabase project lacks into its supabase/migrations, and print the paths.

    Migrations first, then views and functions, for `supabase db push` to apply. A line above each
    text says what it is; the next export adds what is new or has changed. The same files and the
    same project give the same bytes. docs/supabase.md has the ways to use both tools.

    \b
    Examples:
      arami-db export supabase .
      arami-db export supabase . --check
    """
    from arami_db import export as operation
    from arami_db.errors import PendingError
    from arami_db.render.results import show_exported

    tree = options.tree(sql_dir)
    exported = operation.export(tree, directory, dry=check)
    show_exported(exported, output, check=check)
    if check and exported.written:
        raise typer.Exit(PendingError.exit_code)
