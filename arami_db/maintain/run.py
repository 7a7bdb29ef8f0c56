"""VACUUM (ANALYZE) of the tables that need it, with the reason and the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import psycopg

from arami_db.database.connect import Connection, lost, query, redact
from arami_db.database.execute import no_time_limit
from arami_db.database.server import inspect
from arami_db.errors import PlatformError
from arami_db.maintain.holders import holders, next_transaction
from arami_db.maintain.model import Job, TableStatistics, Upkeep
from arami_db.maintain.tables import again

_LOCK_TIMEOUT = 5000  # milliseconds; Postgres cancels an autovacuum that blocks us after one second


def maintain(
    connection: Connection,
    tables: Sequence[TableStatistics],
    *,
    threshold: float,
    dry_run: bool,
    on_start: Callable[[Job], bool],
) -> Upkeep:
    """Vacuum and analyze what needs it, one table after another.

    Args:
        connection: in autocommit.
        tables: those to look at.
        threshold: in percent; see Table.why.
        dry_run: only report what would be done.
        on_start: called before each table; returns whether to vacuum it.

    Raises:
        PlatformError: track_counts is off, or the server is a standby.
    """
    _require_counting(connection)
    if not dry_run:
        _settle_identifiers(connection)
    jobs = [Job(table, why) for table in tables if (why := table.why(threshold))]
    if dry_run or not jobs:
        return Upkeep(len(tables), tuple(jobs))
    _set_timeouts(connection)
    before = next_transaction(connection)
    done = [_upkeep(connection, job, threshold) for job in jobs if on_start(job)]
    upkeep = Upkeep(len(tables), tuple(done))
    if not upkeep.left:
        return upkeep
    catalogs = any(job.table.is_catalog for job in upkeep.left)
    return replace(upkeep, holders=holders(connection, before, catalogs=catalogs))


def _settle_identifiers(connection: Connection) -> None:
    """Delete e-mails and phones of deleted accounts, which only a distributed database keeps apart.

    A worker cannot delete them: it does not reach the coordinator.
    """
    if connection.execute(query("maintain_may_settle")).fetchone():
        connection.execute("select audit.settle_identifiers()")


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


def _set_timeouts(connection: Connection) -> None:
    """Give the session no time limit, and a limit for locks, so that a vacuum ends but never hangs.

    Not through a pooler, where the settings would outlive this command.
    """
    if not inspect(connection).pooled:
        limits = (
            "set statement_timeout = 0",
            f"set lock_timeout = {_LOCK_TIMEOUT}",
            *no_time_limit(connection, "session"),
        )
        connection.execute("; ".join(limits).encode())


def _upkeep(connection: Connection, job: Job, threshold: float) -> Job:
    """Vacuum and analyze a table, and check that it happened: without rights Postgres only warns.

    Dead rows are read in between: VACUUM counts the rows it could not remove, ANALYZE replaces the
    count by an estimate.
    """
    warnings = list[str]()

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        warnings.append(notice.message_primary or "")

    connection.add_notice_handler(listen)
    started = time.monotonic()
    failure, left = None, None
    try:
        left = _vacuum(connection, job.table)
        if left is None or not _analyze(connection, job.table):
            failure = "; ".join(warnings) or "it did not happen"
    except psycopg.errors.LockNotAvailable:
        failure = "another session holds a lock on it (SQLSTATE 55P03); run it again later"
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        failure = redact(error.diag.message_primary or str(error))
    finally:
        connection.remove_notice_handler(listen)
    done = replace(job, seconds=time.monotonic() - started, failure=failure)
    if left is None or not left.dead + left.toast_dead:
        return done
    is_held = left.why_dead(threshold) is not None
    return replace(done, left=left.dead, toast_left=left.toast_dead, is_held=is_held)


def _vacuum(connection: Connection, table: TableStatistics) -> TableStatistics | None:
    """The table after its vacuum; None when that did not happen."""
    if not table.is_partitioned:
        connection.execute(f"vacuum {table.quoted}".encode())
    after = again(connection, table)
    happened = after and (table.is_partitioned or after.vacuums != table.vacuums)
    return after if happened else None


def _analyze(connection: Connection, table: TableStatistics) -> bool:
    """Whether it was analyzed. Since Postgres 18 the partitions can be left out."""
    alone = table.is_partitioned and connection.info.server_version >= 180000
    connection.execute(f"analyze {'only ' * alone}{table.quoted}".encode())
    after = again(connection, table)
    return after is not None and after.analyzes != table.analyzes
