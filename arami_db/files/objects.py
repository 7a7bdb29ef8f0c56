"""What a sequence of scripts leaves behind: the objects a hand-made database must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from postgast import to_drop
from postgast.pg_query_pb2 import (
    OBJECT_COLUMN,
    OBJECT_FUNCTION,
    OBJECT_POLICY,
    OBJECT_TABCONSTRAINT,
    OBJECT_TRIGGER,
    AT_AddColumn,
    AT_AddConstraint,
    AT_DropColumn,
    AT_DropConstraint,
    AT_EnableRowSecurity,
)

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableStmt, CreateStmt, DropStmt, Node, RangeVar

    from arami_db.files.script import Script, Statement


class Object(NamedTuple):
    """An object by kind, the quoted name of its table (or ""), and its own name.

    The name is quoted and qualified where it stands for itself (tables, functions, types), plain
    where it stands inside a table (columns, constraints, triggers, policies).
    """

    kind: str
    table: str
    name: str


def objects_of(scripts: Iterable[Script]) -> list[Object]:
    """The objects that exist once the scripts have run, in the order they were made.

    Objects made inside DO blocks are not seen. What is renamed or moved is no longer expected.
    """
    found: dict[Object, None] = {}
    for script in scripts:
        for statement in script.statements:
            kind = statement.node.WhichOneof("node") or ""
            if kind == "alter_table_stmt":
                _alter(found, statement.node.alter_table_stmt)
            elif kind == "drop_stmt":
                _drop(found, statement.node.drop_stmt)
            elif kind in {"rename_stmt", "alter_object_schema_stmt"}:
                _forget(found, _relation(getattr(statement.node, kind).relation))
            elif kind in _CREATORS:
                found.update(dict.fromkeys(_CREATORS[kind](statement)))
    return list(found)


def _relation(relation: RangeVar) -> str:
    return _quoted(part for part in (relation.schemaname, relation.relname) if part)


def _quoted(parts: Iterable[str]) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _names(nodes: Iterable[Node]) -> str:
    return _quoted(node.string.sval for node in nodes)


def _table(node: CreateStmt) -> list[Object]:
    table = _relation(node.relation)
    found = [Object("table", "", table)]
    for element in node.table_elts:
        if element.HasField("column_def"):
            found.append(Object("column", table, element.column_def.colname))
        constraints = [element, *element.column_def.constraints]
        names = [node.constraint.conname for node in constraints if node.constraint.conname]
        found += [Object("constraint", table, name) for name in names]
    return found


def _function(statement: Statement) -> list[Object]:
    signature = to_drop(statement.text).split(" ", 2)[2]
    return [Object("function", "", signature)]


def _index(statement: Statement) -> list[Object]:
    node = statement.node.index_stmt
    schema = [node.relation.schemaname] if node.relation.schemaname else []
    return [Object("index", "", _quoted([*schema, node.idxname]))] if node.idxname else []


_CREATORS: dict[str, Callable[[Statement], list[Object]]] = {
    "create_stmt": lambda s: _table(s.node.create_stmt),
    "create_function_stmt": _function,
    "index_stmt": _index,
    "view_stmt": lambda s: [Object("view", "", _relation(s.node.view_stmt.view))],
    "create_table_as_stmt": lambda s: [
        Object("table", "", _relation(s.node.create_table_as_stmt.into.rel))
    ],
    "create_seq_stmt": lambda s: [
        Object("sequence", "", _relation(s.node.create_seq_stmt.sequence))
    ],
    "create_schema_stmt": lambda s: [
        Object("schema", "", _quoted([s.node.create_schema_stmt.schemaname]))
    ],
    "create_enum_stmt": lambda s: [Object("type", "", _names(s.node.create_enum_stmt.type_name))],
    "create_domain_stmt": lambda s: [
        Object("type", "", _names(s.node.create_domain_stmt.domainname))
    ],
    "composite_type_stmt": lambda s: [
        Object("type", "", _relation(s.node.composite_type_stmt.typevar))
    ],
    "create_extension_stmt": lambda s: [
        Object("extension", "", s.node.create_extension_stmt.extname)
    ],
    "create_trig_stmt": lambda s: [
        Object(
            "trigger", _relation(s.node.create_trig_stmt.relation), s.node.create_trig_stmt.trigname
        )
    ],
    "create_policy_stmt": lambda s: [
        Object(
            "policy",
            _relation(s.node.create_policy_stmt.table),
            s.node.create_policy_stmt.policy_name,
        )
    ],
}


def _alter(found: dict[Object, None], node: AlterTableStmt) -> None:
    table = _relation(node.relation)
    for item in node.cmds:
        command = item.alter_table_cmd
        definition = getattr(command, "def")
        match command.subtype:
            case kind if kind == AT_AddColumn:
                found[Object("column", table, definition.column_def.colname)] = None
            case kind if kind == AT_AddConstraint and definition.constraint.conname:
                found[Object("constraint", table, definition.constraint.conname)] = None
            case kind if kind == AT_EnableRowSecurity:
                found[Object("row level security", table, "enabled")] = None
            case kind if kind == AT_DropColumn:
                found.pop(Object("column", table, command.name), None)
            case kind if kind == AT_DropConstraint:
                found.pop(Object("constraint", table, command.name), None)


def _drop(found: dict[Object, None], node: DropStmt) -> None:
    for item in node.objects:
        if node.remove_type in {OBJECT_TRIGGER, OBJECT_POLICY, OBJECT_TABCONSTRAINT, OBJECT_COLUMN}:
            *table, name = (part.string.sval for part in item.list.items)
            for kind in ("trigger", "policy"):
                found.pop(Object(kind, _quoted(table), name), None)
        elif node.remove_type == OBJECT_FUNCTION:
            name = _names(item.object_with_args.objname)
            for known in [o for o in found if o.kind == "function"]:
                if known.name.split("(")[0].replace('"', "") == name.replace('"', ""):
                    del found[known]
        else:
            name = _names(item.list.items) or _names(item.type_name.names)
            _forget(found, name or _quoted([item.string.sval]))


def _forget(found: dict[Object, None], name: str) -> None:
    """Expect neither the object nor anything inside it."""
    for known in [o for o in found if name in {o.name, o.table}]:
        del found[known]
