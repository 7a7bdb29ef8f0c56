"""What a statement may do in a file, according to its parse tree.

Which statements Postgres refuses inside a transaction block: the callers of
PreventInTransactionBlock in PostgreSQL 15 to 18 and the reference pages of each command.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    DISCARD_ALL,
    REINDEX_OBJECT_DATABASE,
    REINDEX_OBJECT_SCHEMA,
    REINDEX_OBJECT_SYSTEM,
    TRANS_STMT_BEGIN,
    TRANS_STMT_COMMIT,
    TRANS_STMT_START,
    AT_DetachPartition,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from postgast.pg_query_pb2 import (
        AlterTableStmt,
        Node,
        RangeVar,
        ReindexStmt,
    )


COPY_REFUSAL = "COPY with inline data works in psql only"
COPY_HINT = "Write INSERT (pg_dump --rows-per-insert=1000 does), or load the data from elsewhere."
_TRANSACTION = (
    "transaction control: the runner begins and commits, one transaction a file",
    "Delete BEGIN and COMMIT: every file is one transaction, which the runner begins and commits.",
)
_PARTIAL = (
    "transaction control: a file is applied whole or not at all",
    "Delete ROLLBACK and SAVEPOINT; a DO block with EXCEPTION undoes what fails in it.",
)
_COPY_OUT = ("COPY to stdout works in psql only", "Delete it: nothing would read its output.")
_UNNAMED_INDEX = (
    "CREATE INDEX CONCURRENTLY without a name",
    "Name the index, so that a failed build can be found and rebuilt.",
)


class Mode(Enum):
    """How a statement relates to transaction blocks."""

    ALWAYS = auto()  # runs inside one
    NEVER = auto()  # Postgres refuses it inside one
    EITHER = auto()  # only the server can tell


_BEGINS_OR_ENDS = {TRANS_STMT_BEGIN, TRANS_STMT_START, TRANS_STMT_COMMIT}
_NEVER = {
    "createdb_stmt",
    "dropdb_stmt",
    "create_table_space_stmt",
    "drop_table_space_stmt",
    "alter_system_stmt",
}
# A procedure or block may commit inside; a subscription may own a replication slot; a new enum
# label cannot be used in the transaction that added it.
_EITHER = {
    "call_stmt",
    "do_stmt",
    "create_subscription_stmt",
    "alter_subscription_stmt",
    "drop_subscription_stmt",
    "alter_enum_stmt",
    "alter_database_stmt",
    "cluster_stmt",
    "reindex_stmt",
}


# Pure DDL; any other statement may call functions, which may change settings.
_QUIET = {
    "alter_enum_stmt",
    "alter_owner_stmt",
    "alter_table_stmt",
    "comment_stmt",
    "composite_type_stmt",
    "create_domain_stmt",
    "create_enum_stmt",
    "create_function_stmt",
    "create_policy_stmt",
    "create_schema_stmt",
    "create_seq_stmt",
    "create_stmt",
    "create_trig_stmt",
    "drop_stmt",
    "grant_stmt",
    "index_stmt",
    "rename_stmt",
    "view_stmt",
}


def transaction_mode(node: Node) -> Mode:
    """Whether the statement can, must or must not run inside a transaction block."""
    kind = node.WhichOneof("node") or ""
    if kind in _NEVER or (kind in _NEVER_WHEN and _NEVER_WHEN[kind](node)):
        return Mode.NEVER
    return Mode.EITHER if kind in _EITHER else Mode.ALWAYS


def is_concurrent(node: Node) -> bool:
    """Whether it waits for others without blocking them, and leaves half its work if stopped."""
    return bool(
        node.index_stmt.concurrent
        or node.drop_stmt.concurrent
        or _detaches_concurrently(node.alter_table_stmt)
        or _is_concurrent_reindex(node.reindex_stmt)
    )


def misplaced(node: Node) -> tuple[str, str] | None:
    """Why no file may contain a statement, and how to fix it; None if it may."""
    kind = node.WhichOneof("node")
    if kind == "transaction_stmt":
        begins_or_ends = node.transaction_stmt.kind in _BEGINS_OR_ENDS
        return _TRANSACTION if begins_or_ends else _PARTIAL
    if kind == "copy_stmt" and not node.copy_stmt.filename and not node.copy_stmt.is_program:
        return (COPY_REFUSAL, COPY_HINT) if node.copy_stmt.is_from else _COPY_OUT
    if kind == "index_stmt" and node.index_stmt.concurrent and not node.index_stmt.idxname:
        return _UNNAMED_INDEX
    return None


def is_quiet(node: Node) -> bool:
    """Whether the statement runs no user code and leaves nothing in the session."""
    kind = node.WhichOneof("node") or ""
    persistence = {
        "create_stmt": node.create_stmt.relation.relpersistence,
        "view_stmt": node.view_stmt.view.relpersistence,
        "create_seq_stmt": node.create_seq_stmt.sequence.relpersistence,
    }
    return kind in _QUIET and persistence.get(kind) != "t"


def describe(node: Node) -> str:
    """The statement's kind in SQL words, such as CREATE INDEX CONCURRENTLY."""
    kind = (node.WhichOneof("node") or "statement").removesuffix("_stmt")
    words = {
        "index": f"create index{' concurrently' * node.index_stmt.concurrent}",
        "drop": "drop index concurrently" if node.drop_stmt.concurrent else "drop",
        "vacuum": "vacuum" if node.vacuum_stmt.is_vacuumcmd else "analyze",
        "variable_set": "set",
        "alter_enum": "alter type",
        "refresh_mat_view": "refresh materialized view",
        "createdb": "create database",
        "dropdb": "drop database",
        "create_table_space": "create tablespace",
        "drop_table_space": "drop tablespace",
        "create": "create table",
    }
    return words.get(kind, kind.replace("_", " ")).upper()


def _detaches_concurrently(node: AlterTableStmt) -> bool:
    return any(
        cmd.alter_table_cmd.subtype == AT_DetachPartition
        and getattr(cmd.alter_table_cmd, "def").partition_cmd.concurrent
        for cmd in node.cmds
    )


def _reindexes_alone(node: ReindexStmt) -> bool:
    whole = {REINDEX_OBJECT_SCHEMA, REINDEX_OBJECT_SYSTEM, REINDEX_OBJECT_DATABASE}
    return node.kind in whole or _is_concurrent_reindex(node)


def _is_concurrent_reindex(node: ReindexStmt) -> bool:
    return any(
        param.def_elem.defname == "concurrently" and _is_on(param.def_elem) for param in node.params
    )


def _is_on(element: object) -> bool:
    return not re.search(r"(sval|ival): \"?(off|false|0)\b", str(element))


_NEVER_WHEN: dict[str, Callable[[Node], bool]] = {
    "index_stmt": lambda node: node.index_stmt.concurrent,
    "drop_stmt": lambda node: node.drop_stmt.concurrent,
    "vacuum_stmt": lambda node: node.vacuum_stmt.is_vacuumcmd,
    "alter_table_stmt": lambda node: _detaches_concurrently(node.alter_table_stmt),
    "reindex_stmt": lambda node: _reindexes_alone(node.reindex_stmt),
    "cluster_stmt": lambda node: not node.cluster_stmt.HasField("relation"),
    "discard_stmt": lambda node: node.discard_stmt.target == DISCARD_ALL,
}


def relation_name(relation: RangeVar) -> str:
    """A relation's name as SQL, quoted; with its schema where it has one."""
    parts = filter(None, (relation.schemaname, relation.relname))
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
