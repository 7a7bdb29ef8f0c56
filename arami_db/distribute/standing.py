"""How a distributed database stands: which tables lie on which machines, and how large they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from arami_db.database.connect import query

if TYPE_CHECKING:
    from arami_db.database.connect import Connection


@dataclass(frozen=True)
class DistributedPart:
    """A table, or a machine, and what of the distribution it has.

    Attributes:
        name: the table's, with its schema; the machine's host and port.
        by: the column by which a table's rows are placed; None where each machine has them all.
            What a machine is: coordinator, worker, or one that is disabled.
        shards: how many; 0 where a table is on the coordinator alone, and ought not to be.
        bytes: of all of them, with indexes; None where some machine does not say.
    """

    name: str
    by: str | None
    shards: int
    bytes: int | None


@dataclass(frozen=True)
class Distribution:
    """A distributed database."""

    nodes: tuple[DistributedPart, ...]
    tables: tuple[DistributedPart, ...]


def read_standing(connection: Connection) -> Distribution | None:
    """Read it; None where this role may not. Changes nothing.

    Args:
        connection: to the coordinator of a database that is distributed.
    """
    try:
        rows = connection.execute(query("distribution_shards")).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return None
    sizes = _sizes(connection)
    nodes = connection.execute(
        "select groupid, nodename || ':' || nodeport, isactive from pg_catalog.pg_dist_node"
        " where noderole = 'primary' order by groupid"
    ).fetchall()
    tables: dict[str, tuple[str | None, list[int]]] = {}
    placed: dict[int, list[int]] = {group: [] for group, _, _ in nodes}
    for name, by, shard, group in rows:
        shards = tables.setdefault(name, (by, []))[1]
        if shard is not None:
            shards.append(shard)
            placed.setdefault(group, []).append(shard)
    return Distribution(
        tuple(
            DistributedPart(
                place, _kind(group, active), len(placed[group]), _sum(placed[group], sizes)
            )
            for group, place, active in nodes
        ),
        tuple(
            DistributedPart(name, by, len(set(shards)), _sum(set(shards), sizes))
            for name, (by, shards) in tables.items()
        ),
    )


def _kind(group: int, active: bool) -> str:
    return "disabled" if not active else "worker" if group else "coordinator"


def _sizes(connection: Connection) -> dict[int, int]:
    """How large each shard is; nothing of machines that do not answer."""
    try:
        with connection.transaction():
            connection.execute("set local client_min_messages = error")
            rows = connection.execute("select shard_id, size from citus_shard_sizes()").fetchall()
    except psycopg.Error:
        return {}
    return {shard: size for shard, size in rows if size is not None}


def _sum(shards: Iterable[int], sizes: dict[int, int]) -> int | None:
    """The size of shards; None where that of one is unknown."""
    found = [sizes.get(shard) for shard in shards]
    return None if None in found else sum(size for size in found if size is not None)
