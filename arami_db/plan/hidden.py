"""Locks that are gone when a statement has ended: seen from a second session.

A lock that a swallowed exception frees, or one of a statement outside a transaction, lasts too
short a time to be caught by looking. So the second session holds locks that let the weak ones
pass: whatever shuts out writers waits for it, and is seen waiting. Then the statement is cancelled
and begins again, while that relation is held no more than lets pass what is known of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

import psycopg

from arami_db.database.connect import Connection
from arami_db.plan.state import STRENGTH, Locks, Relation, locks_of, strongest

# What the second session holds on a relation, by what is known to be taken: that passes, and
# whatever is stronger waits.
_HOLDS = {
    "SHARE UPDATE EXCLUSIVE": "ROW EXCLUSIVE",
    "SHARE": "ROW SHARE",
    "SHARE ROW EXCLUSIVE": "ROW SHARE",
    "EXCLUSIVE": "ACCESS SHARE",
    "ACCESS EXCLUSIVE": None,
}
_TICK = 0.001
_WAITS = """
    select l.locktype <> 'relation' from pg_catalog.pg_locks as l
    where l.pid = %s and not l.granted
"""


@dataclass(frozen=True)
class Sessions:
    """The session at work, and the second one.

    Attributes:
        work: runs the statement.
        second: holds locks, and looks at those of the other.
    """

    work: Connection
    second: Connection


class _Execution(Thread):
    """A statement at work while this session looks on."""

    def __init__(self, connection: Connection, sql: str) -> None:
        super().__init__(daemon=True)
        self._connection, self._sql = connection, sql
        self.error: psycopg.Error | None = None

    def run(self) -> None:
        """Run it, and keep what the server says against it."""
        try:
            self._connection.execute(self._sql.encode())
        except psycopg.Error as error:
            self.error = error


def reveal(
    sessions: Sessions, sql: str, relations: Iterable[Relation], *, savepoint: str | None
) -> Locks:
    """Run a statement to its end, and say which locks it took on the way.

    Args:
        sessions: the second one is idle.
        sql: the statement.
        relations: those that matter.
        savepoint: where to return to before it is run again; None outside a transaction.

    Raises:
        psycopg.Error: the statement failed.
    """
    work, second = sessions.work, sessions.second
    tables = [r for r in relations if r.kind in {"r", "p"}]
    held = locks_of(second, work.info.backend_pid)
    found: Locks = {}
    while True:
        _hold(second, tables, strongest(held, found), is_alone=savepoint is None)
        run = _Execution(work, sql)
        run.start()
        waited = _wait(second, work.info.backend_pid, run)
        if waited is None:
            break
        found = strongest(found, waited)
        work.cancel_safe()
        run.join()
        second.execute("rollback")
        if savepoint:
            work.execute(f"rollback to savepoint {savepoint}".encode())
    second.execute("rollback")
    run.join()
    if run.error:
        raise run.error
    return found


def _hold(second: Connection, tables: list[Relation], known: Locks, *, is_alone: bool) -> None:
    """Begin a transaction with locks on tables, each as strong as what is known of it lets be."""
    first = "SHARE UPDATE EXCLUSIVE" if is_alone else "ROW EXCLUSIVE"
    second.execute("begin")
    for table in tables:
        mode = known.get(table.oid, "ACCESS SHARE")
        weak = STRENGTH[mode] < STRENGTH["SHARE UPDATE EXCLUSIVE"]
        if hold := first if weak else _HOLDS[mode]:
            gone = psycopg.errors.UndefinedTable, psycopg.errors.LockNotAvailable
            with suppress(*gone), second.transaction():
                second.execute(f"lock table only {table.name} in {hold} mode nowait".encode())


def _wait(second: Connection, pid: int, run: _Execution) -> Locks | None:
    """Look until the statement waits for a relation, for something else, or has ended.

    Returns:
        The lock it waits for; None where nothing more is to be seen.
    """
    while run.is_alive():
        waits = second.execute(_WAITS, [pid]).fetchone()
        if waits and waits[0]:
            return None
        if waits and (found := locks_of(second, pid, granted=False)):
            return found
        time.sleep(_TICK)
    return None
