"""`arami-db docs`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.cli import options
from arami_db.cli.options import Shadow, SqlDir

if TYPE_CHECKING:
    from arami_db.docs import Reference
    from arami_db.files import SqlTree


class ReferenceFormat(StrEnum):
    """What the reference is written as."""

    MARKDOWN = "markdown"
    HTML = "html"


def docs(
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Where to write it.", show_default=True)
    ] = Path("docs/schema"),
    format_: Annotated[
        ReferenceFormat,
        typer.Option("--format", help="A page for each table, or one HTML file for a browser."),
    ] = ReferenceFormat.MARKDOWN,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            "-d",
            metavar="URL",
            help="Describe this database, which is only read; default: what the files make.",
            show_default=False,
        ),
    ] = None,
    sql_dir: SqlDir = None,
    shadow: Shadow = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 3 when something is to be written.")
    ] = False,
) -> None:
    """Write the reference of the schema, and print the paths of the files written or removed.

    Tables with columns, keys, checks, indexes, triggers and policies in words; who may do what;
    JSON with examples that the checks accept; views, functions and types; a diagram. The files are
    applied to a throw-away database, and what that states of itself and its comments are all that
    is said: default privileges of a platform, such as Supabase's on schema public, show with
    --database alone. Files that this command did not write are not touched. It needs the extra
    `docs`.

    \b
    Examples:
      arami-db docs
      arami-db docs --check
      arami-db docs --format html --output site
      arami-db docs --database service=production --sql-dir sql
    """
    from arami_db import docs as operation
    from arami_db.errors import PendingError
    from arami_db.render import reference
    from arami_db.render.results import show_reference

    found = _read(options.tree(sql_dir), database, shadow)
    is_html = format_ is ReferenceFormat.HTML
    pages = reference.html(found) if is_html else reference.markdown(found)
    written = operation.write(pages, output, dry=check)
    show_reference(written, check=check)
    if check and (written.changed or written.removed):
        raise typer.Exit(PendingError.exit_code)


def _read(tree: SqlTree, database: str | None, shadow: str | None) -> Reference:
    from arami_db import docs as operation
    from arami_db.errors import UsageError
    from arami_db.naming import read_name
    from arami_db.render.output import note

    if database is None:
        return operation.of_files(tree, read_name(shadow, "--shadow") if shadow else None, note)
    if shadow is not None:
        raise UsageError("--database and --shadow exclude each other")
    conninfo = options.conninfo(database, embedded=False)
    with options.connection(conninfo) as connection:
        return operation.of_database(connection, tree)
