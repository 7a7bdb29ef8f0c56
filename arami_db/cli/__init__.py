"""The command line: options, a connection, one call into an operation, its rendering."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from arami_db import __version__

# Where each command lives. A run imports the one it is asked for; only help imports them all.
_COMMANDS = {
    "migrate": "migrate",
    "status": "status",
    "verify": "verify",
    "snapshot": "verify",
    "baseline": "adopt",
    "repair": "adopt",
    "new": "files",
    "seed": "files",
    "archive": "archive",
    "maintain": "maintain",
    "wait": "server",
    "embedded": "embedded",
}


def build(arguments: list[str]) -> typer.Typer:
    """The application, with the command that the arguments begin with, or with all of them."""
    app = typer.Typer(
        help="Plain-SQL migrations for Postgres 15 and newer, Supabase or not.",
        epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 pending, 4 findings, 5 lock busy,"
        " 6 ledger and files disagree, 7 no connection.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    named = arguments[0] if arguments else ""
    for name in [named] if named in _COMMANDS else _COMMANDS:
        command = getattr(import_module(f"arami_db.cli.{_COMMANDS[name]}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command()(command)
    return app


def run() -> None:
    """Run the command the process was started with."""
    build(sys.argv[1:])()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"arami-db {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print it.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass
