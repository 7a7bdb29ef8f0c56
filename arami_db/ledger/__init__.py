"""What has been applied to a database: schema arami_db, read and written nowhere else."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from psycopg import errors

from arami_db import __version__
from arami_db.database.connect import Connection, lost, query
from arami_db.database.execute import Step
from arami_db.errors import PlatformError
from arami_db.files.sqlfile import ALGORITHM, SqlFile


@dataclass(frozen=True)
class Row:
    """One file in the ledger; the columns of arami_db.migration, duration in seconds."""

    kind: str
    version: int
    name: str
    checksum: str
    origin: str
    applied_at: datetime
    seconds: float
    database_role: str


@dataclass(frozen=True)
class Ledger:
    """The ledger as read at one moment.

    Attributes:
        exists: whether the database has one.
        rows: by kind and version.
    """

    exists: bool
    rows: dict[tuple[str, int], Row]

    @property
    def is_distributed(self) -> bool:
        """Whether `arami-db distribute` has made it one on Citus."""
        return any(kind == "distributed" for kind, _ in self.rows)

    def of(self, kind: str) -> dict[int, Row]:
        """The rows of a kind, by version."""
        return {version: row for (of, version), row in self.rows.items() if of == kind}


@dataclass(frozen=True)
class FailedMigration:
    """An attempt that failed and has not been made good since."""

    kind: str
    version: int
    name: str
    occurred_at: datetime
    event: str
    sqlstate: str | None
    message: str | None
    database_role: str


@dataclass(frozen=True)
class HistoryLine:
    """A line of history of a migration that is not applied; the columns of arami_db.event."""

    event: str
    statement: int | None
    checksum: str


def read(connection: Connection) -> Ledger:
    """Read the whole ledger in one round trip.

    Raises:
        PlatformError: this role may not read it.
        ConnectionFailedError: the connection broke.
    """
    try:
        # In binary, a moment is the same whatever the session's DateStyle.
        rows = connection.execute(query("ledger_read"), binary=True).fetchall()
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return Ledger(exists=False, rows={})
    except errors.InsufficientPrivilege as error:
        raise PlatformError(
            f"this role may not read the ledger: {error.diag.message_primary}",
            hint="grant usage on schema arami_db to …;"
            " grant select on all tables in schema arami_db to …;",
        ) from error
    except psycopg.OperationalError as error:
        raise lost(error) from error
    return Ledger(exists=True, rows={(row[0], row[1]): Row(*row) for row in rows})


def create(connection: Connection) -> None:
    """Create the ledger where it is missing, in one transaction.

    Raises:
        PlatformError: this role may not create schema arami_db.
    """
    try:
        with connection.transaction():
            connection.execute(query("ledger_create"))
    except errors.InsufficientPrivilege as error:
        raise PlatformError(
            f"the ledger cannot be created: {error.diag.message_primary}",
            hint="Migrate as the owner of the database.",
        ) from error


def claim(file: SqlFile, origin: str = "migrate") -> Step:
    """The statement that enters a file, to begin its transaction with."""
    name = "ledger_claim" if file.kind == "migration" else "ledger_claim_again"
    return Step(query(name), {**_identity(file), **actor(), "origin": origin})


def complete(file: SqlFile, seconds: float | None = None) -> list[Step]:
    """The statements that note how long the file took, to end its transaction with.

    Args:
        file: the file.
        seconds: how long; None for as long as the present transaction.
    """
    values = {"kind": file.kind, "version": file.version, "seconds": seconds}
    return [Step(query("ledger_complete"), values), event("applied", file)]


def event(
    name: str, file: SqlFile, *, sqlstate: str | None = None, message: str | None = None
) -> Step:
    """The statement that adds a line of history.

    Args:
        name: one of the events the table knows, such as "failed".
        file: what it happened to.
        sqlstate: of the failure.
        message: its primary message; never its detail, which quotes rows.
    """
    values = {"event": name, "statement": None, "sqlstate": sqlstate, "message": message}
    return Step(query("ledger_event"), {**_identity(file), **actor(), **values})


def statement_event(name: str, file: SqlFile, *, statement: int, checksum: str) -> Step:
    """The statement that adds a line of history about one statement of a file.

    Args:
        name: "started" or "finished".
        file: the file.
        statement: the number of the statement.
        checksum: of the file's statements up to it.
    """
    values = {"event": name, "statement": statement, "sqlstate": None, "message": None}
    identity = {**_identity(file), "checksum": checksum}
    return Step(query("ledger_event"), {**identity, **actor(), **values})


def failures(connection: Connection, ledger: Ledger) -> tuple[FailedMigration, ...]:
    """Failures not made good since, newest first; none where there is no ledger."""
    if not ledger.exists:
        return ()
    rows = connection.execute(query("ledger_failures"), binary=True).fetchall()
    return tuple(FailedMigration(*row) for row in rows)


def attempts(connection: Connection) -> dict[int, list[HistoryLine]]:
    """What was tried of the migrations that are not in the ledger, in order, by version."""
    found: dict[int, list[HistoryLine]] = {}
    for version, *values in connection.execute(query("ledger_attempts")).fetchall():
        found.setdefault(version, []).append(HistoryLine(*values))
    return found


@cache
def actor() -> dict[str, Any]:
    """Who runs this tool: os_user, host and tool_version."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in many containers
        user = f"uid {os.getuid()}"
    return {"os_user": user, "host": socket.gethostname(), "tool_version": __version__}


def _identity(file: SqlFile) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "version": file.version,
        "name": file.name,
        "checksum": file.checksum,
        "algorithm": ALGORITHM,
    }
