"""What a statement says about which object: creates, alters, comments or grants on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from postgast import pg_query_pb2 as tree

from arami_db.files.definitions import names
from arami_db.files.definitions.elements import alteration, elements
from arami_db.files.definitions.targets import PARTS, TargetKey, named, part, word_of

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node


Said = Iterator[
    tuple[TargetKey, int | None]
]  # where, in bytes; None for where the statement begins


def said(statement: Node) -> Said:
    """Everything that a statement says of objects.

    Yields:
        What it speaks of, and where it does.
    """
    which = statement.WhichOneof("node")
    if which in _STATEMENTS:
        yield from _STATEMENTS[which](getattr(statement, which))


def _table(node: Any) -> Said:
    table = names.relation(node.relation)
    yield TargetKey("relation", table), node.relation.location
    yield from _elements(table, node.table_elts)


def _elements(table: str, nodes: Iterable[Node]) -> Said:
    for kind, name, location in elements(table, nodes):
        yield TargetKey(kind, name), location


def _alter_table(node: Any) -> Said:
    table = names.relation(node.relation)
    for wrapped in node.cmds:
        command = wrapped.alter_table_cmd
        definition = getattr(command, "def")
        if command.subtype in {tree.AT_AddColumn, tree.AT_AddConstraint}:
            yield from _elements(table, [definition])
        elif aspect := alteration(command.subtype):
            kind = "column" if command.name else "relation"
            yield (
                TargetKey(kind, part(table, command.name) if command.name else table, aspect),
                None,
            )


def _index(node: Any) -> Said:
    table = node.relation
    yield TargetKey("relation", names.qualified(table.schemaname or "public", node.idxname)), None


def _on_table(kind: str, field: str, table: str = "table") -> Callable[[Any], Said]:
    def handle(node: Any) -> Said:
        yield (
            TargetKey(kind, part(names.relation(getattr(node, table)), getattr(node, field))),
            None,
        )

    return handle


def _relation(*path: str) -> Callable[[Any], Said]:
    def handle(node: Any) -> Said:
        for step in path:
            node = getattr(node, step)
        yield TargetKey("relation", names.relation(node)), None

    return handle


def _plain(kind: str, field: str) -> Callable[[Any], Said]:
    def handle(node: Any) -> Said:
        yield TargetKey(kind, names.quoted(getattr(node, field))), None

    return handle


def _type(field: str) -> Callable[[Any], Said]:
    def handle(node: Any) -> Said:
        yield TargetKey("type", names.qualified(*names.strings(getattr(node, field)))), None

    return handle


def _function(node: Any) -> Said:
    parameters = (parameter.function_parameter for parameter in node.parameters)
    yield TargetKey("function", names.signature(node.funcname, parameters)), None


def _alter_function(node: Any) -> Said:
    yield TargetKey("function", names.called(node.func), "settings"), None


def _comment(node: Any) -> Said:
    for key in named(node.objtype, node.object):
        yield key._replace(aspect="comment"), None


def _rename(node: Any) -> Said:
    if node.HasField("relation") and not node.subname:
        yield TargetKey("relation", names.qualified(node.relation.schemaname, node.newname)), None
    elif node.HasField("relation"):
        kind = PARTS.get(word_of(node.rename_type))
        if kind:
            yield TargetKey(kind, part(names.relation(node.relation), node.newname)), None


def _grant(node: Any) -> Said:
    roles = [role.role_spec.rolename or "public" for role in node.grantees]
    columns = [name for p in node.privileges for name in names.strings(p.access_priv.cols)]
    for wrapped in node.objects:
        for on in _granted_on(node.objtype, wrapped):
            objects = [on, *(f"column {part(on.partition(' ')[2], name)}" for name in columns)]
            for name in objects:
                yield from ((TargetKey("grant", name, names.quoted(role)), None) for role in roles)


def _granted_on(objtype: int, node: Node) -> Iterator[str]:
    if node.HasField("range_var"):
        yield f"relation {names.relation(node.range_var)}"
    else:
        yield from (f"{key.kind} {key.name}" for key in named(objtype, node))


_STATEMENTS: dict[str, Callable[[Any], Said]] = {
    "create_stmt": _table,
    "create_foreign_table_stmt": lambda node: _table(node.base_stmt),
    "create_table_as_stmt": _relation("into", "rel"),
    "view_stmt": _relation("view"),
    "create_seq_stmt": _relation("sequence"),
    "composite_type_stmt": _relation("typevar"),
    "index_stmt": _index,
    "create_trig_stmt": _on_table("trigger", "trigname", "relation"),
    "create_policy_stmt": _on_table("policy", "policy_name"),
    "alter_policy_stmt": _on_table("policy", "policy_name"),
    "rule_stmt": _on_table("rule", "rulename", "relation"),
    "create_function_stmt": _function,
    "alter_function_stmt": _alter_function,
    "create_schema_stmt": _plain("schema", "schemaname"),
    "create_extension_stmt": _plain("extension", "extname"),
    "create_publication_stmt": _plain("publication", "pubname"),
    "create_event_trig_stmt": _plain("event trigger", "trigname"),
    "create_enum_stmt": _type("type_name"),
    "create_domain_stmt": _type("domainname"),
    "alter_table_stmt": _alter_table,
    "comment_stmt": _comment,
    "rename_stmt": _rename,
    "grant_stmt": _grant,
}
