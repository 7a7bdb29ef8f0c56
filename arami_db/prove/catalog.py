"""What there is to attack: tables, views and functions of schema public, read from the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from arami_db.database.connect import Connection, query
from arami_db.prove.owners import with_owners
from arami_db.rows.tables import Path, Table, in_order, read_tables


@dataclass(frozen=True)
class View:
    """A view or materialized view, and its uuid columns."""

    name: str
    materialized: bool
    ids: tuple[str, ...]
    readable: bool


@dataclass(frozen=True)
class Function:
    """A function or procedure, and the types of its arguments."""

    name: str
    identity: str
    procedure: bool
    reads_only: bool
    is_definer: bool
    variadic: bool
    required: int
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """All of it; tables by path, parents before their children; beside are not to be tried."""

    tables: dict[Path, Table]
    views: tuple[View, ...]
    functions: tuple[Function, ...]
    beside: frozenset[Path] = frozenset()

    @property
    def owned(self) -> list[Table]:
        """The tables of schema public whose rows belong to somebody."""
        return [t for t in self._tried if t.owner]

    @property
    def ownerless(self) -> list[Table]:
        """The other tables of schema public."""
        return [t for t in self._tried if not t.owner]

    @property
    def _tried(self) -> list[Table]:
        return [
            t for t in self.tables.values() if t.schema == "public" and t.path not in self.beside
        ]


def read(connection: Connection, beside: frozenset[Path] = frozenset()) -> Catalog:
    """Read the catalog of the connection's database.

    Args:
        connection: to the database.
        beside: tables that are not to be tried.
    """
    found = read_tables(connection, ["public"])
    views = tuple(View(**{**r, "ids": tuple(r["ids"])}) for r in _rows(connection, "prove_views"))
    functions = tuple(
        Function(**{**row, "arguments": tuple(row["arguments"])})
        for row in _rows(connection, "prove_functions")
    )
    return Catalog(in_order(with_owners(found)), views, functions, beside)


def _rows(connection: Connection, name: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name)).fetchall()


def predicate(catalog: Catalog, table: Table, user: str) -> sql.Composable:
    """The condition that picks a user's rows of a table."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.owner))
    if table.via is None:
        return sql.SQL("{} = {}").format(columns, sql.Literal(user))
    parent = catalog.tables[table.via.parent]
    return sql.SQL("({}) in (select {} from {} where {})").format(
        columns,
        sql.SQL(", ").join(map(sql.Identifier, table.via.references)),
        parent.identifier,
        predicate(catalog, parent, user),
    )
