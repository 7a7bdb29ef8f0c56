"""Where statements define columns and constraints of tables, and the objects these imply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from postgast import pg_query_pb2 as tree

from arami_db.files.definitions.names import quoted, relation_of, strings

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint, Node

Element = tuple[str, str, int]  # its kind, its name, and where in bytes

_SUFFIXES = {
    tree.CONSTR_PRIMARY: "pkey",
    tree.CONSTR_UNIQUE: "key",
    tree.CONSTR_CHECK: "check",
    tree.CONSTR_FOREIGN: "fkey",
    tree.CONSTR_EXCLUSION: "excl",
    tree.CONSTR_NOTNULL: "not_null",
}
_WITH_INDEX = {tree.CONSTR_PRIMARY, tree.CONSTR_UNIQUE, tree.CONSTR_EXCLUSION}
_SERIAL = {"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"}
# The properties that ALTER TABLE commands change.
_ALTERATIONS = {
    tree.AT_ColumnDefault: "default",
    tree.AT_SetNotNull: "not null",
    tree.AT_DropNotNull: "not null",
    tree.AT_AlterColumnType: "type",
    tree.AT_SetStatistics: "statistics",
    tree.AT_SetStorage: "storage",
    tree.AT_SetCompression: "compression",
    tree.AT_AddIdentity: "identity",
    tree.AT_ChangeOwner: "owner",
    tree.AT_SetRelOptions: "options",
    tree.AT_ReplicaIdentity: "replica identity",
    tree.AT_EnableRowSecurity: "row level security",
    tree.AT_DisableRowSecurity: "row level security",
    tree.AT_ForceRowSecurity: "force row level security",
    tree.AT_NoForceRowSecurity: "force row level security",
}


def alteration(subtype: int) -> str | None:
    """The property that an ALTER TABLE command changes; None if it is not in the facts."""
    return _ALTERATIONS.get(subtype)


def elements(table: str, nodes: Iterable[Node]) -> Iterator[Element]:
    """The columns and constraints among the elements of a table, and their indexes and sequences.

    Args:
        table: its name, qualified and quoted.
        nodes: the elements in the parentheses of CREATE TABLE, or after ADD.
    """
    for node in nodes:
        if node.HasField("column_def"):
            column = node.column_def
            yield "column", f"{table}.{quoted(column.colname)}", column.location
            if strings(column.type_name.names)[-1:] and (
                strings(column.type_name.names)[-1] in _SERIAL
            ):
                yield _sequence(table, column.colname, column.location)
            for wrapped in column.constraints:
                yield from _constraint(table, wrapped.constraint, [column.colname])
        elif node.HasField("constraint"):
            keys = [*node.constraint.keys, *node.constraint.fk_attrs]
            yield from _constraint(table, node.constraint, strings(keys))


def _constraint(table: str, node: Constraint, columns: list[str]) -> Iterator[Element]:
    if node.contype == tree.CONSTR_IDENTITY:
        yield _sequence(table, columns[0], node.location)
    suffix = _SUFFIXES.get(node.contype)
    if suffix is None:
        return
    schema, name = relation_of(table)
    # As Postgres names it, unless that is too long or taken.
    named = [] if node.contype == tree.CONSTR_PRIMARY else columns
    made = quoted(node.conname or "_".join([name, *named, suffix]))
    yield "constraint", f"{table}.{made}", node.location
    if node.contype in _WITH_INDEX:
        yield "relation", f"{schema}.{made}", node.location


def _sequence(table: str, column: str, location: int) -> Element:
    schema, name = relation_of(table)
    return "relation", f"{schema}.{quoted(f'{name}_{column}_seq')}", location
