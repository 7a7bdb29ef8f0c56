"""The record of runs: schema audit, tables archive_run and archive_batch."""

from __future__ import annotations

from typing import Any

from arami_db import ledger
from arami_db.archive.model import Moved, Outcome
from arami_db.archive.task import Task
from arami_db.database.connect import Connection, query
from arami_db.database.server import inspect
from arami_db.errors import PendingError


def require_ready(connection: Connection, *, writing: bool) -> None:
    """Make sure that this database can archive at all.

    Args:
        connection: in autocommit.
        writing: something is to be moved; else only looked at.

    Raises:
        PendingError: the routines or the record are not there.
        PlatformError: nothing can be written there.
    """
    if connection.execute(query("archive_ready")).fetchone() != (True,):
        raise PendingError(
            "this database cannot archive: the routine audit.archive_daily_sessions or the view"
            " audit.archive_history is missing",
            hint="Run `arami-db migrate` first.",
        )
    if writing:
        inspect(connection).require_writable()


def begin(connection: Connection, task: Task) -> int:
    """Enter a run, after marking those that ended without a word.

    Call it with the archive lock held, in unfiltered().
    """
    values = {"kind": task.kind, "cutoff": task.cutoff, "selection": task.selection}
    connection.execute(query("archive_run_break_off"))
    row = connection.execute(query("archive_run_begin"), {**values, **ledger.actor()}).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def end(connection: Connection, run_id: int, outcome: Outcome, message: str | None) -> Moved:
    """Enter how a run ended, in unfiltered(); returns what its batches really moved."""
    values = {"run_id": run_id, "outcome": str(outcome), "message": message}
    # With it all batches before it reach the disk: they did not wait for that.
    connection.execute(
        "select set_config('synchronous_commit', 'on', true)"
        " where current_setting('synchronous_commit') = 'off'"
    )
    row = connection.execute(query("archive_run_end"), values).fetchone()
    return Moved(*(row or ()))


def history(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest runs, newest first, in unfiltered(): columns of audit.archive_history by name."""
    found = connection.execute(query("archive_history"), {"limit": limit}).fetchall()
    return [run for (run,) in found]
