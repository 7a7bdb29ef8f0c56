"""Locks that are released before a statement ends, seen from a second session.

A lock released by a caught exception, or of a statement outside a transaction, is too short to be
seen by polling. So the second session holds locks that conflict only with those that block writers:
the statement waits for one, and is seen waiting. Then it is cancelled and begins again, while the
second session's lock on that relation allows the modes known so far.
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

# The second session's lock on a relation, by the strongest mode known: that mode passes, and
# stronger ones wait.
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
    """The working session, and the second one.

    Attributes:
        work: runs the statement.
        second: holds locks, and reads those of the other.
    """

    work: Connection
    second: Connection


class _Execution(Thread):
    """A running statement while this session watches."""

    def __init__(self, connection: Connection, sql: str) -> None:
        super().__init__(daemon=True)
        self._connection, self._sql = connection, sql
        self.error: psycopg.Error | None = None

    def run(self) -> None:
        """Run it, and keep the server's error."""
        try:
            self._connection.execute(self._sql.encode())
        except psycopg.Error as error:
            self.error = error


def reveal(
    sessions: Sessions, sql: str, relations: Iterable[Relation], *, savepoint: str | None
) -> Locks:
    """Run a statement to its end, and return the locks that it took on the way.

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
    """Begin a transaction with locks on tables, each as strong as the known modes allow."""
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
    """Poll until the statement waits for a relation, for something else, or has ended.

    Returns:
        The lock that it waits for; None when there are no more.
    """
    while run.is_alive():
        waits = second.execute(_WAITS, [pid]).fetchone()
        if waits and waits[0]:
            return None
        if waits and (found := locks_of(second, pid, granted=False)):
            return found
        time.sleep(_TICK)
    return None
