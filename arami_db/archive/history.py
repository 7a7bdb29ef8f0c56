"""What runs did, and the record of it: archive_run and archive_failure of schema audit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from arami_db import ledger
from arami_db.archive.selection import Selection
from arami_db.archive.verification import Verification
from arami_db.database.connect import AsyncConnection, Connection, query
from arami_db.database.server import inspect
from arami_db.errors import PendingError


class Outcome(StrEnum):
    """How a run ended; audit.archive_run knows the same words."""

    DONE = "done"
    STOPPED_EARLY = "stopped early"
    FAILED = "failed"
    BROKEN_OFF = "broken off"


@dataclass(frozen=True)
class Moved:
    """What changed sides in a run.

    Attributes:
        sessions: how many.
        rows: what moved with them, by live table, or points to where they are now.
        batches: in so many transactions.
    """

    sessions: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    batches: int = 0


@dataclass(frozen=True)
class FailedSessions:
    """Sessions that cannot be moved, for one reason.

    Attributes:
        sqlstate: of the error.
        message: what the server said of one of them.
        sessions: how many.
        examples: the ids of the first of them.
    """

    sqlstate: str
    message: str
    sessions: int
    examples: list[str]


@dataclass(frozen=True)
class ArchiveResult:
    """What a run did. Moments are text as JSON has them: a user's may be infinity, or BC.

    Attributes:
        run_id: its row in audit.archive_run; None when it was stopped before it had one.
        selection: what was to move.
        moved: what changed sides.
        left: sessions still to move, because somebody held them, they cannot be moved or the run
            stopped early; None when it stopped before it knew.
        seconds: how long it took.
        outcome: how it ended.
        reason: why it stopped early or failed; None when it did not.
        failures: why sessions stay that cannot be moved.
        unknown: what a restore named and is not in the archive, and why.
        verification: None when none was asked for, or the run was stopped.
    """

    run_id: int | None
    selection: Selection
    moved: Moved
    left: int | None
    seconds: float
    outcome: Outcome
    reason: str | None = None
    failures: tuple[FailedSessions, ...] = ()
    unknown: tuple[str, ...] = ()
    verification: Verification | None = None


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

    To be asked with ask(), by whoever holds the archive lock.
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
    """Enter how a run ended; returns what its batches really moved."""
    values = {"run_id": run_id, "outcome": str(outcome), "message": message}
    # With it all batches before it reach the disk: they did not wait for that.
    await connection.execute(
        "select set_config('synchronous_commit', 'on', true)"
        " where current_setting('synchronous_commit') = 'off'"
    )
    cursor = await connection.execute(query("archive_run_end"), values)
    return Moved(*(await cursor.fetchone() or ()))


async def conclude(
    connection: AsyncConnection, run_id: int, result: ArchiveResult, *, broken_off: bool
) -> ArchiveResult:
    """Enter how a run ended that no error ended.

    Args:
        connection: as ask() gives it.
        run_id: its row.
        result: what is known of it; its reason is why it stopped early.
        broken_off: it stopped in the middle of a batch.

    Returns:
        The result with what moved, the outcome and all reasons.
    """
    outcome, verified = Outcome.DONE, result.verification
    if result.reason:
        outcome = Outcome.BROKEN_OFF if broken_off else Outcome.STOPPED_EARLY
    unlike = verified.text if verified and verified.differences else None
    if result.failures or result.unknown or unlike:
        outcome = Outcome.FAILED
    reasons = (result.reason, *result.unknown, _summed_up(result.failures), unlike)
    reason = "; ".join(text for text in reasons if text) or None
    message = f"left, because locked: {result.left}" if result.left else None
    moved = await end(connection, run_id, outcome, reason or message)
    return replace(result, moved=moved, outcome=outcome, reason=reason)


async def failures(connection: AsyncConnection, selection: Selection) -> tuple[FailedSessions, ...]:
    """Why sessions stay that cannot be moved; the most frequent reason first."""
    cursor = await connection.execute(selection.sources("movable_failures"), selection.values)
    return tuple([FailedSessions(*row) async for row in cursor])


async def past_runs(connection: AsyncConnection, limit: int) -> list[dict[str, Any]]:
    """The latest runs, newest first: columns of audit.archive_history by name."""
    cursor = await connection.execute(query("archive_history"), {"limit": limit})
    return [run for (run,) in await cursor.fetchall()]


def _summed_up(failures: tuple[FailedSessions, ...]) -> str | None:
    if not failures:
        return None
    first, number = failures[0], sum(failure.sessions for failure in failures)
    noun = "1 session" if number == 1 else f"{number} sessions"
    return f"{noun} cannot be moved; the first is {first.examples[0]}: SQLSTATE {first.sqlstate}"
