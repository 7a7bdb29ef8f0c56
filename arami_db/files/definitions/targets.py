"""Which objects a statement names, and which it drops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from postgast import pg_query_pb2 as tree

from arami_db.files.definitions import names

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node, RenameStmt

_RELATIONS = {"TABLE", "VIEW", "MATVIEW", "FOREIGN_TABLE", "SEQUENCE", "INDEX"}
_ROUTINES = {"FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"}
PARTS = {"COLUMN": "column", "TABCONSTRAINT": "constraint", "POLICY": "policy"}
PARTS |= {"TRIGGER": "trigger", "RULE": "rule"}
_TYPES = {"TYPE", "DOMAIN"}
_DROPS = {tree.AT_DropColumn: "column", tree.AT_DropConstraint: "constraint"}


class TargetKey(NamedTuple):
    """What a place is the place of.

    Attributes:
        kind: "relation", "function", "column", "policy" and so on; "grant" for a right.
        name: as the facts name it; of a right, behind the kind of what it is on.
        aspect: empty for the object as a whole, else what of it: "comment", or whose right.
    """

    kind: str
    name: str
    aspect: str = ""


def dropped(statement: Node) -> Iterator[TargetKey]:
    """The objects a statement drops, or that go by another name after it."""
    which = statement.WhichOneof("node")
    if which == "drop_stmt":
        for node in statement.drop_stmt.objects:
            yield from named(statement.drop_stmt.remove_type, node)
    elif which == "rename_stmt" and statement.rename_stmt.HasField("relation"):
        yield from _renamed(statement.rename_stmt)
    elif which == "alter_table_stmt":
        table = names.relation(statement.alter_table_stmt.relation)
        commands = (node.alter_table_cmd for node in statement.alter_table_stmt.cmds)
        yield from (
            TargetKey(_DROPS[command.subtype], part(table, command.name))
            for command in commands
            if command.subtype in _DROPS
        )


def _renamed(node: RenameStmt) -> Iterator[TargetKey]:
    table, kind = names.relation(node.relation), PARTS.get(word_of(node.rename_type))
    if kind:
        yield TargetKey(kind, part(table, node.subname))
    elif not node.subname:
        yield TargetKey("relation", table)


def word_of(objtype: int) -> str:
    """The type of an object as a statement says it, such as TABLE."""
    return str(tree.ObjectType.Name(objtype)).removeprefix("OBJECT_")


def named(objtype: int, node: Node) -> Iterator[TargetKey]:
    """The object that a statement names, by the type it says the object is of."""
    word = word_of(objtype)
    if node.HasField("object_with_args"):
        if word in _ROUTINES:
            yield TargetKey("function", names.called(node.object_with_args))
    elif node.HasField("string"):
        yield TargetKey(word.lower().replace("_", " "), names.quoted(node.string.sval))
    elif node.HasField("type_name"):
        yield TargetKey("type", names.type_name(node.type_name))
    elif node.HasField("list"):
        parts = [item.string.sval for item in node.list.items if item.HasField("string")]
        if word in _RELATIONS | _TYPES:
            yield TargetKey("type" if word in _TYPES else "relation", names.qualified(*parts))
        elif word in PARTS and len(parts) > 1:
            yield TargetKey(PARTS[word], part(names.qualified(*parts[:-1]), parts[-1]))


def part(table: str, name: str) -> str:
    """The name of a column, constraint, policy and the like of a table."""
    return f"{table}.{names.quoted(name)}"
