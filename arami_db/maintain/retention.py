"""How long the record is kept: the change log, and the batches of archive runs."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import errors

from arami_db.database.connect import Connection, lost, query, redact
from arami_db.database.server import inspect
from arami_db.errors import BatchError, PendingError, PlatformError, StoppedError, UsageError
from arami_db.maintain.deletion import AGAIN, Deletion, Progress, transaction

YOUNGEST = "90 days"


@dataclass(frozen=True)
class Old:
    """The rows of a table older than the cutoff: they are deleted, unless in a dry run.

    Attributes:
        table: schema.table.
        rows: how many.
        oldest: the time of the oldest, as JSON writes it; None without rows.
    """

    table: str
    rows: int
    oldest: str | None


@dataclass(frozen=True)
class Retention:
    """What was deleted.

    Attributes:
        age: the age from which rows were deleted, as requested.
        cutoff: the moment that is that old.
        tables: the rows that were older.
        run_id: the row of audit.archive_run that records it; None when nothing was deleted.
    """

    age: str
    cutoff: str
    tables: tuple[Old, ...]
    run_id: int | None = None


def retain(
    connection: Connection, age: str, *, force: bool, dry_run: bool, on_progress: Progress
) -> Retention:
    """Delete rows older than an age from the change log and the batches of archive runs.

    Args:
        connection: in autocommit.
        age: an interval as Postgres reads it, such as "2 years".
        force: accept an age below ninety days.
        dry_run: only count.
        on_progress: called with the table, the rows deleted so far, and the rows to delete.

    Raises:
        UsageError: not an interval, or too short an interval without force.
        PendingError: the record is missing.
        PlatformError: this role may not delete there, or the server accepts no writes.
        BatchError: rows could not be deleted, or stayed.
        StoppedError: it was interrupted; a batch that had begun is rolled back.
    """
    if not dry_run:
        inspect(connection).require_writable()
    _require_rights(connection)
    with transaction(connection):
        cutoff = _cutoff(connection, age, force)
        counted = connection.execute(query("retention_count"), {"cutoff": cutoff})
        tables = tuple(Old(*row) for row in counted)
    if dry_run or not any(old.rows for old in tables):
        return Retention(age, cutoff, tables)
    deletion = Deletion(connection, cutoff, on_progress, {old.table: old.rows for old in tables})
    try:
        deletion.run()
    except KeyboardInterrupt:
        raise StoppedError(f"interrupted: {deletion.message}", hint=AGAIN) from None
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        told = redact(error.diag.message_primary or str(error))
        raise BatchError(
            f"{deletion.at}: {told} (SQLSTATE {error.sqlstate})", hint=AGAIN
        ) from error
    # VACUUM needs the count now; the server would publish it a second later.
    connection.execute("select pg_stat_force_next_flush()")
    deleted = tuple(Old(old.table, deletion.deleted[old.table], old.oldest) for old in tables)
    return Retention(age, cutoff, deleted, deletion.run_id)


def _require_rights(connection: Connection) -> None:
    row = connection.execute(query("retention_rights")).fetchone()
    is_ready, lacking = row or (False, [])
    if not is_ready:
        raise PendingError(
            "this database lacks the audit tables that retention needs",
            hint="Run `arami-db migrate` first.",
        )
    if lacking:
        raise PlatformError(
            "this role may not delete old rows of the record", hint=" ".join(lacking)
        )


def _cutoff(connection: Connection, age: str, force: bool) -> str:
    values = {"older_than": age, "before": None, "youngest": YOUNGEST}
    try:
        row = connection.execute(query("cutoff"), values).fetchone()
    except errors.DataError:
        raise UsageError(
            f"{age!r} is not an interval", hint="Write '2 years', '18 months' or '400 days'."
        ) from None
    cutoff, in_future, too_young = row or ("", True, True)
    if in_future:
        raise UsageError(f"{age!r} ago is in the future", hint="Write '2 years'.")
    if too_young and not force:
        raise UsageError(
            f"an audit retention of {age!r} is shorter than {YOUNGEST}",
            hint="What is deleted is gone for good; pass --force if that is what you want.",
        )
    return str(cutoff)
