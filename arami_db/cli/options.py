"""Options that commands share, typed once, and what every command makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.files import SqlTree, discover, packaged_sql_dir
from arami_db.render.output import OutputFormat, choose_format, note

if TYPE_CHECKING:
    from arami_db.database.connect import Connection

_UNITS = {"ms": 0.001, "s": 1, "min": 60, "m": 60, "h": 3600, "": 1}


def _seconds(text: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|)\s*", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 500ms, 3s, 2min or 1h")
    return float(match[1]) * _UNITS[match[2]]


class Duration(float):
    """Seconds, written as 500ms, 3s, 2min, 1h, or a bare number of seconds."""

    _text: str

    def __new__(cls, text: str | Duration) -> Duration:
        """Parse the text; it is what help shows."""
        duration = super().__new__(cls, _seconds(str(text)))
        duration._text = str(text)
        return duration

    def __str__(self) -> str:
        """The text as it was written."""
        return self._text


class Percent(float):
    """A share, written as 10% or 10."""

    _text: str

    def __new__(cls, text: str | Percent) -> Percent:
        """Parse the text; it is what help shows."""
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", str(text))
        if match is None or float(match[1]) > 100:
            raise typer.BadParameter(f"{str(text)!r} is no share; write 10%")
        percent = super().__new__(cls, match[1])
        percent._text = str(text)
        return percent

    def __str__(self) -> str:
        """The text as it was written."""
        return self._text


Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        "-d",
        metavar="URL",
        help="postgresql:// URL, 'key=value …' or 'embedded'; default: $DATABASE_URL, then PG*.",
        show_default=False,
    ),
]
Embedded = Annotated[
    bool, typer.Option("--embedded", help="Use a private server of your own, started on demand.")
]
SqlDir = Annotated[
    Path | None,
    typer.Option(
        "--sql-dir",
        metavar="DIR",
        help="Directory with migrations/, views/, seeds/; default: the Arami schema.",
        show_default=False,
    ),
]
Format = Annotated[
    OutputFormat,
    typer.Option("--format", help="What to write to stdout.", callback=choose_format),
]
LockWait = Annotated[
    Duration,
    typer.Option(
        "--lock-wait",
        metavar="TIME",
        help="How long to wait for another runner.",
        parser=Duration,
    ),
]


def uuid(text: str) -> str:
    """An id, in the form that Postgres gives it."""
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no UUID") from None


def write(file: Path, text: str) -> None:
    """Write a file that the user named.

    Raises:
        UsageError: it cannot be written.
    """
    from arami_db.errors import UsageError

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from error


def tree(sql_dir: Path | None, *, may_be_empty: bool = False) -> SqlTree:
    """The SQL directory a command works on."""
    return discover(sql_dir or packaged_sql_dir(), may_be_empty=may_be_empty)


def conninfo(database: str | None, *, embedded: bool) -> str:
    """Where the database is."""
    from arami_db.database.naming import resolve

    return resolve(database, embedded=embedded, note=note)


@contextmanager
def connection(conninfo: str) -> Iterator[Connection]:
    """A connection for the length of a command, which begins with saying where it leads."""
    from arami_db.database.connect import connect
    from arami_db.database.server import inspect
    from arami_db.render.target import show_target

    with connect(conninfo) as opened:
        show_target(opened, inspect(opened))
        yield opened
