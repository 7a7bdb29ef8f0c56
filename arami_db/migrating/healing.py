"""What a statement outside a transaction leaves when it does not end, and how that is made good."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    REINDEX_OBJECT_INDEX,
    REINDEX_OBJECT_SCHEMA,
    REINDEX_OBJECT_TABLE,
    RangeVar,
)

from arami_db.files.rules import is_concurrent, relation_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgast.pg_query_pb2 import Node

    from arami_db.migrating.single import Single
    from arami_db.runner.failure import FileFailedError

_POLL = 0.2
# How a statement fails that a run, killed before it could say so, has carried out.
_DONE = {
    "drop_stmt": "42704",  # undefined_object
    "alter_enum_stmt": "42710",  # duplicate_object
    "alter_table_stmt": "42P01",  # undefined_table: it is no partition of the table
    "createdb_stmt": "42P04",  # duplicate_database
    "dropdb_stmt": "3D000",  # invalid_catalog_name
    "create_table_space_stmt": "42710",
    "drop_table_space_stmt": "42704",
}
_DUPLICATE = "42P07"
_PENDING = "55000"  # object_not_in_prerequisite_state: the partition is pending detach
_SCOPES = {
    REINDEX_OBJECT_INDEX: "index",
    REINDEX_OBJECT_TABLE: "table",
    REINDEX_OBJECT_SCHEMA: "schema",
}


def is_done(single: Single, node: Node, *, tried: bool, broken_off: bool) -> bool:
    """Clear away what a run left of a statement; whether it had done all of it.

    Args:
        single: the statement.
        node: its parse tree.
        tried: a run has begun it.
        broken_off: a run has, and nothing is known of its end.

    Raises:
        FileFailedError: what was left cannot be removed.
    """
    if node.index_stmt.idxname:
        return _index_is_there(single, node, broken_off=broken_off)
    if tried and node.WhichOneof("node") == "reindex_stmt" and is_concurrent(node):
        _drop_all(single, lambda: _invalid_indexes(single, node))
    return False


def mends(single: Single, node: Node, error: FileFailedError, *, broken_off: bool) -> bool:
    """Whether a failure only says that a run before did it, or could be made good.

    Args:
        single: the statement.
        node: its parse tree.
        error: how it failed.
        broken_off: a run has begun it, and nothing is known of its end.

    Raises:
        FileFailedError: it could not be made good.
    """
    kind = node.WhichOneof("node") or ""
    if broken_off and error.sqlstate == _DONE.get(kind):
        single.note("the run before did it already")
        return True
    if broken_off and kind == "index_stmt" and error.sqlstate == _DUPLICATE:
        return _index_is_there(single, node, broken_off=True)  # its orphan finished meanwhile
    if kind == "alter_table_stmt" and is_concurrent(node) and error.sqlstate == _PENDING:
        single.note("a detach that was begun before is pending; finalizing it")
        [command] = node.alter_table_stmt.cmds
        partition = relation_name(getattr(command.alter_table_cmd, "def").partition_cmd.name)
        table = relation_name(node.alter_table_stmt.relation)
        single.execute(f"alter table {table} detach partition {partition} finalize")
        return True
    return False


def left(single: Single, node: Node) -> str | None:
    """What a failed statement has left and what becomes of that, as a sentence."""
    if not is_concurrent(node):
        return None
    if node.index_stmt.idxname:
        state = _index_state(single, node)
        names, then = [state[1]] if state and not state[0] else [], " and builds it again"
    else:
        names, then = [name for name, _ in _invalid_indexes(single, node)], ""
    if not names:
        return None
    return f"Index {', '.join(names)} stays, INVALID; the next run drops it{then}."


def _index_is_there(single: Single, node: Node, *, broken_off: bool) -> bool:
    """Whether a run that was broken off finished the index; an invalid one is dropped."""

    def invalid() -> list[tuple[str, bool]]:
        state = _index_state(single, node)
        return [(state[1], state[2])] if state and not state[0] else []

    _drop_all(single, invalid)
    state = _index_state(single, node)
    if state and broken_off:
        single.note(f"{state[1]} was completed by the run before")
    return bool(state and broken_off)


def _drop_all(single: Single, invalid: Callable[[], list[tuple[str, bool]]]) -> None:
    """Drop invalid indexes, once nobody is building them any more."""
    while found := invalid():
        for name, building in found:
            if not building:
                single.note(f"dropping {name}, left invalid")
                single.execute(f"drop index concurrently {name}")
        if any(building for _, building in found):
            time.sleep(_POLL)


def _index_state(single: Single, node: Node) -> tuple[bool, str, bool] | None:
    """Of the index that a statement creates: if it is valid, its name, if it is being built."""
    index = node.index_stmt
    values = {"index": index.idxname, "table": single.resolve(index.relation)}
    rows = single.ask("index_state", values)
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


def _invalid_indexes(single: Single, node: Node) -> list[tuple[str, bool]]:
    """What DROP INDEX or REINDEX CONCURRENTLY left: names, and if they are being built."""
    dropped = node.WhichOneof("node") == "drop_stmt"
    if dropped:
        parts = [part.string.sval for part in node.drop_stmt.objects[0].list.items]
        relation = RangeVar(relname=parts[-1], schemaname=parts[-2] if len(parts) > 1 else "")
    else:
        relation = node.reindex_stmt.relation
    values = {
        "dropped": dropped,
        "relation": single.resolve(relation) if relation.relname else None,
        "scope": _SCOPES.get(node.reindex_stmt.kind),
        "schema": node.reindex_stmt.name,
    }
    return [(name, building) for name, building in single.ask("invalid_indexes", values)]
