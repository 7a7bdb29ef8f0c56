"""VACUUM (ANALYZE) of the tables that need it, with the reason, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from arami_db.database.connect import Connection, lost, query, redact
from arami_db.database.execute import no_time_limit
from arami_db.database.server import inspect
from arami_db.errors import PlatformError, UsageError

_FEW = 50  # rows not worth a vacuum, whatever their share; autovacuum's own base
_MANY_INSERTED = 1000  # likewise for rows inserted
_LOCK_TIMEOUT = 5000  # milliseconds; an autovacuum gives way after one second


@dataclass(frozen=True)
class Table:
    """A table as the statistics see it.

    Attributes:
        id: its oid.
        name: schema.table.
        quoted: the same for use in SQL.
        live, dead: rows.
        modified: rows changed since the last analyze.
        inserted: rows inserted since the last vacuum.
        never_analyzed: the planner knows nothing of it.
        vacuums, analyzes: how often it was done by hand.
    """

    id: int
    name: str
    quoted: str
    live: int
    dead: int
    modified: int
    inserted: int
    never_analyzed: bool
    vacuums: int
    analyzes: int

    @property
    def dead_share(self) -> float:
        """Dead rows among all, in percent."""
        return 100 * self.dead / max(self.live + self.dead, 1)

    def why(self, threshold: float) -> str | None:
        """The reason to vacuum it; None when there is none.

        Args:
            threshold: the share of rows, in percent, from which on it is worth the work; 0 for
                always.
        """
        few, many = (_FEW, _MANY_INSERTED) if threshold else (0, 0)
        if self.dead >= few and self.dead_share >= threshold:
            return f"{self.dead_share:.0f}% dead rows ({self.dead} of {self.live + self.dead})"
        if self.never_analyzed and self.live >= few:
            return f"never analyzed ({self.live} rows)"
        if self.modified >= few and self.modified >= self.live * threshold / 100:
            return f"{self.modified} rows changed since the last analyze"
        if self.inserted >= many and self.inserted >= self.live * threshold / 100:
            return f"{self.inserted} rows inserted since the last vacuum"
        return None


@dataclass(frozen=True)
class Job:
    """A table that needs it.

    Attributes:
        table: which.
        why: the reason.
        seconds: how long it took; None in a dry run.
        failure: why it did not happen; None when it did.
    """

    table: Table
    why: str
    seconds: float | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Upkeep:
    """What was looked at and what was done.

    Attributes:
        examined: how many tables.
        jobs: those that needed it.
    """

    examined: int
    jobs: tuple[Job, ...]

    @property
    def failed(self) -> bool:
        """Whether a table that needs it did not get it."""
        return any(job.failure for job in self.jobs)


def maintain(
    connection: Connection,
    names: Sequence[str],
    *,
    threshold: float,
    dry_run: bool,
    on_start: Callable[[Job], bool],
) -> Upkeep:
    """Vacuum and analyze what needs it, one table after another.

    Args:
        connection: in autocommit.
        names: tables to look at, with or without schema; empty for all.
        threshold: in percent; see Table.why.
        dry_run: only say what would be done.
        on_start: told before each table; whether to go on with it.

    Raises:
        UsageError: there is no such table.
        PlatformError: the server counts no rows, or is a standby.
    """
    _require_counting(connection)
    tables = _named(_tables(connection), names)
    jobs = [Job(table, why) for table in tables if (why := table.why(threshold))]
    if jobs and not dry_run:
        _set_timeouts(connection)
        jobs = [_vacuum(connection, job) for job in jobs if on_start(job)]
    return Upkeep(len(tables), tuple(jobs))


def _require_counting(connection: Connection) -> None:
    row = connection.execute(
        "select current_setting('track_counts')::boolean, pg_is_in_recovery()"
    ).fetchone()
    counting, standby = row or (True, False)
    if standby:
        raise PlatformError("this server is a standby: nothing can be vacuumed here")
    if not counting:
        raise PlatformError(
            "track_counts is off: the server does not know what needs a vacuum",
            hint="Turn it on; autovacuum needs it, too.",
        )


def _tables(connection: Connection, oid: int | None = None) -> list[Table]:
    with connection.cursor(row_factory=class_row(Table)) as cursor:
        return cursor.execute(query("maintain_tables"), {"id": oid}).fetchall()


def _named(tables: list[Table], names: Sequence[str]) -> list[Table]:
    for name in names:
        if not any(name in _spellings(table) for table in tables):
            known = ", ".join(table.name for table in tables) or "none"
            raise UsageError(f"there is no table {name!r}", hint=f"There is {known}.")
    return [t for t in tables if not names or any(name in _spellings(t) for name in names)]


def _spellings(table: Table) -> set[str]:
    return {table.name, table.quoted, table.name.partition(".")[2]}


def _set_timeouts(connection: Connection) -> None:
    """A timeout meant for requests must not stop a vacuum, and a lock must not hang it.

    Through a pooler they would outlive us.
    """
    if not inspect(connection).pooled:
        limits = (
            "set statement_timeout = 0",
            f"set lock_timeout = {_LOCK_TIMEOUT}",
            *no_time_limit(connection, "session"),
        )
        connection.execute("; ".join(limits).encode())


def _vacuum(connection: Connection, job: Job) -> Job:
    """Vacuum a table, and look whether it happened: without the rights, VACUUM only warns."""
    table, warnings = job.table, list[str]()

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        warnings.append(notice.message_primary or "")

    connection.add_notice_handler(listen)
    started = time.monotonic()
    failure = None
    try:
        connection.execute(f"vacuum (analyze) {table.quoted}".encode())
        after = _tables(connection, table.id)
        if not after or after[0].vacuums == table.vacuums or after[0].analyzes == table.analyzes:
            failure = "; ".join(warnings) or "it did not happen"
    except psycopg.errors.LockNotAvailable:
        failure = "somebody holds a lock on it (SQLSTATE 55P03); run it again later"
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        failure = redact(error.diag.message_primary or str(error))
    finally:
        connection.remove_notice_handler(listen)
    return Job(table, job.why, time.monotonic() - started, failure)
