"""The speed of the throw-away server, for estimates."""

from __future__ import annotations

import time
from dataclasses import dataclass

from arami_db.database.connect import Connection

_MAKE = """
    create table arami_db.speed as
    select g as id, repeat(md5(g::text), 4) as body
    from generate_series(1, 50000) as g
"""
_REWRITE = "alter table arami_db.speed alter column id type bigint"
_SCAN = "create index on arami_db.speed (id)"


@dataclass(frozen=True)
class Speed:
    """Bytes a second.

    Attributes:
        rewrite: of a heap that is rewritten.
        scan: of a heap that is read to build an index.
    """

    rewrite: float
    scan: float


def measure(connection: Connection) -> Speed:
    """Rewrite and read a temporary table of some megabytes.

    Args:
        connection: to the throw-away database, idle.

    Raises:
        psycopg.Error: as the server says it.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("set local client_min_messages = error")
        connection.execute(_MAKE)
        row = connection.execute("select pg_relation_size('arami_db.speed')").fetchone()
        size = int(row[0]) if row else 0
        return Speed(size / _took(connection, _REWRITE), size / _took(connection, _SCAN))


def _took(connection: Connection, sql: str) -> float:
    started = time.perf_counter()
    connection.execute(sql.encode())
    return max(time.perf_counter() - started, 0.000001)
