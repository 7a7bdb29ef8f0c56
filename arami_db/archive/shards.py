"""Where batches are moved: in this database, or with Citus on each worker, shard by shard."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo

from arami_db.database.connect import AsyncConnection, query
from arami_db.errors import AramiError

_OBJECT_IN_USE = "55006"


@dataclass(frozen=True)
class SessionSource:
    """Where a batch takes its sessions from.

    Attributes:
        conninfo: how to connect to its server.
        shard: the shard of public.daily_sessions; None without Citus.
        place: the worker's host and port; empty where there is only one server.
    """

    conninfo: str
    shard: int | None = None
    place: str = ""

    @property
    def settings(self) -> tuple[str, ...]:
        """The statements that begin a transaction which moves its sessions."""
        if self.shard is None:
            return ()
        return (
            "set local citus.enable_manual_changes_to_shards = on",
            f"set local arami_db.shard = '{self.shard}'",
            f"do $$ begin perform audit.hold_shard({self.shard}); end $$",
        )

    def is_elsewhere(self, error: psycopg.Error) -> bool:
        """Whether a batch failed because its shard moves, or has moved, to another worker."""
        return self.shard is not None and error.sqlstate == _OBJECT_IN_USE

    def named(self, error: AramiError) -> AramiError:
        """The error of a connection, with the name of its worker."""
        if self.place:
            error.args = (f"worker {self.place}: {error}",)
        return error


async def parts(connection: AsyncConnection, conninfo: str) -> list[list[SessionSource]]:
    """All parts, those of one server together; pass it to ask().

    Args:
        connection: the one that holds the lock of the run: with Citus to the coordinator.
        conninfo: how it was opened; connections to workers are opened in the same way.
    """
    cursor = await connection.execute("select to_regclass('pg_catalog.pg_dist_shard') is not null")
    if await cursor.fetchone() == (True,):
        cursor = await connection.execute(query("archive_shards"))
        servers = [
            [
                SessionSource(_conninfo(conninfo, host, port), shard, f"{host}:{port}")
                for shard in shards
            ]
            async for host, port, shards in cursor
        ]
        if servers:
            return servers
    return [[SessionSource(conninfo)]]


def _conninfo(conninfo: str, host: str, port: int) -> str:
    """How to connect to a worker, without hostaddr: the coordinator's would override the host."""
    return make_conninfo(conninfo, host=host, hostaddr="", port=port)
