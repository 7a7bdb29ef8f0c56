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
    help="Export the SQL files for another tool, or the personal data of a user.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@export.command()
def supabase(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The project's directory, which contains supabase/."),
    ],
    sql_dir: SqlDir = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 3 when files would be written.")
    ] = False,
    output: Format = OutputFormat.TEXT,
) -> None:
    """Write the files that a Supabase project lacks to its supabase/migrations; print the paths.

    Migrations come first, then views and functions; `supabase db push` applies them. A line above
    each text names its file; the next export adds new and changed files. The same files and the
    same project give the same bytes. docs/supabase.md says how to use both tools.

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
    """Write all that the database holds about a person, as JSON and CSV, from one snapshot.

    Rows are found by the foreign keys that lead to users and auth.users, and by the person's id;
    archive, login and change log are included. A manifest lists the files with checksums. Only you
    may read the directory. docs/user-data.md says how rows are found, and what is left out.

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
