"""The tables of a database as far as they can speak of a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# What becomes of a row when the row that it refers to goes, as pg_constraint has it.
CASCADE, CLEARING = "c", ("n", "d")


@dataclass(frozen=True)
class UserColumn:
    """A column; the names are those of queries/userdata_tables.sql.

    Attributes:
        name, type: of a domain, the type it is made of.
        required: it cannot be null.
        key_place: its place in the primary key; None where it is not in it.
        claims: a person's id in it means that the row speaks of that person.
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
        """As in public.users."""
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
        """Whether its rows have an id of their own that a log can name them by."""
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
        """Whether it is a log that says of every line whose row it is about."""
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
    """Where a database keeps what it knows of people.

    Attributes:
        tables: all, by oid.
        roots: public.users, and auth.users where there is one: a row of these is a person.
        references: foreign keys that lead to a root, over however many tables.
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
        """The tables of which this role sees every row, and whose rows may name a person."""
        return tuple(
            t
            for t in self.tables.values()
            if t.is_readable and (t in self.roots or self.direct(t) or any(self.claims(t)))
        )

    @cached_property
    def logs(self) -> tuple[UserTable, ...]:
        """Logs whose lines no key ties to a person: these may be about anybody's rows."""
        return tuple(t for t in self.asked if t.is_log and t not in self.reached)

    def claims(self, table: UserTable) -> Iterator[UserColumn]:
        """The columns of a table that may hold a person's id and that no key explains.

        The primary key of a table that a key reaches is the id of its own rows.
        """
        explained = {name for r in self.references if r.child == table.oid for name in r.columns}
        if table in self.reached:
            explained |= set(table.key)
        return (c for c in table.columns if c.claims and c.name not in explained)

    def direct(self, table: UserTable) -> tuple[UserReference, ...]:
        """The keys by which rows of a table name people; a person's own row names nobody else."""
        oids = {root.oid for root in self.roots}
        if table.oid in oids:
            return ()
        return tuple(r for r in self.references if r.child == table.oid and r.parent in oids)

    def indirect(self, table: UserTable) -> tuple[UserReference, ...]:
        """The other keys of a table that lead to people, where its rows need not name anybody."""
        oids = {root.oid for root in self.roots}
        named = any(table.requires(key.columns) for key in self.direct(table))
        named |= any(c.name == "user_id" and c.required for c in self.claims(table))
        if table.oid in oids or named:
            return ()
        return tuple(r for r in self.references if r.child == table.oid and r.parent not in oids)
