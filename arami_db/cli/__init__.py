"""The command line: options, a connection, one call into an operation, its rendering."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

import typer
from typer.main import get_command

from arami_db import __version__
from arami_db.cli.undo import undo
from arami_db.cli.verbosity import with_verbosity
from arami_db.errors import AramiError, StoppedError, UsageError
from arami_db.render.output import OutputFormat, choose_format

# The module of each command. A run imports only its own command; help imports them all.
_COMMANDS = {
    "migrate": "migrate",
    "plan": "plan",
    "status": "status",
    "verify": "verify",
    "snapshot": "verify",
    "baseline": "adopt",
    "repair": "adopt",
    "new": "files",
    "seed": "seed",
    "export": "export",
    "erase": "erase",
    "docs": "docs",
    "archive": "archive",
    "maintain": "maintain",
    "monitor": "monitor",
    "doctor": "doctor",
    "distribute": "distribute",
    "wait": "server",
    "config": "config",
    "embedded": "embedded",
}
# Names that users of other tools expect; hidden from help.
_UNDOING = ("rollback", "down", "undo", "revert")
_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

# Typer's error for an invalid command line; it exports only this subclass of it.
_Refused: Any = typer.BadParameter.__mro__[1]


def build(arguments: list[str]) -> typer.Typer:
    """The application, with the command of the arguments only, or with all commands."""
    app = typer.Typer(
        help="Plain-SQL migrations for Postgres 15 and newer, Supabase or not.",
        epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 pending, 4 findings, 5 lock busy,"
        " 6 ledger and files disagree, 7 no connection.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    named = next((argument for argument in arguments if not argument.startswith("-")), "")
    for name in [named] if named in _COMMANDS else _COMMANDS:
        command = getattr(import_module(f"arami_db.cli.{_COMMANDS[name]}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command()(command)
    for name in _UNDOING if named not in _COMMANDS else ():
        app.command(name, hidden=True, context_settings=_ANYTHING)(undo)
    return app


def run() -> None:
    """Run the command of this process.

    Raises:
        SystemExit: with the exit code, unless that is 0.
        UsageError: the command line is wrong, and asks for JSON; otherwise Typer reports it.
        AramiError: a question was not answered with yes, and errors are JSON.
        StoppedError: a signal ended the command, and errors are JSON.
    """
    arguments = sys.argv[1:]
    command = _with_short_help(with_verbosity(get_command(build(arguments))))
    if not _asks_for_json(arguments):
        command()
        return
    choose_format(OutputFormat.JSON)
    try:
        code = command(standalone_mode=False)
    except _Refused as error:
        choose_format(OutputFormat.JSON)  # a group may have set its own default since
        raise UsageError(error.format_message()) from error
    except typer.Abort as error:
        raise AramiError("nothing was done: it was not confirmed") from error
    if code == StoppedError.exit_code:
        raise StoppedError
    if code:
        raise SystemExit(code)


def _with_short_help(command: Any) -> Any:
    """Let lists of commands show the first clause of each one's help, which fits their line."""
    for below in getattr(command, "commands", {}).values():
        below.short_help = re.split(r"[.:;,](?=\s|$)", below.help or "", maxsplit=1)[0]
        _with_short_help(below)
    return command


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether errors are written as JSON: decided before the command line is parsed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--format=json" in options or ("--format", "json") in pairwise(options)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"arami-db {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass
