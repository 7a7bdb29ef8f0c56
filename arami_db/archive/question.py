"""What is asked before and after batches, on a connection of its own, and how errors are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias, TypeVar

import psycopg
from psycopg import errors

from arami_db.database.connect import AsyncConnection, Connection, connect_async, lost, redact
from arami_db.database.execute import no_time_limit
from arami_db.errors import AramiError, PlatformError
from arami_db.runner.watch import Watch

AGAIN = "What was moved stays moved, all else is as it was. Run it again to go on from there."
READ_ONLY = "This server is a standby, or its database was made read-only; use the primary."
RIGHTS = "docs/operations.md lists the rights this takes, and why."

# A longer wait for a lock is a wait behind a migration, and others would queue behind ours.
LOCK_TIMEOUT = "set local lock_timeout = '2s'"
_TRIES = 4
_UNNOTICED = 0.3  # seconds of a wait that nobody needs to hear of
_BEFORE_A_NOTE = 5.0  # seconds until a connection that does not answer is worth a word
_ONE_CONNECTION = (
    "waiting for a second connection: the first holds the lock, and a pooler in between may"
    " have no other (pool_size)"
)

Answer = TypeVar("Answer")
Question: TypeAlias = Callable[[AsyncConnection], Awaitable[Answer]]


class LockedOutError(AramiError):
    """Somebody holds a lock on a table."""

    sqlstate = "55P03"

    def __init__(self, tries: int, blockers: Sequence[str]) -> None:
        """Say how often it was tried, and who was seen in the way."""
        holders = "; ".join(blockers) or "somebody"
        super().__init__(
            f"SQLSTATE 55P03: no lock after {tries} tries of 2 s; it is held by {holders}",
            hint="Run it again when that has ended.",
        )


def said(error: psycopg.Error) -> str:
    """What the server said; of a value it stumbled over, only that it did: it would quote it."""
    if (error.sqlstate or "").startswith("22"):
        return type(error).__name__
    return redact(error.diag.message_primary or str(error))


def broken(connection: Connection | AsyncConnection, error: psycopg.Error) -> AramiError | None:
    """The error for a connection that is gone; None when it is still there."""
    if not (connection.closed or connection.broken):
        return None
    gone = lost(error)
    gone.hint = AGAIN
    return gone


async def ask(
    conninfo: str,
    question: Question[Answer],
    *,
    note: Callable[[str], None],
) -> Answer:
    """Ask in a transaction of its own that sees every row; a lock is waited for a few times.

    Args:
        conninfo: how to connect.
        question: what to ask.
        note: told who is in the way.

    Raises:
        LockedOutError: somebody held a lock all the time.
        PlatformError: this role may not see or write what is asked for.
        ConnectionFailedError: there is no connection, or it broke.
    """
    silent = asyncio.get_running_loop().call_later(_BEFORE_A_NOTE, note, _ONE_CONNECTION)
    try:
        async with await connect_async(conninfo) as connection:
            cursor = await connection.execute("select pg_backend_pid()")
            row, pid = await cursor.fetchone(), connection.info.backend_pid
            silent.cancel()
            pid_told = pid if row == (pid,) else None  # behind a pooler it may soon be another
            with Watch(conninfo, pid=pid_told, after=_UNNOTICED, on_blocked=note) as watch:
                watch.began()
                for _ in range(_TRIES):
                    with suppress(errors.LockNotAvailable):
                        return await _answer(connection, question)
                raise LockedOutError(_TRIES, watch.ended())
    finally:
        silent.cancel()


async def _answer(connection: AsyncConnection, question: Question[Answer]) -> Answer:
    """Ask once: what row level security would hide is an error, and only locks have a limit."""
    settings = [
        LOCK_TIMEOUT,
        "set local row_security = off",
        "set local statement_timeout = 0",
        "set local timezone = 'UTC'",
        "set local extra_float_digits = 1",
        *no_time_limit(connection),
    ]
    try:
        async with connection.transaction():
            await connection.execute("; ".join(settings).encode())
            return await question(connection)
    except errors.InsufficientPrivilege as error:
        raise PlatformError(
            f"this role may not do that: {error.diag.message_primary}", hint=RIGHTS
        ) from error
    except errors.ReadOnlySqlTransaction as error:
        raise PlatformError(str(error.diag.message_primary), hint=READ_ONLY) from error
    except psycopg.OperationalError as error:
        raise broken(connection, error) or error from error
