"""The state of a distributed database: which tables are on which nodes, and their sizes."""

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
    """A table, or a node, and its part of the distribution.

    Attributes:
        name: the table's name with schema, or the node's host and port.
        by: for a table, the distribution column; None where each node has all rows.
            For a node, what it is: coordinator, worker, or disabled.
        shards: how many; 0 where a table is still on the coordinator only.
        bytes: the size of all shards, with indexes; None where a node does not answer.
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
    """Read it; None where this role may not read it. Changes nothing.

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
    """The size of each shard, without nodes that do not answer."""
    try:
        with connection.transaction():
            connection.execute("set local client_min_messages = error")
            rows = connection.execute("select shard_id, size from citus_shard_sizes()").fetchall()
    except psycopg.Error:
        return {}
    return {shard: size for shard, size in rows if size is not None}


def _sum(shards: Iterable[int], sizes: dict[int, int]) -> int | None:
    """The size of shards; None where one size is unknown."""
    found = [sizes.get(shard) for shard in shards]
    return None if None in found else sum(size for size in found if size is not None)
