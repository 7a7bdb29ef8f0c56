"""Names as parse trees hold them: of a statement's object, and all that a definition mentions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from arami_db.files.objects.model import TEMPORARY, Argument, Name

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node, RangeVar, TypeName


def relation(node: RangeVar) -> Name:
    """The name of a table or other relation."""
    schema = TEMPORARY if node.relpersistence == "t" else node.schemaname
    return (schema, node.relname) if schema else (node.relname,)


def parts(nodes: Iterable[Node]) -> Name:
    """A name written as a list, without the database before the schema."""
    return tuple(node.string.sval for node in nodes)[-2:]


def argument(node: TypeName) -> Argument:
    """The type of a parameter."""
    return Argument(parts(node.names), is_array=bool(node.array_bounds))


def mentions(*messages: Any) -> frozenset[tuple[str, Name]]:
    """Every name in parse trees, each with what it is a name of."""
    found: set[tuple[str, Name]] = set()
    rest = list(messages)
    while rest:
        message = rest.pop()
        named = _MENTIONS.get(message.DESCRIPTOR.name)
        if named is not None:
            found.update(mention for mention in named(message) if mention[1])
        for field, value in message.ListFields():
            if field.message_type is not None:
                rest += [value] if hasattr(value, "ListFields") else value
    return frozenset(found)


def columns(nodes: Iterable[Node]) -> list[tuple[str, Name]]:
    """Mentions of columns in a plain list of them."""
    return [("column", (node.string.sval,)) for node in nodes]


_MENTIONS: dict[str, Callable[[Any], list[tuple[str, Name]]]] = {
    "RangeVar": lambda m: [("relation", relation(m))],
    "TypeName": lambda m: [("type", parts(m.names))],
    "FuncCall": lambda m: [("function", parts(m.funcname))],
    "ColumnRef": lambda m: columns(node for node in m.fields[-1:] if node.HasField("string")),
    "IndexElem": lambda m: [("column", (m.name,))] if m.name else [],
    "Constraint": lambda m: columns([*m.keys, *m.including, *m.fk_attrs]),
    "CreateTrigStmt": lambda m: [("function", parts(m.funcname)), *columns(m.columns)],
    "RoleSpec": lambda m: [("role", (m.rolename,))] if m.rolename else [],
}
