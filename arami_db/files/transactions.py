"""Whether a file's statements suit its transaction, or no transaction if it is marked so.

Without a transaction a run may be killed between a statement and the record of its success; the
next run then repeats the statement. docs/no-transaction.md says what a file may therefore contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from postgast.pg_query_pb2 import (
    OBJECT_INDEX,
    VAR_SET_MULTI,
    AT_AttachPartition,
    AT_DetachPartition,
    AT_DetachPartitionFinalize,
    AT_ValidateConstraint,
)

from arami_db.files.rules import Mode, describe, transaction_mode

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from arami_db.files.script import Statement

# Where in the file, what is wrong, and how to fix it.
Mismatch: TypeAlias = tuple[int, str, str]

_PAGE = "docs/no-transaction.md has the list"
# Postgres takes no snapshot for them, so that SET TRANSACTION may still follow.
_WITHOUT_SNAPSHOT = {
    "variable_set_stmt",
    "variable_show_stmt",
    "lock_stmt",
    "constraints_set_stmt",
    "listen_stmt",
    "unlisten_stmt",
    "notify_stmt",
}
_TRANSACTION_SETTINGS = {"transaction_isolation", "transaction_deferrable", "transaction_read_only"}
_ON = re.compile(r"(t(r(ue?)?)?|on|y(es?)?|1)", re.IGNORECASE)
# Statements that may be repeated after a run was killed before it recorded their success: the
# second time has nothing to do, does the same again, or fails with an error that proves success.
_REPEATABLE = {
    "alter_database_stmt",
    "alter_system_stmt",
    "check_point_stmt",
    "cluster_stmt",
    "comment_stmt",
    "create_table_space_stmt",
    "createdb_stmt",
    "drop_table_space_stmt",
    "dropdb_stmt",
    "refresh_mat_view_stmt",
    "reindex_stmt",
    "vacuum_stmt",
}
_REPEATABLE_ALTERATIONS = {AT_DetachPartitionFinalize, AT_ValidateConstraint}


def mismatches(kind: str, statements: Sequence[Statement], *, alone: bool) -> Iterator[Mismatch]:
    """The statements of a file that do not suit its transaction mode.

    Args:
        kind: the kind of the file, as in SqlFile.kind.
        statements: its statements, in order.
        alone: whether the file is marked no-transaction.

    Yields:
        Each place, in order.
    """
    if not alone:
        yield from _in_transaction(kind, statements)
    elif kind != "migration":
        yield 0, "only migrations may be marked no-transaction", "Write a migration for it."
    else:
        yield from _alone(statements)


def opening(statements: Sequence[Statement]) -> Iterator[Statement]:
    """SET TRANSACTION and similar statements before any query of a file."""
    for statement in takewhile(_takes_no_snapshot, statements):
        if transaction_settings(statement.node):
            yield statement


def transaction_settings(node: Node) -> dict[str, str]:
    """The properties of the current transaction that a SET changes, such as its isolation."""
    setting = node.variable_set_stmt
    if setting.kind == VAR_SET_MULTI and setting.name == "TRANSACTION":
        return {arg.def_elem.defname: _value(arg.def_elem.arg) for arg in setting.args}
    if setting.kind == VAR_SET_MULTI and setting.name == "TRANSACTION SNAPSHOT":
        return {"snapshot": ""}
    if setting.name.lower() in _TRANSACTION_SETTINGS:
        return {setting.name.lower(): _value(setting.args[0]) if setting.args else ""}
    return {}


def is_setting(node: Node) -> bool:
    """Whether it is SET or RESET, which only change a setting of the session."""
    return bool(node.WhichOneof("node") == "variable_set_stmt")


def _value(node: Node) -> str:
    constant = node.a_const
    return str(constant.sval.sval if constant.HasField("sval") else constant.ival.ival)


def _takes_no_snapshot(statement: Statement) -> bool:
    return statement.node.WhichOneof("node") in _WITHOUT_SNAPSHOT


def _in_transaction(kind: str, statements: Sequence[Statement]) -> Iterator[Mismatch]:
    top = {statement.offset for statement in opening(statements)}
    for statement in statements:
        if transaction_mode(statement.node) is Mode.NEVER:
            mark = "-- arami: no-transaction"
            whose = "Give it a file of its own" if kind == "migration" else "Write a migration"
            reason = f"{describe(statement.node)} cannot run inside a transaction"
            yield statement.offset, reason, f"{whose}, with this line: {mark}"
        settings = transaction_settings(statement.node)
        if _ON.fullmatch(settings.pop("transaction_read_only", "")):
            reason = "READ ONLY: the file's row of the ledger is written in the same transaction"
            yield statement.offset, reason, "Remove READ ONLY."
        elif settings and kind == "view":
            reason = "not in views/: files that are rebuilt share a transaction"
            yield statement.offset, f"SET TRANSACTION: {reason}", "Remove the statement."
        elif settings and statement.offset not in top:
            reason = "SET TRANSACTION after a query: Postgres accepts it only before any query"
            hint = "Move it to the top of the file; SET, SHOW and LOCK may stand before it."
            yield statement.offset, reason, hint


def _alone(statements: Sequence[Statement]) -> Iterator[Mismatch]:
    for statement in statements:
        if transaction_settings(statement.node) or statement.node.variable_set_stmt.is_local:
            name = "SET LOCAL" if statement.node.variable_set_stmt.is_local else "SET TRANSACTION"
            hint = "Write SET, which holds up to the end of the file."
            if name == "SET TRANSACTION":
                hint = "Remove it, or the line -- arami: no-transaction."
            yield statement.offset, f"{name} has no effect outside a transaction", hint
    units = [statement for statement in statements if not is_setting(statement.node)]
    if statements and all(transaction_mode(s.node) is Mode.ALWAYS for s in units):
        first = (units or statements)[0]
        reason = f"{describe(first.node)} can run inside a transaction"
        yield first.offset, reason, "Remove the line -- arami: no-transaction."
    elif len(units) > 1:
        yield from _in_company(units)


def _in_company(units: Sequence[Statement]) -> Iterator[Mismatch]:
    for statement in units:
        if _is_repeatable(statement.node):
            continue
        name = describe(statement.node)
        if transaction_mode(statement.node) is Mode.ALWAYS:
            reason = f"{name} can run inside a transaction"
            hint = f"Give it a file of its own, without the line -- arami: no-transaction; {_PAGE}."
        else:
            reason = f"{name} may do harm when it is repeated, after a run that was killed"
            hint = f"Give it a file of its own, where only SET may stand beside it; {_PAGE}."
        yield statement.offset, f"{reason}, and is not alone in its file", hint


def _is_repeatable(node: Node) -> bool:
    kind = node.WhichOneof("node")
    if kind == "index_stmt":
        return bool(node.index_stmt.concurrent)
    if kind == "drop_stmt":
        return bool(node.drop_stmt.concurrent)
    if kind == "alter_enum_stmt":
        return not bool(node.alter_enum_stmt.old_val)
    if kind == "alter_table_stmt":
        return all(_is_repeatable_alteration(node, cmd) for cmd in node.alter_table_stmt.cmds)
    return kind in _REPEATABLE


def _is_repeatable_alteration(node: Node, cmd: Node) -> bool:
    subtype = cmd.alter_table_cmd.subtype
    if subtype == AT_DetachPartition:
        return transaction_mode(node) is Mode.NEVER
    if subtype == AT_AttachPartition:
        return bool(node.alter_table_stmt.objtype == OBJECT_INDEX)
    return subtype in _REPEATABLE_ALTERATIONS
