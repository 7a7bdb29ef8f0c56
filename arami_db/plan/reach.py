"""The reach of queries, by their plans: bounded, or over a whole table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from arami_db.plan.state import State
from arami_db.rows.savepoints import undone

if TYPE_CHECKING:
    from arami_db.database.connect import Connection

# With these the planner uses an index wherever possible, even on small tables.
BY_INDEX = "set local enable_seqscan = off; set local enable_hashjoin = off;" + (
    " set local enable_mergejoin = off"
)
_OF_KEYS = "OPERATOR(pg_catalog.=)"  # the form of foreign key checks: by key
_LOCKS = re.compile(r"\bfor\s+((no\s+key\s+)?update|share)\b", re.IGNORECASE)
_MERGES = re.compile(r"\bthen\s+(update|delete)\b", re.IGNORECASE)
_MERGE_DELETES = re.compile(r"\bthen\s+delete\b", re.IGNORECASE)
# A range as plans write it.
_RANGE = re.compile(r"\((\S+) >=? (\S+?)\) AND \(\1 <=? (\S+?)\)")
_ROWS = re.compile(r"\(ROW(\(.*\)) >=? .* AND \(ROW\1 <=? ")
_OF_ARRAY = re.compile(r"ANY \((\$|\(InitPlan)")  # with as many values as a query finds
_CAST = re.compile(r"::[\w ]+$")
_BATCH = 10_000
_CHANGES = {"Update", "Delete", "Merge"}


class PlannedQuery(NamedTuple):
    """A query with the planner's plan of it."""

    text: str
    plan: dict[str, Any]


@dataclass(frozen=True)
class Reach:
    """What queries read and change.

    Attributes:
        unbounded: relations that one reads without a key or a limit.
        changes: relations whose rows one changes or locks unbounded.
        deletes: those whose rows one deletes unbounded, without moving them.
        is_bounded: whether one changes rows, and none unbounded.
    """

    unbounded: frozenset[int] = frozenset()
    changes: frozenset[int] = frozenset()
    deletes: frozenset[int] = frozenset()
    is_bounded: bool = False


def explain(connection: Connection, text: str) -> list[PlannedQuery]:
    """Ask the planner, which avoids full scans where possible.

    Args:
        connection: in a transaction.
        text: a data statement; rules may turn it into several, or none.
    """
    try:
        with undone(connection, "arami_planned"):
            connection.execute(BY_INDEX)
            rows = connection.execute(f"explain (format json, verbose) {text}".encode())
            return [
                PlannedQuery(text, one["Plan"]) for (row,) in rows for one in row if "Plan" in one
            ]
    except psycopg.Error:  # running the statement will report the error
        return []


def reach(queries: Iterable[PlannedQuery], state: State) -> Reach:
    """Find what queries read and change.

    Args:
        queries: with their plans.
        state: the database.
    """
    unbounded, changes, deletes = set[str](), set[str](), set[str]()
    does_change, keys = False, _keys(state)
    for query in queries:
        if _OF_KEYS in query.text:
            continue
        nodes = list(_nodes(query.plan))
        whole = [one for one in nodes if not one.is_limited and _is_open(one.node, query, keys)]
        read = {_relation(one.node) for one in whole}
        unbounded |= read
        targets, lost = _targets(query, [one.node for one in nodes])
        does_change |= bool(targets)
        in_batch = any(_in_batch(one.node, query, keys) for one in nodes)
        by_array = any(_OF_ARRAY.search(_conditions(one.node)) for one in nodes)
        if not in_batch and any(by_array or not one.is_value for one in whole):
            changes |= targets | (read if _LOCKS.search(query.text) else set())
            deletes |= lost
    oids = {f"{r.schema}.{r.bare}": oid for oid, r in state.relations.items()}

    def of(names: set[str]) -> frozenset[int]:
        return frozenset(oids[name] for name in names if name in oids)

    found = of(changes)
    return Reach(of(unbounded), found, of(deletes), is_bounded=does_change and not found)


class _Node(NamedTuple):
    """A node of a plan, whether a limit is above it, and whether it returns a single value."""

    node: dict[str, Any]
    is_limited: bool
    is_value: bool


def _keys(state: State) -> set[str]:
    """The columns that are keys alone."""
    tables = {oid: f"{one.schema}.{one.bare}" for oid, one in state.relations.items()}
    return {f"{tables[one.of_table]}.{one.key}" for one in state.relations.values() if one.key}


def _nodes(
    plan: dict[str, Any], *, is_limited: bool = False, is_value: bool = False
) -> Iterator[_Node]:
    yield _Node(plan, is_limited, is_value)
    is_limited = is_limited or plan.get("Node Type") == "Limit"
    for child in plan.get("Plans", ()):
        is_cte = str(child.get("Subplan Name")).startswith("CTE")
        is_init = child.get("Parent Relationship") == "InitPlan" and not is_cte
        yield from _nodes(child, is_limited=is_limited, is_value=is_value or is_init)


def _is_open(node: dict[str, Any], query: PlannedQuery, keys: set[str]) -> bool:
    """Whether a node reads a relation unbounded: without a key or a batch of keys."""
    if "Relation Name" not in node or node["Node Type"] in {"ModifyTable", "Tid Scan"}:
        return False
    return not (_is_by_key(node) or _in_batch(node, query, keys))


def _in_batch(node: dict[str, Any], query: PlannedQuery, keys: set[str]) -> bool:
    """Whether a node reads a range of keys of at most a batch."""
    conditions = _conditions(node)
    return bool(_ROWS.search(conditions)) or any(
        f"{_relation(node)}.{column.rpartition('.')[2]}" in keys and _is_batch(ends, query)
        for column, *ends in _RANGE.findall(conditions)
    )


def _conditions(node: dict[str, Any]) -> str:
    names = ("Index Cond", "Recheck Cond", "Filter", "TID Cond")
    return " ".join(str(node.get(name)) for name in names)


def _is_batch(ends: Sequence[str], query: PlannedQuery) -> bool:
    """Whether a range of keys is at most a batch; computed ranges count as batches."""
    values = [_CAST.sub("", end).strip("'") for end in ends]
    if not any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", query.text) for one in values):
        return True
    is_whole = all(re.fullmatch(r"-?\d+", one) for one in values)
    return is_whole and int(values[1]) - int(values[0]) <= _BATCH


def _is_by_key(node: dict[str, Any]) -> bool:
    """Whether a condition of an index is an equality."""
    parts = [_is_by_key(child) for child in node.get("Plans", ())]
    if node["Node Type"] == "BitmapAnd":
        return any(parts)
    if node["Node Type"] in {"BitmapOr", "Bitmap Heap Scan"}:
        return all(parts)
    return " = " in node.get("Index Cond", "")


def _targets(query: PlannedQuery, nodes: Iterable[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """The relations whose rows a query changes, and those whose rows it deletes for good."""
    targets, lost, moves = set[str](), set[str](), False
    for node in nodes:
        operation = node.get("Operation")
        names = {_relation(one) for one in (node, *node.get("Target Tables", ()))}
        moves |= operation == "Insert"
        does_merge = operation != "Merge" or _MERGES.search(query.text)
        if (operation in _CHANGES and does_merge) or node.get("Conflict Resolution") == "UPDATE":
            targets |= names
        if operation == "Delete" or (operation == "Merge" and _MERGE_DELETES.search(query.text)):
            lost |= names
    return targets, set() if moves else lost


def _relation(node: dict[str, Any]) -> str:
    return f"{node.get('Schema')}.{node.get('Relation Name')}"
