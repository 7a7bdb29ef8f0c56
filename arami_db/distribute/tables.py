"""Which tables belong on the workers, and how much they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arami_db.database.connect import query
from arami_db.migrating.distributed import state_distribution

if TYPE_CHECKING:
    from arami_db.database.connect import Connection
    from arami_db.files import SqlTree


@dataclass(frozen=True)
class DistributedTable:
    """A table that belongs on the workers.

    Attributes:
        name: with its schema.
        user_column: the column by which its rows are placed; None where each machine has them all.
        is_distributed: whether it is there.
        rows: as the planner estimates them.
        bytes: on the coordinator, with indexes.
    """

    name: str
    user_column: str | None
    is_distributed: bool
    rows: int
    bytes: int


def read_tables(connection: Connection, tree: SqlTree) -> tuple[DistributedTable, ...]:
    """The tables by name; changes nothing."""
    with connection.transaction(force_rollback=True):
        state_distribution(connection, tree)
        rows = connection.execute(query("distribution_tables")).fetchall()
    return tuple(DistributedTable(*row) for row in rows)
