"""A few valid rows in every table that has none."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.rows.maker import Maker, NoRowError, Row
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
    whole = [table for path, table in tables.items() if path not in divided]
    filled = [table for table in whole if _row_of(connection, table, 0)]
    empty = [t for t in whole if t not in filled and (only is None or t.path in only)]
    refused: dict[str, str] = {}
    with connection.transaction():
        maker = Maker(connection)
        first: str | None = None
        for turn in _TURNS:
            maker.turn, user = turn, _adopted(connection, maker, filled, turn)
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


def _adopted(connection: Connection, maker: Maker, filled: Sequence[Table], turn: int) -> str:
    """A user, and the rows that are there for children of theirs to refer to.

    Returns:
        The user: one that is there, if there are any.
    """
    user = str(uuid.uuid4())
    for table in filled:  # parents first, and so the table of users
        row = _row_of(connection, table, turn)
        if row and table.via is None and table.owner == ("id",):
            user = row["id"] or user
    for table in filled:
        row = _row_of(connection, table, turn, user)
        if row or (row := _row_of(connection, table, turn)):
            maker.adopt(table, user, row)
            if table.root:
                maker.made.setdefault((user, table.root), row)
    return user


def _row_of(connection: Connection, table: Table, turn: int, user: str | None = None) -> Row | None:
    """A row that is there, another each turn; if a user is named, one of theirs."""
    own = table.owner[0] if user and table.via is None and table.owner else None
    texts = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(name)) for name in table.columns
    )
    of_user = (
        sql.SQL("where {}::text = {}").format(sql.Identifier(own), user) if own else sql.SQL("")
    )
    asked = sql.SQL("select {} from only {} {} order by ctid offset {} limit 1")
    for place in (turn, 0) if turn > 0 else (0,):
        found = connection.execute(asked.format(texts, table.identifier, of_user, place)).fetchone()
        if found is not None:
            return dict(zip(table.columns, found, strict=True))
    return None
