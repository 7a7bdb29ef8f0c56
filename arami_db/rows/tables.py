"""The parts of tables that matter for making rows, from the catalog."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql
from psycopg.rows import dict_row

from arami_db.database.connect import Connection, query

Path = tuple[str, str]  # schema and name


@dataclass(frozen=True)
class Column:
    """A column: what is needed to make a value for it; is_caller: by default it is who asks."""

    name: str
    type: str
    full_type: str
    category: str
    required: bool
    default: bool
    writable: bool
    length: int | None
    labels: tuple[str, ...]
    is_caller: bool


@dataclass(frozen=True)
class Key:
    """A unique index; an expression in it is None."""

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
class Owner:
    """A column that names the owner of a row.

    Attributes:
        column: its name.
        kind: it holds the user's id, the user's e-mail, a claim that only operators set, or leads
            to a row of the user's in another table.
        is_element: whether that is an element of an array in it.
        claim: the path of the claim in the JWT.
        keys: in JSON, under which it is held.
        is_listed: whether there it is one of several.
        in_list: whether the claim is a list of such values.
    """

    column: str
    kind: Literal["id", "email", "claim", "row"]
    is_element: bool = False
    claim: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    is_listed: bool = False
    in_list: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `owners` name the owner of a row.

    `root` is the partitioned table that a partition belongs to; `heir_of` one that the table
    inherits its columns from, and nothing that guards them.
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
    heir_of: Path | None
    owners: tuple[Owner, ...] = ()

    @property
    def direct(self) -> tuple[Owner, ...]:
        """The owners that hold a user's id, e-mail or claim."""
        return tuple(owner for owner in self.owners if owner.kind != "row")

    @property
    def referring(self) -> frozenset[str]:
        """The columns of foreign keys."""
        return frozenset(name for key in self.foreign_keys for name in key.columns)

    @property
    def texts(self) -> sql.Composed:
        """All columns as text, for a SELECT or RETURNING list."""
        return sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(name)) for name in self.columns
        )

    @property
    def leading(self) -> frozenset[str]:
        """The columns that tell rows apart or lead to others: of keys of both kinds, and owners."""
        keyed = frozenset(name for key in self.keys for name in key.columns)
        return keyed | self.referring | {owner.column for owner in self.owners}

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


def read_tables(
    connection: Connection, schemas: Collection[str], besides: Collection[Path] = ()
) -> dict[Path, Table]:
    """Read the tables of some schemas, and those that their foreign keys lead to.

    Args:
        connection: to the database.
        schemas: their names.
        besides: further tables, which triggers, views and functions may come to.

    Returns:
        The tables by path, unordered.

    Raises:
        psycopg.Error: as the server says it.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            query("rows_tables"), {"schemas": list(schemas), "besides": json.dumps(list(besides))}
        ).fetchall()
    return {(row["schema"], row["name"]): _table(row) for row in rows}


def in_order(tables: dict[Path, Table]) -> dict[Path, Table]:
    """Parents first; in a cycle, the last reference is ignored."""
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
        root=_path(row["root"]),
        heir_of=_path(row["heir_of"]),
    )


def _path(named: dict[str, str] | None) -> Path | None:
    return (named["schema"], named["name"]) if named else None
