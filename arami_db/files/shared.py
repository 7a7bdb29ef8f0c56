"""Tables that a distributed table refers to by a new foreign key (Citus)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postgast import find_nodes
from postgast.pg_query_pb2 import CONSTR_FOREIGN, Constraint

from arami_db.files.definitions.names import qualified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from postgast.pg_query_pb2 import RangeVar

    from arami_db.files.split import Statement


def sharing(statement: Statement) -> tuple[Statement, ...]:
    """Copy the tables that an ALTER TABLE refers to to every node first.

    Otherwise Citus refuses the foreign key. audit.share() decides which tables are copied.
    """
    if statement.node.WhichOneof("node") != "alter_table_stmt":
        return ()
    changed = statement.node.alter_table_stmt
    referred = {
        _name(key.pktable): None
        for key in find_nodes(changed, Constraint)
        if key.contype == CONSTR_FOREIGN
    }
    own = _name(changed.relation)
    return tuple(
        replace(statement, text=f"select audit.share(to_regclass({own}), to_regclass({name}))")
        for name in referred
        if name != own
    )


def in_sequence(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The begin of a transaction with foreign keys: Citus refuses them after parallel work."""
    asked = "set local citus.multi_shard_modify_mode to 'sequential'"
    return tuple(replace(one, text=asked) for one in statements[:1])


def _name(relation: RangeVar) -> str:
    """A table's name, as a literal."""
    name = qualified(relation.schemaname, relation.relname)
    return "'" + name.replace("'", "''") + "'"
