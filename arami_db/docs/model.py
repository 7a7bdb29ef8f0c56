"""What a reference says of a schema: values only, in the order they are read in."""

from __future__ import annotations

from dataclasses import dataclass

from arami_db.docs.names import slug
from arami_db.docs.parts import Access, ColumnDoc, ForeignKeyDoc, Policy, RelationPart
from arami_db.docs.words import Words


@dataclass(frozen=True)
class RelationDoc:
    """A table or view.

    Attributes:
        kind: table, view, materialized view or foreign table.
        name: quoted and qualified as SQL has it.
        notes: what else is to be known, a sentence each.
        own: the column that names whose a row is, where policies say so.
        ways: what somebody may do besides, and other ways to it than a grant, a sentence each.
        definition: of a view.
        reads: the tables and views that a view is made of.
        read_by: the views that are made of it.
    """

    kind: str
    name: str
    comment: str | None
    columns: tuple[ColumnDoc, ...]
    notes: tuple[Words, ...] = ()
    own: str | None = None
    access: tuple[Access, ...] = ()
    policies: tuple[Policy, ...] = ()
    constraints: tuple[RelationPart, ...] = ()
    indexes: tuple[RelationPart, ...] = ()
    triggers: tuple[RelationPart, ...] = ()
    references: tuple[ForeignKeyDoc, ...] = ()
    referenced: tuple[ForeignKeyDoc, ...] = ()
    ways: tuple[Words, ...] = ()
    definition: str | None = None
    reads: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Where it is in a page of many."""
        return f"{'view' if self.is_view else 'table'}-{slug(self.name)}"

    @property
    def is_view(self) -> bool:
        """Whether it is a view, materialized or not."""
        return "table" not in self.kind


@dataclass(frozen=True)
class FunctionDoc:
    """A function, procedure or aggregate.

    Attributes:
        kind: which of these.
        name: with the types of its parameters, as SQL names it.
        callers: the roles that may call it.
        settings: those in force while it runs.
        reached: who causes it to run without a right to call it, and by which path.
        source: its body.
    """

    kind: str
    name: str
    arguments: str
    returns: str | None
    comment: str | None
    callers: tuple[str, ...]
    security: str
    language: str
    volatility: str
    settings: tuple[tuple[str, str], ...]
    reached: tuple[tuple[str, str], ...]
    source: str

    @property
    def anchor(self) -> str:
        """Where it is in a page of many."""
        return f"function-{slug(self.name)}"


@dataclass(frozen=True)
class Type:
    """A domain, enum, range, composite or base type; `details` are what it is made of."""

    name: str
    kind: str
    comment: str | None
    details: tuple[RelationPart, ...]

    @property
    def anchor(self) -> str:
        """Where it is in a page of many."""
        return f"type-{slug(self.name)}"


@dataclass(frozen=True)
class Coverage:
    """How many objects of a kind have a comment, and the names of those that have none."""

    kind: str
    total: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """A schema, and how many relations and functions it has."""

    name: str
    comment: str | None
    relations: int
    functions: int


@dataclass(frozen=True)
class Reference:
    """All that is said of a database."""

    schemas: tuple[Schema, ...]
    relations: tuple[RelationDoc, ...]
    functions: tuple[FunctionDoc, ...]
    types: tuple[Type, ...]
    coverage: tuple[Coverage, ...]

    @property
    def tables(self) -> tuple[RelationDoc, ...]:
        """The tables, foreign ones too."""
        return tuple(one for one in self.relations if not one.is_view)

    @property
    def views(self) -> tuple[RelationDoc, ...]:
        """The views, materialized ones too."""
        return tuple(one for one in self.relations if one.is_view)

    @property
    def foreign_keys(self) -> tuple[ForeignKeyDoc, ...]:
        """Those of all tables."""
        return tuple(key for table in self.tables for key in table.references)
