"""Where text goes and in which format."""

from __future__ import annotations

import sys
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

Report = TypeVar("Report", bound=StrEnum)


class OutputFormat(StrEnum):
    """The format of stdout."""

    TEXT = "text"
    JSON = "json"


class Verbosity(IntEnum):
    """How much to write besides data."""

    QUIET = 0
    USUAL = 1
    VERBOSE = 2


_chosen = [OutputFormat.TEXT]
_verbosity = [Verbosity.USUAL]


def choose_format(output: OutputFormat) -> OutputFormat:
    """Remember the format, so that errors use it too."""
    _chosen[0] = output
    return output


def choose_report_format(output: Report) -> Report:
    """Remember a command's own format: errors are JSON if the report is JSON."""
    choose_format(OutputFormat.JSON if output == OutputFormat.JSON else OutputFormat.TEXT)
    return output


def chosen_format() -> OutputFormat:
    """The format of this command."""
    return _chosen[0]


def choose_verbosity(verbosity: Verbosity) -> None:
    """Remember how much to write."""
    _verbosity[0] = verbosity


def is_quiet() -> bool:
    """Whether only errors and data are wanted."""
    return _verbosity[0] is Verbosity.QUIET


def is_verbose() -> bool:
    """Whether to name every statement."""
    return _verbosity[0] is Verbosity.VERBOSE


def emit(text: str, data: Any, output: OutputFormat, *, is_summary: bool = False) -> None:
    """Write a result: its text, or its data as JSON.

    Args:
        text: for people.
        data: for programs.
        output: which of the two.
        is_summary: whether the text only reports success, which --quiet leaves out.
    """
    if output is OutputFormat.TEXT:
        if not (is_summary and is_quiet()):
            print(text)
        return
    import json

    print(json.dumps(data, indent=2, default=str))


def note(text: str) -> None:
    """Write a line to stderr, unless --quiet is set."""
    if not is_quiet():
        complain(text)


def complain(text: str) -> None:
    """Write a line to stderr."""
    print(text, file=sys.stderr, flush=True)


def seconds(value: float) -> str:
    """A duration as people write it."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural if needed."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
