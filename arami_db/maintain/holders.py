"""What keeps dead rows from being removed: old snapshots of sessions, slots and the like."""

from __future__ import annotations

from psycopg.rows import class_row

from arami_db.database.connect import Connection, query
from arami_db.maintain.model import Holder


def next_transaction(connection: Connection) -> str:
    """The id of the next transaction: an earlier one deleted every row that is dead now."""
    row = connection.execute("select pg_snapshot_xmax(pg_current_snapshot())::xid::text").fetchone()
    assert row is not None  # noqa: S101
    return str(row[0])


def holders(connection: Connection, before: str, *, catalogs: bool) -> tuple[Holder, ...]:
    """What keeps rows that were dead before a transaction, the oldest first.

    Args:
        connection: in autocommit.
        before: the result of next_transaction().
        catalogs: whether rows of the system catalogs, which logical slots keep, count too.
    """
    values = {"before": before, "catalogs": catalogs}
    with connection.cursor(row_factory=class_row(Holder)) as cursor:
        return tuple(cursor.execute(query("maintain_holders"), values).fetchall())
