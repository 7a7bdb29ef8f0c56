"""The safer way for a statement, if there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import psycopg
from postgast import PgQueryError
from postgast.pg_query_pb2 import OBJECT_INDEX, REINDEX_OBJECT_INDEX, REINDEX_OBJECT_TABLE, Node

from arami_db.files.definitions.names import quoted
from arami_db.files.effects import Effect
from arami_db.files.rules import relation_name
from arami_db.plan.safer.altering import alter
from arami_db.plan.safer.catalog import NoWayError, expression, find, written
from arami_db.plan.safer.partitions import create, index
from arami_db.plan.safer.writing import batches, script
from arami_db.rows.savepoints import undone

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files.script import Statement
    from arami_db.plan.model import Observed

_LONG = {Effect.REWRITE, Effect.LONG_READ_WRITE_BLOCK, Effect.LONG_WRITE_BLOCK}
_OWN_FILE = "In a file of its own: what the file locked before stays locked until its end."
_NEWEST_INDEX = """
    select c.relname from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
    where i.indrelid = %s order by c.oid desc limit 1
"""
_REFRESHED_BY = """
    select c.relname from pg_catalog.pg_index as i
    inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
    where i.indrelid = %s and i.indisunique and i.indpred is null and 0 <> all(i.indkey)
    limit 1
"""


def safer(
    statement: Statement, observed: Observed, sessions: tuple[Connection, Connection]
) -> str | None:
    """SQL with the same result, each statement in its own transaction.

    Args:
        statement: the statement of the file.
        observed: its effects.
        sessions: one in the transaction that ran the statement, and one that sees the state
            before its file.

    Returns:
        The script; None if there is no safer way, or none is needed.
    """
    kind = statement.node.WhichOneof("node") or ""
    is_long = observed.effect in _LONG
    if not is_long and not _drops_index(statement.node):
        return None
    try:
        with undone(sessions[0], "arami_safer"):
            way = _WAYS.get(kind)
            made = way(statement, sessions) if way else []
    except (NoWayError, PgQueryError, psycopg.Error):
        return None
    path = [one.execute("show search_path").fetchone() for one in sessions]
    if made and path[0] and path[0] != path[1]:
        made = [f"set search_path = {path[0][0]}", *made]
    # Its own locks are short; earlier statements of the file hold theirs until its end.
    blocked = {*observed.blocks_reads, *observed.blocks_writes}
    by_itself = blocked - observed.takes - set(observed.changed)
    if not made and by_itself and not observed.rewritten:
        made = [statement.text]
    return script(made, why=_OWN_FILE if by_itself else None) if made else None


def _alter(statement: Statement, sessions: tuple[Connection, Connection]) -> list[str]:
    node = statement.node.alter_table_stmt
    return alter(node, find(statement, node.relation, node.objtype, sessions))


def _create(statement: Statement, sessions: tuple[Connection, Connection]) -> list[str]:
    node = statement.node.create_stmt
    if len(node.inh_relations) != 1:
        return []
    parent = node.inh_relations[0].range_var
    return create(node, find(statement, parent, 0, sessions))


def _index(statement: Statement, sessions: tuple[Connection, Connection]) -> list[str]:
    table = find(statement, statement.node.index_stmt.relation, 0, sessions)
    node = Node()
    node.CopyFrom(statement.node)
    name = node.index_stmt.idxname or table.one(_NEWEST_INDEX, table.oid) or ""
    if table.kind == "p":
        return index(table, name)
    node.index_stmt.concurrent, node.index_stmt.idxname = True, name
    return [written(node)]


def _drop(statement: Statement, _: tuple[Connection, Connection]) -> list[str]:
    made = []
    for one in statement.node.drop_stmt.objects:
        node = Node()
        node.CopyFrom(statement.node)
        del node.drop_stmt.objects[:]
        node.drop_stmt.objects.add().CopyFrom(one)
        node.drop_stmt.concurrent = True
        made.append(written(node))
    return made


def _drops_index(node: Node) -> bool:
    return node.drop_stmt.remove_type == OBJECT_INDEX and not node.drop_stmt.concurrent


def _reindex(statement: Statement, _: tuple[Connection, Connection]) -> list[str]:
    node = statement.node.reindex_stmt
    words = {REINDEX_OBJECT_INDEX: "index", REINDEX_OBJECT_TABLE: "table"}
    if node.kind not in words:
        raise NoWayError
    return [f"reindex {words[node.kind]} concurrently {relation_name(node.relation)}"]


def _refresh(statement: Statement, sessions: tuple[Connection, Connection]) -> list[str]:
    node = statement.node.refresh_mat_view_stmt
    view = find(statement, node.relation, 0, sessions)
    if node.skip_data or not view.one(_REFRESHED_BY, view.oid):
        raise NoWayError
    return [f"refresh materialized view concurrently {view.name}"]


def _update(statement: Statement, sessions: tuple[Connection, Connection]) -> list[str]:
    """By primary key, ten thousand rows a transaction."""
    node = Node()
    node.CopyFrom(statement.node)
    update = node.update_stmt
    table = find(statement, update.relation, 0, sessions)
    sets = {quoted(target.res_target.name) for target in update.target_list}
    others = ("with_clause", "returning_clause")
    if any(map(update.HasField, others)) or not table.key or sets & set(table.key):
        raise NoWayError
    name = update.relation.alias.aliasname or (
        update.relation.relname if update.from_clause else ""
    )
    condition = expression(update.where_clause) if update.HasField("where_clause") else None
    update.ClearField("where_clause")
    assigned = written(node).partition(" SET ")[2]
    return [batches(table.name, table.key, assigned, condition, quoted(name) if name else None)]


_WAYS: dict[str, Callable[[Statement, tuple[Connection, Connection]], list[str]]] = {
    "alter_table_stmt": _alter,
    "create_stmt": _create,
    "index_stmt": _index,
    "drop_stmt": _drop,
    "reindex_stmt": _reindex,
    "refresh_mat_view_stmt": _refresh,
    "update_stmt": _update,
}
