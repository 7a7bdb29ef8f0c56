"""The record of runs: archive_run, archive_batch and archive_failure of schema audit."""

from __future__ import annotations

from typing import Any

from arami_db import ledger
from arami_db.archive.model import Failure, Moved, Outcome
from arami_db.archive.selection import Selection
from arami_db.database.connect import AsyncConnection, Connection, query
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


async def begin(connection: AsyncConnection, selection: Selection) -> int:
    """Enter a run, after marking those that ended without a word.

    Ask it in unfiltered(), with the archive lock held.
    """
    values = {
        "kind": selection.kind, "cutoff": selection.cutoff, "selection": selection.text,
    }  # fmt: skip
    await connection.execute(query("archive_run_break_off"))
    cursor = await connection.execute(query("archive_run_begin"), {**values, **ledger.actor()})
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


async def end(
    connection: AsyncConnection, run_id: int, outcome: Outcome, message: str | None
) -> Moved:
    """Enter how a run ended, in unfiltered(); returns what its batches really moved."""
    values = {"run_id": run_id, "outcome": str(outcome), "message": message}
    # With it all batches before it reach the disk: they did not wait for that.
    await connection.execute(
        "select set_config('synchronous_commit', 'on', true)"
        " where current_setting('synchronous_commit') = 'off'"
    )
    cursor = await connection.execute(query("archive_run_end"), values)
    return Moved(*(await cursor.fetchone() or ()))


async def failures(connection: AsyncConnection, selection: Selection) -> tuple[Failure, ...]:
    """Why sessions stay that cannot be moved, in unfiltered(); the most frequent reason first."""
    cursor = await connection.execute(selection.sources("movable_failures"), selection.values)
    return tuple([Failure(*row) async for row in cursor])


async def past_runs(connection: AsyncConnection, limit: int) -> list[dict[str, Any]]:
    """The latest runs, newest first, in unfiltered(): columns of audit.archive_history by name."""
    cursor = await connection.execute(query("archive_history"), {"limit": limit})
    return [run for (run,) in await cursor.fetchall()]


def summed_up(failures: tuple[Failure, ...]) -> str | None:
    """All of them in one line; None when there are none."""
    if not failures:
        return None
    first, number = failures[0], sum(failure.sessions for failure in failures)
    noun = "1 session" if number == 1 else f"{number} sessions"
    return f"{noun} cannot be moved; the first is {first.examples[0]}: SQLSTATE {first.sqlstate}"
