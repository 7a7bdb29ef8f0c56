"""A few valid rows in every table that has none."""

from __future__ import annotations

import uuid
from collections.abc import Collection

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.rows.maker import Maker, NoRowError
from arami_db.rows.tables import Path, Table, in_order, read_tables

# The likeliest values, others, and nulls wherever a column takes them.
_TURNS = (0, 1, 2, -1)


def fill(
    connection: Connection, schemas: Collection[str], only: Collection[Path] | None = None
) -> dict[str, str]:
    """Make rows that differ, children after their parents; commit them.

    Args:
        connection: in autocommit, of a role that may insert everywhere.
        schemas: whose tables.
        only: which of them; None for all.

    Returns:
        The tables that no row could be made for, each with the last refusal.

    Raises:
        psycopg.Error: the connection broke.
    """
    tables = in_order(read_tables(connection, schemas))
    divided = {table.root for table in tables.values()}
    empty = [
        table
        for path, table in tables.items()
        if path not in divided
        and (only is None or path in only)
        and not _has_rows(connection, table)
    ]
    refused: dict[str, str] = {}
    with connection.transaction():
        maker = Maker(connection)
        first: str | None = None
        for turn in _TURNS:
            maker.turn, user = turn, str(uuid.uuid4())
            for table in empty:
                if reason := _make(connection, maker, table, (user, first)):
                    refused.setdefault(table.label, reason)
            first = first or user
    return {label: why for label, why in refused.items() if not _made(maker, label)}


def _make(
    connection: Connection, maker: Maker, table: Table, users: tuple[str, str | None]
) -> str | None:
    """One row of a table; where it takes none, children have the row of the first turn to follow.

    Returns:
        Why there is no row.
    """
    user, first = users
    reason = None
    try:
        maker.draft(table, user)
        with connection.transaction():
            maker.insert(table, user)
    except (NoRowError, psycopg.Error) as error:
        if connection.closed:
            raise
        reason = str(error)
        if first and (first, table.path) in maker.made:
            maker.made[user, table.path] = maker.made[first, table.path]
    if table.root and (user, table.path) in maker.made:
        maker.made.setdefault((user, table.root), maker.made[user, table.path])
    return reason


def _made(maker: Maker, label: str) -> bool:
    return any(".".join(path) == label for _, path in maker.made)


def _has_rows(connection: Connection, table: Table) -> bool:
    asked = sql.SQL("select from only {} limit 1").format(table.identifier)
    return connection.execute(asked).fetchone() is not None
