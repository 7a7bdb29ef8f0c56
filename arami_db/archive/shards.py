"""Where batches are moved: in this database, or on Citus on each worker, shard by shard."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.conninfo import make_conninfo

from arami_db.database.connect import AsyncConnection, query
from arami_db.errors import AramiError

_OBJECT_IN_USE = "55006"


@dataclass(frozen=True)
class SessionSource:
    """What a batch takes its sessions from.

    Attributes:
        conninfo: how to connect to the server that has it.
        shard: the shard of public.daily_sessions; None where sessions lie in tables.
        place: the worker's host and port; empty where there is only one server.
    """

    conninfo: str
    shard: int | None = None
    place: str = ""

    @property
    def settings(self) -> tuple[str, ...]:
        """What a transaction that moves sessions of it sets first."""
        if self.shard is None:
            return ()
        return (
            "set local citus.enable_manual_changes_to_shards = on",
            f"set local arami_db.shard = '{self.shard}'",
            f"do $$ begin perform audit.hold_shard({self.shard}); end $$",
        )

    def is_elsewhere(self, error: psycopg.Error) -> bool:
        """Whether a batch found that its shard moves, or has moved, to another worker."""
        return self.shard is not None and error.sqlstate == _OBJECT_IN_USE

    def named(self, error: AramiError) -> AramiError:
        """An error of a connection, with the worker that it led to."""
        if self.place:
            error.args = (f"worker {self.place}: {error}",)
        return error


async def parts(connection: AsyncConnection, conninfo: str) -> list[list[SessionSource]]:
    """The parts that there are, of each server one after another; ask it with ask().

    Args:
        connection: where a run holds its lock: on Citus to the coordinator.
        conninfo: how it was opened; who connects to a worker does so likewise.
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
    """How to connect to a worker: an address of the coordinator would come before any host."""
    return make_conninfo(conninfo, host=host, hostaddr="", port=port)
