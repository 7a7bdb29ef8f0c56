"""Locks for a run: one runner and one archive per database, also through poolers.

Each is a transaction-level advisory lock on its own connection; the server frees it when the
process ends. A transaction-mode pooler would give a session-level lock to two clients. A blocking
request would keep a snapshot and deadlock with CREATE INDEX CONCURRENTLY, which waits for every
older snapshot. So would a poll with an open transaction: each failed poll ends its transaction.
"""

from __future__ import annotations

import random
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from arami_db.database.connect import Connection, lost, query
from arami_db.database.execute import no_time_limit
from arami_db.errors import LockBusyError

# The first eight bytes of sha256("arami-db runner lock") and ("arami-db archive lock"), as signed
# integers: any constants work that other tools are unlikely to use. They are literals, since a
# bound parameter would pin a snapshot.
KEY = -4350385361971871709
ARCHIVE_KEY = 4656874476747030043
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


@contextmanager
def runner_lock(
    connection: Connection, *, wait: float, on_wait: Callable[[str], None]
) -> Iterator[Callable[[], None]]:
    """Hold the runner lock of the connected database.

    Args:
        connection: an idle connection, not used for anything else meanwhile.
        wait: how long to wait for another runner, in seconds.
        on_wait: called once with the holder of the lock, if there is one.

    Yields:
        A function that raises ConnectionFailedError once the lock's connection is lost; it needs no
        round trip.

    Raises:
        LockBusyError: another runner held the lock all the time.
    """
    deadline = time.monotonic() + wait
    pause = _FIRST_PAUSE
    holder = None
    while not _try(connection, KEY):
        if holder is None:
            holder = _holder(connection, KEY)
            on_wait(f"waiting for another runner: {holder}")
        if time.monotonic() >= deadline:
            raise LockBusyError(
                f"another runner holds the lock: {_holder(connection, KEY)}",
                hint="Run again when it is done, or wait longer with --lock-wait.",
            )
        time.sleep(min(pause, max(deadline - time.monotonic(), 0)) * random.uniform(0.5, 1))  # noqa: S311
        pause = min(pause * 2, _LONGEST_PAUSE)
    with _held(connection, "runner") as alive:
        yield alive


@contextmanager
def archive_lock(connection: Connection) -> Iterator[Callable[[], None]]:
    """Hold the archive lock of the connected database, or fail at once.

    Args:
        connection: an idle connection, not used for anything else meanwhile.

    Yields:
        The same as runner_lock().

    Raises:
        LockBusyError: another archive or restore is at work.
    """
    if not _try(connection, ARCHIVE_KEY):
        raise LockBusyError(
            f"another archive or restore is at work: {_holder(connection, ARCHIVE_KEY)}",
            hint="Nothing was done. Run again when it has ended.",
        )
    with _held(connection, "archive") as alive:
        yield alive


@contextmanager
def _held(connection: Connection, name: str) -> Iterator[Callable[[], None]]:
    try:
        yield lambda: _require_alive(connection, name)
    finally:
        with suppress(psycopg.Error):
            connection.execute("rollback")


def _try(connection: Connection, key: int) -> bool:
    """Take the lock in a transaction that stays open, or end the transaction."""
    # The transaction is idle for the whole run, whatever limits the role has.
    statements = (
        "begin isolation level read committed",
        "set local idle_in_transaction_session_timeout = 0",
        *no_time_limit(connection),
        f"select pg_try_advisory_xact_lock({key})",
    )
    try:
        cursor = connection.execute(";".join(statements).encode())
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        if row is not None and row[0]:
            return True
        connection.execute("rollback")
    except psycopg.OperationalError as error:
        raise lost(error) from error
    return False


def _holder(connection: Connection, key: int) -> str:
    row = connection.execute(query("lock_holder"), {"key": key}).fetchone()
    return str(row[0]) if row else "a run that has just ended"


def _require_alive(connection: Connection, name: str) -> None:
    """Raise when the server has closed the lock's connection; reads the socket, sends nothing."""
    with suppress(psycopg.OperationalError):
        # First comes the server's last message, then the end of the stream: consume_input raises.
        while select.select([connection.fileno()], [], [], 0)[0]:
            connection.pgconn.consume_input()
        if connection.pgconn.status != psycopg.pq.ConnStatus.BAD:
            return
    raise lost(psycopg.OperationalError(f"the connection that held the {name} lock was closed"))
