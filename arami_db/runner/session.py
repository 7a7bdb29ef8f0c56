"""What an operation works with: a connection, options, and what it tells its caller."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files import SqlFile
    from arami_db.files.script import Statement
    from arami_db.runner.watch import FileProgress


_INTEGER_MAX = 2**31 - 1


@dataclass(frozen=True)
class MigrateOptions:
    """How to migrate.

    Attributes:
        target: the last version to apply; None for all, then the views.
        allow_out_of_order: apply files numbered below one that is applied.
        allow_gaps: apply files between which numbers are missing.
        allow_newer: go on where the database is ahead of the files.
        into_existing: begin in a database that holds tables of somebody else.
        lock_timeout: how long a statement may wait for a table lock, in seconds; 0 for ever.
        lock_wait: how long to wait for another runner, in seconds.
        retries: how often a file is tried again after a lock timeout or a deadlock.
    """

    target: int | None = None
    allow_out_of_order: bool = False
    allow_gaps: bool = False
    allow_newer: bool = False
    into_existing: bool = False
    lock_timeout: float = 3.0
    lock_wait: float = 600.0
    retries: int = 5

    @property
    def lock_timeout_setting(self) -> str:
        """As Postgres takes it: whole milliseconds, never rounded down to 0, which is for ever."""
        return f"{min(math.ceil(self.lock_timeout * 1000), _INTEGER_MAX)}ms"


@dataclass(frozen=True)
class Applied:
    """One file that was applied: its statements counted, its time in seconds."""

    file: SqlFile
    statements: int
    seconds: float


class RunReport(Protocol):
    """What a run tells its caller; every method returns at once.

    Attributes:
        every: how often to say where a file stands that takes long, in seconds.
    """

    every: float

    def plan(self, files: int) -> None:
        """So many files are about to be applied."""

    def started(self, file: SqlFile) -> None:
        """A file begins."""

    def standing(self, standing: FileProgress) -> None:
        """Where a file stands that takes long; told from another thread."""

    def ran(self, file: SqlFile, statement: Statement, seconds: float) -> None:
        """A statement of a file has ended."""

    def applied(self, applied: Applied) -> None:
        """A file is in."""

    def note(self, text: str) -> None:
        """Something the user should know, and need not act on."""


@dataclass(frozen=True)
class Session:
    """What an operation works with.

    Attributes:
        connection: an idle connection; it will hold the runner lock.
        conninfo: how to open the working connection.
        options: how to work.
        report: told of every file and of what the user should know.
    """

    connection: Connection
    conninfo: str
    options: MigrateOptions
    report: RunReport
