"""Where batches are moved: in this database, or on Citus on each worker, shard by shard."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.conninfo import make_conninfo

from arami_db.database.connect import AsyncConnection, query


@dataclass(frozen=True)
class Part:
    """What a batch takes its sessions from.

    Attributes:
        conninfo: how to connect to the server that has it.
        shard: the shard of public.daily_sessions; None where sessions lie in tables.
    """

    conninfo: str
    shard: int | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        """What a transaction that moves sessions of it sets first."""
        if self.shard is None:
            return ()
        return (
            "set local citus.enable_manual_changes_to_shards = on",
            f"set local arami_db.shard = '{self.shard}'",
        )


async def parts(connection: AsyncConnection, conninfo: str) -> list[list[Part]]:
    """The parts that there are, of each server one after another; ask it with ask().

    Args:
        connection: where a run holds its lock: on Citus to the coordinator.
        conninfo: how it was opened; who connects to a worker does so likewise.
    """
    cursor = await connection.execute("select to_regclass('pg_catalog.pg_dist_shard') is not null")
    if await cursor.fetchone() == (True,):
        cursor = await connection.execute(query("archive_shards"))
        servers = [
            [Part(make_conninfo(conninfo, host=host, port=port), shard) for shard in shards]
            async for host, port, shards in cursor
        ]
        if servers:
            return servers
    return [[Part(conninfo)]]
