"""What later statements add to objects, take away from them, rename or move."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from postgast.pg_query_pb2 import (
    DROP_CASCADE,
    OBJECT_AGGREGATE,
    OBJECT_ATTRIBUTE,
    OBJECT_COLUMN,
    OBJECT_DOMAIN,
    OBJECT_EXTENSION,
    OBJECT_FOREIGN_TABLE,
    OBJECT_FUNCTION,
    OBJECT_INDEX,
    OBJECT_MATVIEW,
    OBJECT_POLICY,
    OBJECT_PROCEDURE,
    OBJECT_ROUTINE,
    OBJECT_SCHEMA,
    OBJECT_SEQUENCE,
    OBJECT_TABCONSTRAINT,
    OBJECT_TABLE,
    OBJECT_TRIGGER,
    OBJECT_TYPE,
    OBJECT_VIEW,
    VAR_RESET_ALL,
)

from arami_db.files.objects.alter import alter_sequence, alter_table, family
from arami_db.files.objects.forget import forget
from arami_db.files.objects.model import Argument, Known, Name, Object, same
from arami_db.files.objects.names import argument, mentions, parts, relation
from arami_db.files.objects.rename import rename, rename_schema

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import (
        AlterObjectSchemaStmt,
        AlterOwnerStmt,
        DropOwnedStmt,
        DropStmt,
        Node,
        ObjectWithArgs,
        RenameStmt,
        VariableSetStmt,
    )

_PARTS = {
    OBJECT_COLUMN: "column",
    OBJECT_ATTRIBUTE: "column",
    OBJECT_TABCONSTRAINT: "constraint",
    OBJECT_TRIGGER: "trigger",
    OBJECT_POLICY: "policy",
}
_TYPES = {OBJECT_DOMAIN, OBJECT_TYPE}
_RELATIONS = {
    OBJECT_FOREIGN_TABLE,
    OBJECT_INDEX,
    OBJECT_MATVIEW,
    OBJECT_SEQUENCE,
    OBJECT_TABLE,
    OBJECT_VIEW,
}
_FUNCTIONS = {OBJECT_FUNCTION, OBJECT_PROCEDURE, OBJECT_ROUTINE, OBJECT_AGGREGATE}
# Nothing is made in these through the search_path; the role's own schema is hardly ever there.
_NO_HOME = {"", "$user", "pg_catalog"}
_PLAIN = {OBJECT_SCHEMA: "schema", OBJECT_EXTENSION: "extension"}


def _drop(known: Known, node: DropStmt) -> None:
    for item in node.objects:
        for gone in _named(known, node.remove_type, item):
            forget(known, gone, cascade=node.behavior == DROP_CASCADE)


def _drop_owned(known: Known, node: DropOwnedStmt) -> None:
    for role in node.roles:
        for o in [o for o in known.objects if o.uses("role", (role.role_spec.rolename,))]:
            forget(known, o, cascade=node.behavior == DROP_CASCADE)


def _rename(known: Known, node: RenameStmt) -> None:
    if node.rename_type == OBJECT_SCHEMA:
        rename_schema(known, node.subname, node.newname)
    elif node.rename_type in _PARTS:
        kind = _PARTS[node.rename_type]
        for table in family(known, known.table(relation(node.relation))):
            for o in known.part(kind, table, node.subname):
                rename(known, o, (node.newname,))
    else:
        found = _target(known, node.rename_type, node)
        _move(known, found, lambda name: (*name[:-1], node.newname))


def _set_schema(known: Known, node: AlterObjectSchemaStmt) -> None:
    if node.object_type not in _PLAIN:
        found = _target(known, node.object_type, node)
        _move(known, found, lambda name: (node.newschema, name[-1]))


def _move(known: Known, found: list[Object], moved: Callable[[Name], Name]) -> None:
    for o in found:
        if len(found) == 1:
            rename(known, o, moved(o.name))
        else:
            # Only the server could say which of them it is.
            forget(known, o, cascade=False)


def _set_owner(known: Known, node: AlterOwnerStmt) -> None:
    for o in _named(known, node.object_type, node.object):
        o.mentions |= mentions(node.newowner)


def _set_path(known: Known, node: VariableSetStmt) -> None:
    if node.name == "search_path" or node.kind == VAR_RESET_ALL:
        names = (item.a_const.sval.sval for item in node.args)
        known.path = tuple(name for name in names if name not in _NO_HOME)


def _target(known: Known, kind: int, node: RenameStmt | AlterObjectSchemaStmt) -> list[Object]:
    """What a statement renames or moves: named as a relation, or else as an object."""
    if not node.HasField("relation"):
        return _named(known, kind, node.object)
    name = relation(node.relation)
    found = known.find(name) if kind in _RELATIONS else []
    if found or kind != OBJECT_INDEX:
        return found
    # An index may be known by its constraint only.
    constraints = [o for o in known.objects if o.kind == "constraint"]
    return [o for o in constraints if same((*o.inside[:-1], *o.name), name)]


def _named(known: Known, kind: int, item: Node) -> list[Object]:
    """What a statement names by a bare node."""
    if kind in _FUNCTIONS:
        return _functions(known, kind, item.object_with_args)
    if kind in _PLAIN:
        # What is in a schema goes with it, wherever the schema itself came from.
        name = (item.string.sval,)
        found = [o for o in known.objects if o.kind == _PLAIN[kind] and o.name == name]
        return found or [Object(_PLAIN[kind], name)]
    if kind in _PARTS:
        *table, part = (node.string.sval for node in item.list.items)
        return known.part(_PARTS[kind], known.table(tuple(table[-2:])), part)
    if kind not in _RELATIONS | _TYPES:
        return []
    found = known.find(parts(item.list.items) or parts(item.type_name.names))
    return [o for o in found if (o.kind == "type") == (kind in _TYPES)]


def _functions(known: Known, kind: int, node: ObjectWithArgs) -> list[Object]:
    named = known.find(parts(node.objname), relations=False)
    if node.args_unspecified:
        return named
    wanted = [argument(item.type_name) for item in node.objargs]
    found = [o for o in named if _takes(o, wanted)]
    # A procedure may be named with its output parameters too, which are not known.
    alone = len(named) == 1 and kind in {OBJECT_PROCEDURE, OBJECT_ROUTINE}
    return named if alone else found


def _takes(function: Object, wanted: list[Argument]) -> bool:
    return len(function.arguments) == len(wanted) and all(
        one.is_array == other.is_array and same(one.name, other.name)
        for one, other in zip(function.arguments, wanted, strict=True)
    )


CHANGES: dict[str, Callable[[Known, Any], None]] = {
    "alter_table_stmt": alter_table,
    "alter_seq_stmt": alter_sequence,
    "alter_object_schema_stmt": _set_schema,
    "alter_owner_stmt": _set_owner,
    "drop_stmt": _drop,
    "drop_owned_stmt": _drop_owned,
    "rename_stmt": _rename,
    "variable_set_stmt": _set_path,
}
