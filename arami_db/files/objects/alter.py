"""What ALTER TABLE and ALTER SEQUENCE change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    DROP_CASCADE,
    OBJECT_INDEX,
    AT_AddColumn,
    AT_AddConstraint,
    AT_AttachPartition,
    AT_ChangeOwner,
    AT_DetachPartition,
    AT_DisableRowSecurity,
    AT_DropColumn,
    AT_DropConstraint,
    AT_EnableRowSecurity,
)

from arami_db.files.objects.create import column, constraint, owner
from arami_db.files.objects.forget import forget
from arami_db.files.objects.model import Known, Name, Object
from arami_db.files.objects.names import mentions, relation

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import (
        AlterSeqStmt,
        AlterTableCmd,
        AlterTableStmt,
        Constraint,
        PartitionCmd,
    )


def alter_table(known: Known, node: AlterTableStmt) -> None:
    """Follow ALTER TABLE, and ALTER of an index, view, sequence or type where it is the same."""
    name = relation(node.relation)
    if node.missing_ok and not known.find(name):
        return
    table = known.table(name)
    for item in node.cmds:
        command = item.alter_table_cmd
        _add(known, table, command)
        _take_away(known, table, command)
        # An index stays inside its own table.
        if node.objtype != OBJECT_INDEX:
            _regroup(known, table, command)


def alter_sequence(known: Known, node: AlterSeqStmt) -> None:
    """Follow a sequence to the table that owns it, or away from it."""
    owned = owner(known, node.options)
    if owned is None:
        return
    for o in known.find(relation(node.sequence)):
        o.inside = owned[0]
        o.mentions |= frozenset(owned[1])


def family(known: Known, table: Name) -> list[Name]:
    """A table and all its partitions: they share their columns."""
    found = [table]
    for o in known.objects:
        if o.kind == "table" and o.inside == table:
            found += family(known, o.name)
    return found


def _add(known: Known, table: Name, command: AlterTableCmd) -> None:
    definition = getattr(command, "def")
    if command.subtype == AT_AddColumn:
        known.add(column(table, definition.column_def))
    elif command.subtype == AT_AddConstraint:
        _add_constraint(known, table, definition.constraint)
    elif command.subtype == AT_EnableRowSecurity:
        known.add([Object("row level security", ("enabled",), table)])


def _add_constraint(known: Known, table: Name, node: Constraint) -> None:
    made = constraint(table, node)
    # An index that becomes a constraint takes its name and keeps its columns.
    indexes = known.find((*table[:-1], node.indexname)) if node.indexname else []
    for index in indexes:
        for o in made:
            o.mentions |= index.mentions
    known.remove(lambda o: any(o is index for index in indexes))
    known.add(made)


def _take_away(known: Known, table: Name, command: AlterTableCmd) -> None:
    if command.subtype == AT_DropColumn:
        for each in family(known, table):
            _drop_part(known, "column", each, command)
    elif command.subtype == AT_DropConstraint:
        _drop_part(known, "constraint", table, command)
    elif command.subtype == AT_DisableRowSecurity:
        known.remove(lambda o: o.kind == "row level security" and o.inside == table)


def _drop_part(known: Known, kind: str, table: Name, command: AlterTableCmd) -> None:
    # What uses it goes with it, known or not: LIKE makes columns that no statement names.
    gone = known.part(kind, table, command.name) or [Object(kind, (command.name,), table)]
    forget(known, gone[0], cascade=command.behavior == DROP_CASCADE)


def _regroup(known: Known, table: Name, command: AlterTableCmd) -> None:
    if command.subtype == AT_ChangeOwner:
        for o in known.find(table):
            o.mentions |= mentions(command.newowner)
        return
    if command.subtype not in {AT_AttachPartition, AT_DetachPartition}:
        return
    partition: PartitionCmd = getattr(command, "def").partition_cmd
    for o in known.find(relation(partition.name)):
        o.inside = table if command.subtype == AT_AttachPartition else ()
