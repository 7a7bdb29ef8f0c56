"""SQL conditions that select the rows of a user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from psycopg import sql

from arami_db.rows.maker import Maker, Row
from arami_db.rows.tables import Owner, Path, Table

_JSON = {"json", "jsonb"}
NOBODY = sql.SQL("false")


def pinpoint(table: Table, row: Row, readable: list[str] | None = None) -> sql.Composable:
    """The condition that picks one row, by its primary key if that may be read, else by all.

    Args:
        table: the table.
        row: the row, as text.
        readable: the columns that may be read; None for all.
    """
    names = list(row) if readable is None else [name for name in row if name in readable]
    for key in table.keys:
        if key.primary and set(key.columns) <= set(names):
            return sql.SQL(" and ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), row[name]) for name in key.columns
            )
    return sql.SQL(" and ").join(
        sql.SQL("{}::text is not distinct from {}").format(sql.Identifier(name), row[name])
        for name in names or row
    )


def predicate(maker: Maker, table: Table, user: str) -> sql.Composable:
    """The condition that picks a user's rows: those that name the user, and the one made.

    Args:
        maker: who has made the rows.
        table: the table.
        user: the user's id.
    """
    row = maker.made.get((user, table.path))
    parts = [_names(o, maker.value(table, o, user)) for o in table.direct]
    if row is not None and not table.direct:
        led = [
            owner.column
            for owner in table.owners
            if row[owner.column] is not None and table.columns[owner.column].type not in _JSON
        ]
        if led:
            parts.append(
                sql.SQL("({})").format(
                    sql.SQL(" and ").join(
                        sql.SQL("{} = {}").format(sql.Identifier(name), row[name]) for name in led
                    )
                )
            )
        parts.append(sql.SQL("({})").format(pinpoint(table, row)))
    return sql.SQL(" or ").join(parts) if parts else NOBODY


def _names(owner: Owner, value: str) -> sql.Composable:
    column = sql.Identifier(owner.column)
    if owner.is_element:
        return sql.SQL("{} @> {}").format(column, value)
    return sql.SQL("{} = {}").format(column, value)


def may_be_nobodys(table: Table) -> bool:
    """Whether rows can have no owner, which users must not make or change."""
    owners = table.direct
    return (
        len(owners) == 1 and len(table.owners) == 1 and not table.columns[owners[0].column].required
    )


def follows(tables: Mapping[Path, Table], row: Row, rows: Iterable[tuple[Path, Row]]) -> bool:
    """Whether a row holds the key of one of some rows, which so has to be there first.

    Args:
        tables: of all rows.
        row: the row.
        rows: the others, by table.
    """
    return any(
        row_of[key.columns[0]] in row.values()
        for path, row_of in rows
        for key in (tables[path].keys if path in tables else ())
        if key.primary and len(key.columns) == 1 and row_of.get(key.columns[0])
    )
