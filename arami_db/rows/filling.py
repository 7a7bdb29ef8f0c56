"""A few valid rows in every table that has none."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

import psycopg
from psycopg import sql

from arami_db.database.connect import Connection
from arami_db.rows.maker import Maker, NoRowError, Row
from arami_db.rows.tables import Path, Table, in_order, read_tables

# First the likeliest values, then others, then nulls where a column allows them.
_TURNS = (0, 1, 2, -1)


def fill(
    connection: Connection, schemas: Collection[str], only: Collection[Path] | None = None
) -> dict[str, str]:
    """Make different rows, parents first, and commit them.

    Args:
        connection: in autocommit, of a role that may insert into all tables.
        schemas: the schemas of the tables.
        only: only these tables; None for all.

    Returns:
        The tables without a row, each with the server's last error.

    Raises:
        psycopg.Error: the connection broke.
    """
    tables = in_order(read_tables(connection, schemas))
    divided = {table.root for table in tables.values()}
    whole = [table for path, table in tables.items() if path not in divided]
    filled = [table for table in whole if _row_of(connection, table, 0, {})]
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
    """Make one row of a table; if that fails, children refer to the row of the first round.

    Returns:
        Why there is no row; None if there is one.
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
    """Choose existing rows for new rows to refer to; a child must belong to a chosen parent.

    Returns:
        The user to whom the chosen rows are assigned.
    """
    user = str(uuid.uuid4())
    for table in filled:  # parents first
        if row := _row_of(connection, table, turn, _links(maker, table, user)):
            maker.adopt(table, user, row)
            if table.root:
                maker.made.setdefault((user, table.root), row)
    return user


def _links(maker: Maker, table: Table, user: str) -> Row:
    """The values of a row's foreign keys to the rows chosen so far."""
    return {
        column: maker.made[user, key.parent][reference]
        for key in table.foreign_keys
        if (user, key.parent) in maker.made
        for column, reference in zip(key.columns, key.references, strict=True)
    }


def _row_of(connection: Connection, table: Table, turn: int, links: Row) -> Row | None:
    """An existing row, another one in each round; one with these keys, if there is any."""
    linked = [
        sql.SQL("{}::text = {}").format(sql.Identifier(name), value)
        for name, value in links.items()
    ]
    asked = sql.SQL("select {} from only {} where {} order by ctid offset {} limit 1")
    for conditions in (linked, []) if linked else ([],):
        which = sql.SQL(" and ").join([*conditions, sql.SQL("true")])
        for place in dict.fromkeys((turn, 0)):
            statement = asked.format(table.texts, table.identifier, which, max(place, 0))
            if found := connection.execute(statement).fetchone():
                return dict(zip(table.columns, found, strict=True))
    return None
