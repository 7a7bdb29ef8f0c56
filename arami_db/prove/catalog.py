"""What there is to attack: tables, views and functions of schema public, read from the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from arami_db.database.connect import Connection, query
from arami_db.prove.owners import with_owners

Path = tuple[str, str]  # schema and name


@dataclass(frozen=True)
class Column:
    """A column, as far as making a value for it goes."""

    name: str
    type: str
    full_type: str
    category: str
    required: bool
    default: bool
    writable: bool
    length: int | None
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """A unique index; columns are None in it where it is over an expression."""

    name: str
    columns: tuple[str, ...]
    arbiter: bool
    primary: bool


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key of a table, column by column."""

    name: str
    parent: tuple[str, str]
    columns: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A check or exclusion constraint, of the table or of a column's domain."""

    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True)
class Table:
    """A table; owner names the columns that say whose a row is, via the foreign key they follow."""

    schema: str
    name: str
    partition: bool
    columns: dict[str, Column]
    keys: tuple[Key, ...]
    foreign_keys: tuple[ForeignKey, ...]
    checks: dict[str, Check]
    policies: str
    owner: tuple[str, ...] = ()
    via: ForeignKey | None = None

    @property
    def path(self) -> tuple[str, str]:
        """Schema and name."""
        return (self.schema, self.name)

    @property
    def label(self) -> str:
        """Schema and name, for people."""
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Schema and name, quoted."""
        return sql.Identifier(*self.path)


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

    tables: dict[tuple[str, str], Table]
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
    found = {(row["schema"], row["name"]): _table(row) for row in _rows(connection, "prove_tables")}
    views = tuple(View(**{**r, "ids": tuple(r["ids"])}) for r in _rows(connection, "prove_views"))
    functions = tuple(
        Function(**{**row, "arguments": tuple(row["arguments"])})
        for row in _rows(connection, "prove_functions")
    )
    return Catalog(_sorted(with_owners(found)), views, functions, beside)


def _rows(connection: Connection, name: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query(name)).fetchall()


def _table(row: dict[str, Any]) -> Table:
    columns = [Column(**{**c, "labels": tuple(c["labels"])}) for c in row["columns"] or ()]
    return Table(
        schema=row["schema"],
        name=row["name"],
        partition=row["partition"],
        columns={column.name: column for column in columns},
        keys=tuple(Key(**{**key, "columns": tuple(key["columns"] or ())}) for key in row["keys"]),
        foreign_keys=tuple(
            ForeignKey(
                k["name"], (k["schema"], k["table"]), tuple(k["columns"]), tuple(k["references"])
            )
            for k in row["foreign_keys"]
        ),
        checks={c["name"]: Check(tuple(c["columns"]), c["definition"]) for c in row["checks"]},
        policies=row["policies"],
    )


def _sorted(tables: dict[tuple[str, str], Table]) -> dict[tuple[str, str], Table]:
    """Parents first; a cycle is cut where it closes."""
    done: dict[tuple[str, str], Table] = {}
    entered = set()

    def place(path: tuple[str, str]) -> None:
        if path in entered:
            return
        entered.add(path)
        for key in tables[path].foreign_keys:
            place(key.parent)
        done[path] = tables[path]

    for path in tables:
        place(path)
    return done
