"""Where text goes and in which form."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Any


class OutputFormat(StrEnum):
    """What is written to stdout."""

    TEXT = "text"
    JSON = "json"


_chosen = [OutputFormat.TEXT]


def choose_format(output: OutputFormat) -> OutputFormat:
    """Remember the format, so that an error is reported in it too."""
    _chosen[0] = output
    return output


def chosen_format() -> OutputFormat:
    """The format of this command."""
    return _chosen[0]


def emit(text: str, data: Any, output: OutputFormat) -> None:
    """Write a result: its text, or its data as JSON."""
    if output is OutputFormat.TEXT:
        print(text)
        return
    import json

    print(json.dumps(data, indent=2, default=str))


def note(text: str) -> None:
    """Write a line to stderr."""
    print(text, file=sys.stderr, flush=True)


def seconds(value: float) -> str:
    """A duration as people write it."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it must be."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
