"""The record of runs: schema audit, tables archive_run and archive_batch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from arami_db import ledger
from arami_db.archive.failure import unfiltered
from arami_db.archive.model import Moved, Outcome
from arami_db.database.connect import Connection, query
from arami_db.errors import PendingError, PlatformError


def require_ready(connection: Connection) -> None:
    """Make sure that this database can archive at all.

    Raises:
        PendingError: the routines or the record are not there.
        PlatformError: the server is a standby.
    """
    row = connection.execute(query("archive_ready")).fetchone()
    ready, standby = row or (False, False)
    if not ready:
        raise PendingError(
            "this database cannot archive: the routine public.archive_daily_sessions or the view"
            " audit.archive_history is missing",
            hint="Run `arami-db migrate` first.",
        )
    if standby:
        raise PlatformError(
            "this server is a standby: nothing can be moved", hint="Name the primary."
        )


def begin(connection: Connection, kind: str, cutoff: datetime | None, selection: str | None) -> int:
    """Enter a run, after marking those that ended without a word; call it with the lock held."""
    values = {"kind": kind, "cutoff": cutoff, "selection": selection, **ledger.actor()}
    with unfiltered(connection):
        connection.execute(query("archive_run_break_off"))
        row = connection.execute(query("archive_run_begin"), values).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def end(connection: Connection, run_id: int, outcome: Outcome, message: str | None) -> Moved:
    """Enter how a run ended; returns what its batches really moved."""
    values = {"run_id": run_id, "outcome": str(outcome), "message": message}
    with unfiltered(connection):
        row = connection.execute(query("archive_run_end"), values).fetchone()
    return Moved(*(row or ()))


def history(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest runs, newest first: the columns of audit.archive_history by name."""
    with unfiltered(connection), connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query("archive_history"), {"limit": limit}).fetchall()
