"""How far a data statement reaches, as the planner says it: with bound, or over all of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from arami_db.database.connect import Connection
from arami_db.plan.state import State
from arami_db.rows.savepoints import undone

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

DATA = {"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "select_stmt"}


@dataclass(frozen=True)
class Reach:
    """What a data statement touches.

    Attributes:
        unbounded: relations it reads without a bound: not by a key, and not up to a limit.
        updates, deletes: relations whose rows it changes.
        inserts: whether it inserts rows.
    """

    unbounded: frozenset[int] = frozenset()
    updates: frozenset[int] = frozenset()
    deletes: frozenset[int] = frozenset()
    inserts: bool = False


def reach(connection: Connection, text: str, node: Node, state: State) -> Reach:
    """Ask the planner, which is kept from reading whole tables where there is another way.

    Args:
        connection: in a transaction.
        text: the statement.
        node: its parse tree.
        state: the database.
    """
    if node.WhichOneof("node") not in DATA or node.select_stmt.HasField("into_clause"):
        return Reach()
    try:
        with undone(connection, "arami_planned"):
            connection.execute("set local enable_seqscan = off")
            explained = connection.execute(
                f"explain (format json, verbose) {text}".encode()
            ).fetchone()
    except psycopg.Error:  # the statement itself will say what is wrong
        return Reach()
    nodes = list(_nodes(explained[0][0]["Plan"] if explained else {}, bounded=False))
    oids = {(r.schema, r.bare): oid for oid, r in state.relations.items()}

    def of(*operations: str) -> frozenset[int]:
        found = (_relation(one) for one, _ in nodes if one.get("Operation") in operations)
        return frozenset(oids[name] for name in found if name in oids)

    read = {_relation(one) for one, bounded in nodes if _is_open(one, bounded)}
    return Reach(
        frozenset(oids[name] for name in read if name in oids),
        of("Update", "Merge"),
        of("Delete"),
        any(one.get("Operation") == "Insert" for one, _ in nodes),
    )


def _nodes(plan: dict[str, Any], *, bounded: bool) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every node of a plan, and whether a limit lies above it."""
    yield plan, bounded
    bounded = bounded or plan.get("Node Type") == "Limit"
    for child in plan.get("Plans", ()):
        yield from _nodes(child, bounded=bounded)


def _is_open(node: dict[str, Any], bounded: bool) -> bool:
    """Whether a node reads a relation without a bound; a key of an index is one."""
    if bounded or "Relation Name" not in node or node["Node Type"] == "ModifyTable":
        return False
    by = node
    if node["Node Type"] == "Bitmap Heap Scan":
        by = next(iter(node.get("Plans", ())), node)
    condition = by.get("Index Cond", "")
    return not condition or bool(re.search(r"[<>]| IS N", condition))


def _relation(node: dict[str, Any]) -> tuple[str, str]:
    return str(node.get("Schema")), str(node.get("Relation Name"))
