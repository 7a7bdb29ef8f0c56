"""Waiting for the server in a way that an interrupt ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from psycopg import waiting

if TYPE_CHECKING:
    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGresult

    from arami_db.database.connect import Connection

_Value = TypeVar("_Value")
_INTERVAL = 0.1  # how long an interrupt may wait, in seconds


def wait(connection: Connection, exchange: PQGen[_Value]) -> _Value:
    """Wait for what an exchange with the server comes to; an interrupt leaves it as it is.

    The connection's own wait() would cancel once, and close the connection where that changed
    nothing. And libpq calls who hears notices: what is raised there is lost, so it is raised after.

    Args:
        connection: the exchange is on it.
        exchange: as psycopg's generators are.

    Raises:
        KeyboardInterrupt: somebody interrupted it; the exchange has not ended.
    """
    pass_on = connection.pgconn.notice_handler
    interrupted: list[KeyboardInterrupt] = []

    def on_notice(notice: PGresult) -> None:
        try:
            if pass_on is not None:
                pass_on(notice)
        except KeyboardInterrupt as interrupt:
            interrupted.append(interrupt)

    def heeding() -> PQGen[_Value]:
        ready = None
        try:
            while not interrupted:
                ready = yield exchange.send(ready)  # type: ignore[arg-type]
        except StopIteration as end:
            if not interrupted:
                return end.value  # type: ignore[no-any-return]
        raise interrupted[0]

    connection.pgconn.notice_handler = on_notice
    try:
        return waiting.wait(heeding(), connection.fileno(), _INTERVAL)
    finally:
        connection.pgconn.notice_handler = pass_on
