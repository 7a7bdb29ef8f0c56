"""Restore the names that a migration changed, by inverting its own statements.

Facts distinguish a renamed table from a new one only if little else changed; the statement always
tells, and an object whose name is restored keeps its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from postgast import deparse, scan
from postgast.pg_query_pb2 import Node, ParseResult

from arami_db.files.definitions.names import relation

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterObjectSchemaStmt, RangeVar, RenameStmt

    from arami_db.files.script import Script

_RENAMED, _MOVED, _LABELS = "rename_stmt", "alter_object_schema_stmt", "alter_enum_stmt"
# What may be created under a name that a rename has freed.
_MADE = {"create_stmt": "table", "create_table_as_stmt": "table", "view_stmt": "view"}


def names_back(script: Script) -> list[str]:
    """Statements that restore all names and schemas from before a migration.

    They first drop what the migration created under a freed name.

    Args:
        script: the migration.

    Returns:
        Statements, the last change first; some may fail, where more than the name changed.
    """
    nodes = [statement.node for statement in script.statements]
    free = {relation(node.rename_stmt.relation) for node in nodes if _is_of_relation(node)}
    return [sql for node in reversed(nodes) for sql in _back(node, free)]


def _is_of_relation(node: Node) -> bool:
    return node.HasField(_RENAMED) and not node.rename_stmt.subname


def _back(node: Node, free: set[str]) -> Iterator[str]:
    which = node.WhichOneof("node") or ""
    turned = Node()
    turned.CopyFrom(node)
    if which == _RENAMED:
        _rename(turned.rename_stmt)
    elif which == _MOVED:
        _move(turned.alter_object_schema_stmt)
    elif which == _LABELS and node.alter_enum_stmt.old_val:
        enum = turned.alter_enum_stmt
        enum.old_val, enum.new_val = enum.new_val, enum.old_val
    else:
        if which in _MADE and (name := relation(_made(node))) in free:
            yield f"drop {_MADE[which]} {name};"
        return
    yield f"{_written(turned)};"


def _made(node: Node) -> RangeVar:
    if node.HasField("create_table_as_stmt"):
        return node.create_table_as_stmt.into.rel
    return node.view_stmt.view if node.HasField("view_stmt") else node.create_stmt.relation


def _rename(node: RenameStmt) -> None:
    if node.subname:
        node.subname, node.newname = node.newname, node.subname
    elif node.HasField("relation"):
        node.relation.relname, node.newname = node.newname, node.relation.relname
    else:
        last = _names(node.object)[-1].string
        last.sval, node.newname = node.newname, last.sval


def _move(node: AlterObjectSchemaStmt) -> None:
    if node.HasField("relation"):
        was = node.relation.schemaname or "public"
        node.relation.schemaname, node.newschema = node.newschema, was
        return
    names = _names(node.object)
    if len(names) > 1:  # without a schema, its former schema is unknown
        names[-2].string.sval, node.newschema = node.newschema, names[-2].string.sval


def _names(node: Node) -> Sequence[Node]:
    """The parts of a name, the last one its own."""
    if node.HasField("list"):
        return list(node.list.items)
    return list(node.object_with_args.objname) or [node]


def _written(node: Node) -> str:
    """The statement, with its keywords in lower case."""
    result = ParseResult()
    result.stmts.add().stmt.CopyFrom(node)
    text = deparse(result).encode()
    for token in scan(text.decode()).tokens:
        if token.keyword_kind:
            text = text[: token.start] + text[token.start : token.end].lower() + text[token.end :]
    return text.decode()
