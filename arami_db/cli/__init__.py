"""The command line: options, a connection, one call into an operation, its rendering."""

from __future__ import annotations

from typing import Annotated

import typer

from arami_db import __version__
from arami_db.cli.adopt import baseline, repair
from arami_db.cli.embedded import embedded_app
from arami_db.cli.files import new, seed
from arami_db.cli.migrate import migrate
from arami_db.cli.server import wait
from arami_db.cli.status import status

app = typer.Typer(
    help="Plain-SQL migrations for Postgres 15 and newer, Supabase or not.",
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 pending, 5 lock busy,"
    " 6 ledger and files disagree, 7 no connection.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"arami-db {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


for command in (migrate, status, baseline, repair, new, seed, wait):
    app.command()(command)
app.add_typer(embedded_app, name="embedded")
