"""Which view or function a statement creates, its dependencies, and how it is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from postgast import pg_query_pb2 as tree
from postgast import to_drop, walk

from arami_db.files.rules import relation_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast.pg_query_pb2 import Node, RangeVar

    from arami_db.files.script import Statement


class Named(NamedTuple):
    """The name of a relation, type or function, without quotes."""

    schema: str
    name: str


def created(statement: Statement) -> Named | None:
    """The view, materialized view or function that a statement creates, if it does."""
    node = statement.node
    match node.WhichOneof("node"):
        case "view_stmt":
            return _relation(node.view_stmt.view)
        case "create_table_as_stmt":
            return _relation(node.create_table_as_stmt.into.rel)
        case "create_function_stmt":
            return _named(node.create_function_stmt.funcname)
        case _:
            return None


def dropping(statement: Statement) -> str:
    """The statement that drops what a statement creates, if it exists."""
    node = statement.node
    if node.HasField("create_function_stmt"):
        kind = "procedure" if node.create_function_stmt.is_procedure else "function"
        return f"drop {kind} if exists {to_drop(statement.text).split(' ', 2)[2]}"
    if is_materialized(statement):
        name = relation_name(node.create_table_as_stmt.into.rel)
        return f"drop materialized view if exists {name}"
    return f"drop view if exists {relation_name(node.view_stmt.view)}"


def is_materialized(statement: Statement) -> bool:
    """Whether it creates a materialized view, which has no OR REPLACE."""
    return bool(statement.node.create_table_as_stmt.objtype == tree.OBJECT_MATVIEW)


def may_be_refused(statement: Statement) -> bool:
    """Whether it is CREATE OR REPLACE of a view or function, which the server may refuse."""
    node = statement.node
    return bool(node.view_stmt.replace or node.create_function_stmt.replace)


def stands_on(statement: Statement) -> set[Named]:
    """The relations, types and functions that the created view or function depends on.

    A body written as a string has no dependencies.
    """
    found = set[Named]()
    for _, node in walk(statement.node):
        if isinstance(node, tree.RangeVar):
            found.add(_relation(node))
        elif isinstance(node, tree.TypeName) and node.names:
            found.add(_named(node.names))
        elif isinstance(node, tree.FuncCall):
            found.add(_named(node.funcname))
    return found


def _relation(node: RangeVar) -> Named:
    return Named(node.schemaname or "public", node.relname)


def _named(parts: Iterable[Node]) -> Named:
    """A name of one or more parts; without a schema it is in public, as in a migration."""
    *schema, name = [part.string.sval for part in parts]
    return Named(schema[-1] if schema else "public", name)
