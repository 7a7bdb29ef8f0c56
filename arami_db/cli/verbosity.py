"""`--quiet` and `--verbose`: before the command or after it, for all commands."""

from __future__ import annotations

from typing import Any

from typer.core import TyperOption

from arami_db.render.output import Verbosity, choose_verbosity

_RUN_FILES = {"migrate", "seed"}


def with_verbosity(command: Any, path: tuple[str, ...] = ()) -> Any:
    """Give a command and its subcommands the options, except the one that calls psql.

    Args:
        command: the command that Typer built.
        path: the names that lead to it.

    Returns:
        The command.
    """
    if not command.ignore_unknown_options:
        command.params.append(
            _option("--quiet", "-q", Verbosity.QUIET, "Write errors and data only.")
        )
        if not path or path[-1] in _RUN_FILES:
            said = "Name each statement that was run, with its time."
            command.params.append(_option("--verbose", "-v", Verbosity.VERBOSE, said))
    for name, below in getattr(command, "commands", {}).items():
        with_verbosity(below, (*path, name))
    return command


def _option(name: str, short: str, verbosity: Verbosity, said: str) -> TyperOption:
    def choose(is_given: bool) -> None:
        if is_given:
            choose_verbosity(verbosity)

    return TyperOption(
        param_decls=[name, short],
        is_flag=True,
        default=False,
        expose_value=False,
        callback=lambda _context, _parameter, is_given: choose(is_given),
        help=said,
    )
