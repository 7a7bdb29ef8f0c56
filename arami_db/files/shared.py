"""Tables that one on the workers of Citus comes to refer to."""

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
    """What copies to every machine, before an ALTER TABLE, the tables that it begins to refer to.

    Citus refuses the foreign key else. audit.share() knows which tables are to be copied.
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
    """What a transaction with foreign keys begins with: Citus refuses them after parallel work."""
    asked = "set local citus.multi_shard_modify_mode to 'sequential'"
    return tuple(replace(one, text=asked) for one in statements[:1])


def _name(relation: RangeVar) -> str:
    """A table's name, as a literal."""
    name = qualified(relation.schemaname, relation.relname)
    return "'" + name.replace("'", "''") + "'"
