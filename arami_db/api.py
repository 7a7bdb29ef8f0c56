"""What programs call: a connection string in, a frozen dataclass out, and nothing printed.

`arami_db` has these names, too, and loads this module when one of them is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import connect
from arami_db.drift.findings import Finding, Severity
from arami_db.errors import AramiError, UsageError
from arami_db.files import SqlTree, discover, packaged_sql_dir
from arami_db.migrating import MigrateResult
from arami_db.migrating import migrate as _migrate
from arami_db.naming import read_name
from arami_db.runner.explained import explained
from arami_db.runner.session import Applied, MigrateOptions, Session
from arami_db.settings import Settings, read_settings, seconds_of
from arami_db.verifying.aside import Wishes
from arami_db.verifying.operation import verify as _verify
from arami_db.verifying.report import VerifyReport

if TYPE_CHECKING:
    from arami_db.files import SqlFile
    from arami_db.files.script import Statement
    from arami_db.runner.watch import FileProgress

__all__ = (
    "Applied",
    "AramiError",
    "Finding",
    "MigrateOptions",
    "MigrateResult",
    "Severity",
    "VerifyReport",
    "migrate",
    "verify",
)

_log = logging.getLogger("arami_db")


def migrate(
    conninfo: str,
    *,
    sql_dir: str | PathLike[str] | None = None,
    project: str | PathLike[str] | None = None,
    options: MigrateOptions | None = None,
) -> MigrateResult:
    """Apply pending migrations in order, then views whose text changed, as `arami-db migrate` does.

    Progress goes to the logger "arami_db". Concurrent runs queue; the second finds nothing to do.

    Args:
        conninfo: a postgresql:// URL or key=value pairs.
        sql_dir: the directory with migrations/ and views/; None for the project's own, else for
            the Arami schema that comes with this package.
        project: the directory whose arami-db.toml is in force; None where none is.
        options: how to migrate; None for the project's lock times, else the defaults.

    Returns:
        The files that were applied, how many were in place, and notes.

    Raises:
        UsageError: the database or a directory is not named as it can be read.
        ConnectionFailedError: there is no connection, or it broke.
        LockBusyError: another runner held the lock for the whole of options.lock_wait.
        LedgerError: the ledger and the files disagree; nothing was run.
        RefusedFileError: a file cannot be run as it stands; nothing was run.
        StatementError: a statement failed; files before its own are applied, its own is not.
        PlatformError: the server or the role lacks something; nothing was run.
        AramiError: what all of these are, and any other error of the database.
    """
    settings = _settings(project)
    tree = _tree(sql_dir, settings)
    with _connected(conninfo) as connection:
        session = Session(connection, _named(conninfo), options or _options(settings), _Logged())
        return _migrate(session, tree)


def verify(
    conninfo: str,
    *,
    sql_dir: str | PathLike[str] | None = None,
    project: str | PathLike[str] | None = None,
    prove_rls: bool = False,
    ignore: Iterable[str] = (),
) -> VerifyReport:
    """Compare a database with its files and ask every check, as `arami-db verify` does.

    Reads only; with prove_rls it also writes, in a transaction that is rolled back.

    Args:
        conninfo: a postgresql:// URL or key=value pairs, of any role.
        sql_dir: as migrate() has it; with catalog/, checks/ and schema.snapshot.
        project: as migrate() has it; what its arami-db.toml declares is set aside.
        prove_rls: also attack row level security as every API role.
        ignore: patterns of source/object or source/message, in which * and ? are wild.

    Returns:
        What was looked at and what was found, most severe first. A database that is as it should be
        has no findings; report.at_least(Severity.INTEGRITY) are those that matter most.

    Raises:
        UsageError: the database or a directory is not named as it can be read, or a declaration
            names an object of the schema itself.
        ConnectionFailedError: there is no connection, or it broke.
        RefusedFileError: a file cannot be read.
        AramiError: what all of these are, and any other error of the database.
    """
    settings = _settings(project)
    tree = _tree(sql_dir, settings)
    wishes = Wishes(tuple(ignore), settings.accept)
    with _connected(conninfo) as connection:
        return _verify(connection, tree, wishes=wishes, prove_rls=prove_rls, begin=_log.debug)


def _named(conninfo: str) -> str:
    """The connection parameters; empty text would be libpq's guess."""
    if not conninfo.strip():
        raise UsageError("conninfo is empty", hint="Write postgresql://user@host:5432/name.")
    return read_name(conninfo, "conninfo")


@contextmanager
def _connected(conninfo: str) -> Iterator[psycopg.Connection]:
    """A connection for the length of a call, in which every error is one of this package."""
    try:
        with closing(connect(_named(conninfo))) as connection:
            yield connection
    except psycopg.Error as error:
        raise explained(error) from error


def _settings(project: str | PathLike[str] | None) -> Settings:
    return Settings() if project is None else read_settings(Path(project))


def _tree(sql_dir: str | PathLike[str] | None, settings: Settings) -> SqlTree:
    chosen = Path(sql_dir) if sql_dir is not None else settings.sql_dir or packaged_sql_dir()
    return discover(chosen, first_version=settings.first_version)


def _options(settings: Settings) -> MigrateOptions:
    """The defaults, with the lock times that the settings name."""
    usual = MigrateOptions()
    timeout, wait = settings.lock_timeout, settings.lock_wait
    return MigrateOptions(
        lock_timeout=usual.lock_timeout if timeout is None else seconds_of(timeout),
        lock_wait=usual.lock_wait if wait is None else seconds_of(wait),
    )


class _Logged:
    """The progress of a run, as records of a logger."""

    every = 10.0

    def plan(self, files: int) -> None:
        """Count the files."""
        _log.debug("%d files to apply", files)

    def started(self, file: SqlFile) -> None:
        """Name the file."""
        _log.debug("applying %s", file.title)

    def standing(self, standing: FileProgress) -> None:
        """Name a file that takes long."""
        if standing.script is not None:
            _log.info("still applying %s", standing.script.file.title)

    def ran(self, file: SqlFile, statement: Statement, seconds: float) -> None:
        """Tell the statement and its time."""
        _log.debug("%s: %s (%.3f s)", file.title, statement.text, seconds)

    def applied(self, applied: Applied) -> None:
        """Name the file and its time."""
        _log.info("applied %s (%.3f s)", applied.file.title, applied.seconds)

    def note(self, text: str) -> None:
        """Pass the note on."""
        _log.info("%s", text)
