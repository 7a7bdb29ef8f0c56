"""Savepoints that are always rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from arami_db.database.connect import Connection


@contextmanager
def undone(connection: Connection, name: str) -> Iterator[None]:
    """A savepoint that is always rolled back, in few round trips."""
    connection.execute(sql.SQL("savepoint {}").format(sql.Identifier(name)))
    try:
        yield
    finally:
        undo(connection, name)


def undo(connection: Connection, name: str) -> None:
    """Roll back to a savepoint and release it, unless the connection broke."""
    if not connection.closed:
        script = sql.SQL("rollback to savepoint {0}; release savepoint {0}")
        connection.execute(script.format(sql.Identifier(name)))
