"""The database to plan for, by its statistics: sizes, traffic, sessions."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from arami_db.database.connect import Connection, query
from arami_db.plan.state import MODES, conflict


class TargetTable(NamedTuple):
    """A row of plan_tables.sql; rows is None before the first ANALYZE."""

    name: str
    heap_bytes: int
    index_bytes: int
    rows: int | None
    dead_rows: int
    last_vacuum: str | None
    reads: int
    writes: int
    indexes: int
    prevents_wraparound: bool

    @property
    def is_empty(self) -> bool:
        """Whether it is known to have no rows."""
        return self.rows == 0 and not self.heap_bytes

    @property
    def bytes(self) -> int | None:
        """The size of its heap; estimated from its rows where only these are known."""
        if self.heap_bytes or self.rows is None:
            return self.heap_bytes or None
        return self.rows * _ROW


class Busy(NamedTuple):
    """A row of plan_sessions.sql; a prepared transaction has no pid."""

    pid: int | None
    state: str
    seconds: float | None
    relations: list[str]
    modes: list[str]
    has_snapshot: bool

    def __str__(self) -> str:
        """Who it is, and since when."""
        who = "a transaction" if self.pid is None else f"pid {self.pid}"
        age = "?" if self.seconds is None else f"{self.seconds:.0f} s"
        return f"{who}, {self.state}, in a transaction for {age}"

    def is_in_the_way(self, relation: str, mode: str) -> bool:
        """Whether a lock must wait for one of its locks on the same relation."""
        held = zip(self.relations, self.modes, strict=True)
        return any(name == relation and conflict(MODES[had], mode) for name, had in held)


class TargetServer(NamedTuple):
    """A row of plan_server.sql."""

    database: str
    version: str
    role: str
    bytes: int
    replicas: int
    free_connections: int


@dataclass(frozen=True)
class Target:
    """The database to plan for.

    Attributes:
        server: as a whole.
        tables: by name.
        traffic: reads and writes a second, by table.
        sessions: those in a transaction that hold locks or a snapshot, the oldest first; including
            prepared transactions.
        free_disk: free bytes on the disk of its data; None where that cannot be seen.
    """

    server: TargetServer
    tables: Mapping[str, TargetTable]
    traffic: Mapping[str, tuple[float, float]]
    sessions: tuple[Busy, ...]
    free_disk: int | None = None

    def in_the_way(self, relation: str, mode: str) -> list[Busy]:
        """The sessions whose locks on a relation conflict with this mode."""
        return [one for one in self.sessions if one.is_in_the_way(relation, mode)]


_DIRECTORY = "select setting from pg_catalog.pg_settings where name = 'data_directory'"
_ROW = 100  # bytes a row, without statistics


@dataclass(frozen=True)
class Sample:
    """What the statistics counted at one moment."""

    taken: float
    tables: Mapping[str, TargetTable]


def sample(connection: Connection) -> Sample:
    """Read the counters of every table.

    Args:
        connection: to the target, idle.

    Raises:
        psycopg.Error: as the server says it.
    """
    rows = connection.execute(query("plan_tables").encode()).fetchall()
    return Sample(time.monotonic(), {row[0]: TargetTable(*row) for row in rows})


def read_target(connection: Connection, first: Sample) -> Target:
    """Read the target's state; an earlier sample gives its traffic a second.

    Args:
        connection: to the target, idle.
        first: the earlier sample.

    Raises:
        psycopg.Error: as the server says it.
    """
    last = sample(connection)
    seconds = max(last.taken - first.taken, 0.001)
    traffic = {
        name: (
            max(now.reads - had.reads, 0) / seconds,
            max(now.writes - had.writes, 0) / seconds,
        )
        for name, now in last.tables.items()
        if (had := first.tables.get(name))
    }
    [server] = connection.execute(query("plan_server").encode()).fetchall()
    sessions = connection.execute(query("plan_sessions").encode()).fetchall()
    busy = tuple(Busy(*row) for row in sessions)
    return Target(TargetServer(*server), last.tables, traffic, busy, _free_disk(connection))


def _free_disk(connection: Connection) -> int | None:
    """Free bytes, if the server's data are on this machine and visible."""
    row = connection.execute(_DIRECTORY).fetchone()
    if row is None or not row[0] or not connection.info.host.startswith("/"):
        return None
    with suppress(OSError):
        return shutil.disk_usage(str(row[0])).free
    return None
