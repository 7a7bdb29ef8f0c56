"""Tables as a maker of rows sees them: columns, keys, foreign keys and checks, from the catalog."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from arami_db.database.connect import Connection, query

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
    parent: Path
    columns: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """A check or exclusion constraint, of the table or of a column's domain."""

    columns: tuple[str, ...]
    definition: str


@dataclass(frozen=True)
class Table:
    """A table; owner names the columns that say whose a row is, via the foreign key they follow.

    Root is the partitioned table that a partition's rows are rows of.
    """

    schema: str
    name: str
    partition: bool
    columns: dict[str, Column]
    keys: tuple[Key, ...]
    foreign_keys: tuple[ForeignKey, ...]
    checks: dict[str, Check]
    policies: str
    root: Path | None
    owner: tuple[str, ...] = ()
    via: ForeignKey | None = None

    @property
    def path(self) -> Path:
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


def read_tables(connection: Connection, schemas: Collection[str]) -> dict[Path, Table]:
    """Read the tables of some schemas, and those that their foreign keys lead to.

    Args:
        connection: to the database.
        schemas: their names.

    Returns:
        The tables by path, in no order.

    Raises:
        psycopg.Error: as the server says it.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("rows_tables"), {"schemas": list(schemas)}).fetchall()
    return {(row["schema"], row["name"]): _table(row) for row in rows}


def in_order(tables: dict[Path, Table]) -> dict[Path, Table]:
    """Parents first; a cycle is cut where it closes."""
    done: dict[Path, Table] = {}
    entered = set()

    def place(path: Path) -> None:
        if path in entered:
            return
        entered.add(path)
        for key in tables[path].foreign_keys:
            place(key.parent)
        done[path] = tables[path]

    for path in tables:
        place(path)
    return done


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
        root=(row["root"]["schema"], row["root"]["name"]) if row["root"] else None,
    )
