"""Constraints that are added without checking existing rows, and validated afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    CONSTR_CHECK,
    CONSTR_FOREIGN,
    CONSTR_PRIMARY,
    CONSTR_UNIQUE,
    AT_AddConstraint,
    Node,
)

from arami_db.files.definitions.names import quoted
from arami_db.plan.safer.catalog import NoWayError, TableFacts, written
from arami_db.plan.safer.writing import not_null

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Constraint

LETTERS = {CONSTR_CHECK: "c", CONSTR_FOREIGN: "f", CONSTR_UNIQUE: "u", CONSTR_PRIMARY: "p"}
_NOT_VALID_EVERYWHERE = (
    180000  # before Postgres 18, a foreign key of a partitioned table cannot be NOT VALID
)
_INDEX = """
    select pg_catalog.pg_get_indexdef(k.conindid) from pg_catalog.pg_constraint as k
    where k.conrelid = %s and k.conname = %s
"""
_COLUMNS = """
    select a.attname from pg_catalog.pg_constraint as k
    inner join pg_catalog.pg_attribute as a on k.conrelid = a.attrelid and a.attnum = any(k.conkey)
    where k.conrelid = %s and k.conname = %s
"""


def add(constraint: Constraint, table: TableFacts) -> Iterator[str]:
    """The statements that add a constraint.

    Args:
        constraint: the constraint; without a name, it gets the one that the server gave it.
        table: the table that gets it.

    Raises:
        NoWayError: it can only be added in one statement.
    """
    if (letter := LETTERS.get(constraint.contype)) is None:
        raise NoWayError  # EXCLUDE
    name = table.name_of(letter, constraint.conname or constraint.indexname)
    if constraint.contype in {CONSTR_UNIQUE, CONSTR_PRIMARY}:
        yield from _unique(constraint, table, name)
        return
    if constraint.skip_validation:
        return
    recent = table.work.info.server_version >= _NOT_VALID_EVERYWHERE
    if constraint.contype == CONSTR_FOREIGN and table.kind == "p" and not recent:
        raise NoWayError
    yield _not_valid(constraint, table, name)
    yield f"alter table {table.name} validate constraint {quoted(name)}"


def _not_valid(constraint: Constraint, table: TableFacts, name: str) -> str:
    node = Node()
    node.alter_table_stmt.relation.CopyFrom(table.relation)
    node.alter_table_stmt.objtype = table.object_type
    command = node.alter_table_stmt.cmds.add().alter_table_cmd
    command.subtype = AT_AddConstraint
    made = getattr(command, "def").constraint
    made.CopyFrom(constraint)
    made.conname, made.skip_validation, made.initially_valid = name, True, False
    return written(node)


def _unique(constraint: Constraint, table: TableFacts, name: str) -> Iterator[str]:
    """UNIQUE or PRIMARY KEY: exclude nulls first, then build the index concurrently."""
    if table.kind == "p":
        raise NoWayError
    nullable: list[str] = []
    if constraint.contype == CONSTR_PRIMARY:
        columns = table.work.execute(_COLUMNS, [table.oid, name]).fetchall()
        nullable = table.nullable([str(column) for (column,) in columns])
    if constraint.indexname and not nullable:
        return
    if not constraint.indexname:
        made = table.one(_INDEX, table.oid, name) or ""
        yield made.replace("CREATE UNIQUE INDEX", "create unique index concurrently", 1)
    for column in nullable:
        yield from not_null(table.name, column)
    kind = "primary key" if constraint.contype == CONSTR_PRIMARY else "unique"
    later = " deferrable" if constraint.deferrable else ""
    later += " initially deferred" if constraint.initdeferred else ""
    index = quoted(constraint.indexname or name)
    constraint_name = f"add constraint {quoted(name)} {kind} using index {index}{later}"
    yield f"alter table {table.name} {constraint_name}"
