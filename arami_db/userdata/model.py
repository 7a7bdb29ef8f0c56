"""The tables of a database that can hold data about a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# What happens to a row when the row it refers to is deleted, as pg_constraint has it.
CASCADE, CLEARING = "c", ("n", "d")


@dataclass(frozen=True)
class UserColumn:
    """A column; the names are those of queries/userdata_tables.sql.

    Attributes:
        name, type: for a domain, its base type.
        required: it cannot be null.
        key_place: its place in the primary key; None where it is not in it.
        claims: a person's id in it means that the row is about that person.
        is_secret: it is not exported.
    """

    name: str
    type: str
    required: bool
    key_place: int | None
    claims: bool
    is_secret: bool


@dataclass(frozen=True)
class UserTable:
    """A table; the names are those of queries/userdata_tables.sql."""

    oid: int
    schema: str
    name: str
    is_partitioned: bool
    is_outside: bool
    may_read: bool
    may_delete: bool
    is_filtered: bool
    is_distributed: bool
    is_log: bool
    columns: tuple[UserColumn, ...]

    def __str__(self) -> str:
        """Its name with schema, such as public.users."""
        return f"{self.schema}.{self.name}"

    @property
    def is_readable(self) -> bool:
        """Whether this role sees all of its rows."""
        return self.may_read and not self.is_filtered

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of its primary key, in order."""
        found = [(c.key_place, c.name) for c in self.columns if c.key_place is not None]
        return tuple(name for _, name in sorted(found))

    @property
    def has_id(self) -> bool:
        """Whether its rows have an id by which a log can name them."""
        return any(column.name == "id" and column.type == "uuid" for column in self.columns)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that are exported."""
        return tuple(column.name for column in self.columns if not column.is_secret)

    @property
    def withheld(self) -> tuple[str, ...]:
        """The columns that are not."""
        return tuple(column.name for column in self.columns if column.is_secret)

    @property
    def says_whose(self) -> bool:
        """Whether it is a log whose lines name the owner of their row."""
        return self.is_log and any(c.name == "user_id" and c.required for c in self.columns)

    def requires(self, names: tuple[str, ...]) -> bool:
        """Whether none of these columns can be null."""
        return all(column.required for column in self.columns if column.name in names)


@dataclass(frozen=True)
class UserReference:
    """A foreign key."""

    name: str
    child: int
    parent: int
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    action: str


@dataclass(frozen=True)
class Holdings:
    """Where a database holds personal data.

    Attributes:
        tables: all tables, by oid.
        roots: public.users, and auth.users where it exists: a row of these is a person.
        references: foreign keys that lead to a root, over any number of tables.
    """

    tables: dict[int, UserTable]
    roots: tuple[UserTable, ...]
    references: tuple[UserReference, ...]

    @cached_property
    def reached(self) -> tuple[UserTable, ...]:
        """The roots, and the tables whose keys lead to them."""
        oids = {reference.child for reference in self.references}
        others = [t for t in self.tables.values() if t.oid in oids and t not in self.roots]
        return (*self.roots, *others)

    @cached_property
    def claimed(self) -> tuple[UserTable, ...]:
        """Tables that no key reaches and that may hold a person's id."""
        return tuple(
            t for t in self.tables.values() if t not in self.reached and any(self.claims(t))
        )

    @cached_property
    def asked(self) -> tuple[UserTable, ...]:
        """Tables whose rows may name a person and are all visible to this role."""
        return tuple(
            t
            for t in self.tables.values()
            if t.is_readable and (t in self.roots or self.direct(t) or any(self.claims(t)))
        )

    @cached_property
    def logs(self) -> tuple[UserTable, ...]:
        """Logs whose lines have no key to a person: they may be about rows of anybody."""
        return tuple(t for t in self.asked if t.is_log and t not in self.reached)

    def claims(self, table: UserTable) -> Iterator[UserColumn]:
        """The columns of a table that may hold a person's id without a foreign key.

        The primary key of a table that a key reaches is the id of its own rows.
        """
        explained = {name for r in self.references if r.child == table.oid for name in r.columns}
        if table in self.reached:
            explained |= set(table.key)
        return (c for c in table.columns if c.claims and c.name not in explained)

    def direct(self, table: UserTable) -> tuple[UserReference, ...]:
        """The keys by which rows of a table name people; the row of a person names nobody else."""
        oids = {root.oid for root in self.roots}
        if table.oid in oids:
            return ()
        return tuple(r for r in self.references if r.child == table.oid and r.parent in oids)

    def indirect(self, table: UserTable) -> tuple[UserReference, ...]:
        """The other keys of a table that lead to people, where its rows may name nobody."""
        oids = {root.oid for root in self.roots}
        named = any(table.requires(key.columns) for key in self.direct(table))
        named |= any(c.name == "user_id" and c.required for c in self.claims(table))
        if table.oid in oids or named:
            return ()
        return tuple(r for r in self.references if r.child == table.oid and r.parent not in oids)
