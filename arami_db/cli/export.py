"""`arami-db export`: the SQL files, and what a database holds about a person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Database, Embedded, Format, SqlDir
from arami_db.render.output import OutputFormat

UserId = Annotated[
    str, typer.Argument(metavar="ID", help="The user's id, as in users.", parser=options.uuid)
]

export = typer.Typer(
    help="Write the SQL files as another tool's migrations, or all that is held about a user.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


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


@export.command()
def user(
    person: UserId,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="A new directory; default: user-ID here.",
            show_default=False,
        ),
    ] = None,
    database: Database = None,
    embedded: Embedded = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Write all that the database holds about a person, as JSON and CSV, as of one moment.

    Rows are found by the foreign keys that lead to users and auth.users, and by their id; archive,
    login and change log are part of it. A manifest says what is there, with checksums. Nobody but
    you may read the directory. docs/user-data.md says how rows are found, and what is left out.

    \b
    Examples:
      arami-db export user 550e8400-e29b-41d4-a716-446655440000
      arami-db export user 550e8400-e29b-41d4-a716-446655440000 --output request-17
    """
    from arami_db.render.progress import waiting
    from arami_db.render.userdata import show_user_exported
    from arami_db.userdata import export as operation

    conninfo = options.conninfo(database, embedded=embedded)
    with options.connection(conninfo) as connection, waiting("exporting") as step:
        exported = operation(connection, person, directory or Path(f"user-{person}"), step)
    show_user_exported(exported, output)
