"""Options that commands share, typed once, and what every command makes of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arami_db.files import SqlTree, discover, packaged_sql_dir
from arami_db.render.output import OutputFormat, choose_format, note
from arami_db.settings import Settings, read_settings, seconds_of

if TYPE_CHECKING:
    from arami_db.database.connect import Connection

# What is in force where neither an option nor the environment nor a file says otherwise.
_DEFAULTS = {"lock-timeout": "3s", "lock-wait": "10min"}


class Duration(float):
    """Seconds, written as 500ms, 3s, 2min, 1h, or a bare number of seconds."""

    _text: str

    def __new__(cls, text: str | Duration) -> Duration:
        """Parse the text; it is what help shows."""
        try:
            duration = super().__new__(cls, seconds_of(str(text)))
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
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
            raise typer.BadParameter(f"{str(text)!r} is not a share; write 10%")
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
        help="Directory with migrations/, views/, seeds/; default: $ARAMI_SQL_DIR, then the"
        " settings' sql-dir, then the Arami schema.",
        show_default=False,
    ),
]
Format = Annotated[
    OutputFormat,
    typer.Option("--format", help="What to write to stdout.", callback=choose_format),
]
AllowNewer = Annotated[
    bool,
    typer.Option(
        "--allow-newer", help="Exit 0 although a newer release has migrated this database further."
    ),
]
LockTimeout = Annotated[
    Duration | None,
    typer.Option(
        "--lock-timeout",
        metavar="TIME",
        help="Longest wait for a table lock; default: the settings' lock-timeout, then 3s.",
        parser=Duration,
        show_default=False,
    ),
]
Shadow = Annotated[
    str | None,
    typer.Option(
        "--shadow",
        metavar="URL",
        help="Try the files on a copy of this empty database; default: an embedded server.",
        show_default=False,
    ),
]
LockWait = Annotated[
    Duration | None,
    typer.Option(
        "--lock-wait",
        metavar="TIME",
        help="How long to wait for another runner; default: the settings' lock-wait, then 10min.",
        parser=Duration,
        show_default=False,
    ),
]


def uuid(text: str) -> str:
    """An id, in the form that Postgres gives it."""
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a UUID") from None


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


@cache
def settings() -> Settings:
    """The settings of the working directory.

    Raises:
        UsageError: they cannot be read.
    """
    return read_settings(Path())


def named_sql_dir(option: Path | None) -> tuple[Path, str]:
    """The SQL directory in force, and what names it."""
    if option is not None:
        return option, "--sql-dir"
    if named := os.environ.get("ARAMI_SQL_DIR"):
        return Path(named), "ARAMI_SQL_DIR"
    if (configured := settings().sql_dir) is not None:
        return configured, settings().place
    return packaged_sql_dir(), "default: the Arami schema"


def named_duration(name: str, option: Duration | None) -> tuple[Duration, str]:
    """How long to wait for lock-timeout or lock-wait, and what says so."""
    if option is not None:
        return option, f"--{name}"
    configured = {"lock-timeout": settings().lock_timeout, "lock-wait": settings().lock_wait}[name]
    if configured is not None:
        return Duration(configured), settings().place
    return Duration(_DEFAULTS[name]), "default"


def lock_timeout(option: Duration | None = None) -> Duration:
    """The longest wait for a table lock in force."""
    return named_duration("lock-timeout", option)[0]


def lock_wait(option: Duration | None = None) -> Duration:
    """The longest wait for another runner in force."""
    return named_duration("lock-wait", option)[0]


def tree(sql_dir: Path | None, *, may_be_empty: bool = False) -> SqlTree:
    """The SQL directory a command works on."""
    return discover(
        named_sql_dir(sql_dir)[0],
        may_be_empty=may_be_empty,
        first_version=settings().first_version,
    )


def conninfo(database: str | None, *, embedded: bool) -> str:
    """Where the database is."""
    from arami_db.naming import resolve

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
