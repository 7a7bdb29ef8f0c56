"""ALTER TABLE, command by command: those that scan or rewrite the table are replaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    AlterTableStmt,
    AT_AddColumn,
    AT_AddConstraint,
    AT_AlterColumnType,
    AT_AttachPartition,
    AT_SetNotNull,
    Node,
)

from arami_db.plan.safer.catalog import TableFacts, written
from arami_db.plan.safer.columns import add_column, alter_type
from arami_db.plan.safer.constraints import add
from arami_db.plan.safer.partitions import attach
from arami_db.plan.safer.writing import not_null

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import AlterTableCmd


def alter(statement: AlterTableStmt, table: TableFacts) -> list[str]:
    """Statements with the same result.

    Args:
        statement: ALTER TABLE.
        table: the altered table.

    Returns:
        None of them blocks other sessions for long; empty if the statement is safe as it is.

    Raises:
        NoWayError: there is no safer way for one of its commands.
    """
    made: list[str] = []
    for command in statement.cmds:
        way = _WAYS.get(command.alter_table_cmd.subtype)
        other = list(way(command.alter_table_cmd, table)) if way else []
        made += other or [_alone(statement, command)]
    plain = [_alone(statement, command) for command in statement.cmds]
    return [] if made == plain else made


def _alone(statement: AlterTableStmt, command: Node) -> str:
    node = Node()
    node.alter_table_stmt.CopyFrom(statement)
    del node.alter_table_stmt.cmds[:]
    node.alter_table_stmt.cmds.add().CopyFrom(command)
    return written(node)


def _constraint(command: AlterTableCmd, table: TableFacts) -> Iterator[str]:
    yield from add(getattr(command, "def").constraint, table)


def _set_not_null(command: AlterTableCmd, table: TableFacts) -> Iterator[str]:
    for name in table.nullable([command.name]):
        yield from not_null(table.name, name)


def _attach(command: AlterTableCmd, table: TableFacts) -> Iterator[str]:
    yield from attach(getattr(command, "def").partition_cmd, table)


_WAYS = {
    AT_AddConstraint: _constraint,
    AT_SetNotNull: _set_not_null,
    AT_AddColumn: add_column,
    AT_AlterColumnType: alter_type,
    AT_AttachPartition: _attach,
}
