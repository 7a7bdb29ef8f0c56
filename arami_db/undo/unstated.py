"""What the statements of a migration did that no fact states, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as tree
from postgast import walk

from arami_db.drift.remedies.around import Object
from arami_db.escape import visible
from arami_db.files.definitions import names

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from arami_db.files.script import Script, Statement

_WRITES = {
    "InsertStmt": "rows it inserted stay",
    "UpdateStmt": "what it overwrote stays overwritten",
    "DeleteStmt": "rows it deleted stay deleted",
    "MergeStmt": "rows it changed stay changed",
    "TruncateStmt": "rows it removed stay removed",
    "CopyStmt": "rows it copied stay",
}
_WRITTEN_LATER = {"rule_stmt", "create_function_stmt", "prepare_stmt"}
_UNSEEN = {
    "do_stmt": "a block",
    "call_stmt": "a procedure",
    "select_stmt": "a query",
}
_MAY = "may have changed rows; if so, they stay changed"
_BEYOND = {  # what no fact states
    *("create_role_stmt", "alter_role_stmt", "drop_role_stmt", "alter_role_set_stmt"),
    *("grant_role_stmt", "alter_database_stmt", "alter_database_set_stmt", "alter_system_stmt"),
    *("create_fdw_stmt", "alter_fdw_stmt", "alter_user_mapping_stmt"),
    *("create_subscription_stmt", "alter_subscription_stmt"),
    *("drop_subscription_stmt", "create_plang_stmt", "create_am_stmt", "create_table_space_stmt"),
    *("import_foreign_schema_stmt", "create_conversion_stmt", "create_transform_stmt"),
    *("alter_tsconfiguration_stmt", "alter_tsdictionary_stmt", "reassign_owned_stmt"),
    *("drop_owned_stmt", "alter_operator_stmt", "alter_op_family_stmt", "alter_type_stmt"),
    *("alter_extension_stmt", "alter_foreign_server_stmt"),
}
# Any change of these.
_UNSTATED = {
    *(tree.OBJECT_ROLE, tree.OBJECT_DATABASE, tree.OBJECT_TABLESPACE, tree.OBJECT_LANGUAGE),
    *(tree.OBJECT_FDW, tree.OBJECT_ACCESS_METHOD, tree.OBJECT_TRANSFORM, tree.OBJECT_LARGEOBJECT),
    *(tree.OBJECT_PARAMETER_ACL, tree.OBJECT_SUBSCRIPTION),
}
_OF_SERVERS = {"grant_stmt", "comment_stmt", "alter_owner_stmt"}  # facts state the others
_TYPES = ("objtype", "object_type", "remove_type", "rename_type")


def unstated(script: Script) -> Iterator[str]:
    """What a migration did to rows, and to objects without facts.

    Args:
        script: the migration.
    """
    for statement in script.statements:
        which = statement.node.WhichOneof("node") or ""
        place = f"{script.file.label}:{script.file.place(statement.offset)[0]}"
        if writes := [] if which in _WRITTEN_LATER else _writes(statement.node):
            yield from (f"{place}: {what}." for what in writes)
        elif which in _UNSEEN and "set_config" not in statement.text:
            yield f"{place}: {_UNSEEN[which]}: {_MAY}."
        elif _restarts(statement.node):
            yield f"{place}: the sequence continues from its current value."
        elif which in _BEYOND or _is_of_unstated(statement.node, which):
            yield f"{place}: {_start(statement)}: this file does not revert it."


def replaced(script: Script, there: set[Object]) -> Iterator[str]:
    """What a migration dropped and created again with the same name.

    Args:
        script: the migration.
        there: the objects that exist both before it and after it.
    """
    for node in (statement.node for statement in script.statements):
        for item in _dropped(node):
            if item in there:
                what = "values" if item[0] == "column" else "rows"
                yield (
                    f"{' '.join(item)} was dropped and created again: its old {what} do not"
                    " come back."
                )


def _dropped(node: Node) -> Iterator[Object]:
    alter = node.alter_table_stmt
    for command in (one.alter_table_cmd for one in alter.cmds):
        if command.subtype == tree.AT_DropColumn:
            yield "column", f"{names.relation(alter.relation)}.{names.quoted(command.name)}"
    if node.drop_stmt.remove_type == tree.OBJECT_TABLE:
        for one in node.drop_stmt.objects:
            yield "table", names.qualified(*names.strings(one.list.items))


def _writes(node: Node) -> list[str]:
    """What changes rows in a statement, in WITH too."""
    found = dict.fromkeys(type(inner).__name__ for _, inner in walk(node))
    return [_WRITES[name] for name in found if name in _WRITES]


def _restarts(node: Node) -> bool:
    which = node.WhichOneof("node")
    return which in {"alter_seq_stmt", "alter_table_stmt"} and any(
        isinstance(inner, tree.DefElem) and inner.defname == "restart" for _, inner in walk(node)
    )


def _is_of_unstated(node: Node, which: str) -> bool:
    """Whether a statement is about an object of a kind without facts."""
    inner = getattr(node, which)
    fields = {field.name for field in inner.DESCRIPTOR.fields}
    found = {getattr(inner, name) for name in _TYPES if name in fields}
    is_server = tree.OBJECT_FOREIGN_SERVER in found and which in _OF_SERVERS
    return is_server or bool(found & _UNSTATED)


def _start(statement: Statement) -> str:
    return visible(" ".join(statement.text.split()[:3]))
