"""What a relation is made of, and who may do what with it: values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from arami_db.docs.names import slug
from arami_db.docs.words import Words
from arami_db.facts.names import unquoted


class RowAccess(Enum):
    """Whether a row may be read or written."""

    NO = "no"
    YES = "yes"
    PERHAPS = "see policy"


@dataclass(frozen=True)
class Cell:
    """Whether somebody may do something, and what is to be said of it."""

    answer: RowAccess
    condition: Words = ()


@dataclass(frozen=True)
class Access:
    """What somebody may do with a relation: read, insert, update, delete."""

    who: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class JsonKey:
    """A key of a JSON object, as the check of its column has it."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Structure:
    """What a JSON column takes: by which constraint, and an example that this accepts.

    Attributes:
        constraint: the checks that were asked; None where there is none.
        example: JSON, laid out; None where none could be made.
        is_array: whether the keys are those of an array's elements.
        keys: those of the example.
        others: whether further keys are accepted.
        unasked: checks that concern other columns, too, or run functions that are not Postgres's.
    """

    constraint: str | None
    example: str | None
    is_array: bool = False
    keys: tuple[JsonKey, ...] = ()
    others: bool = True
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnDoc:
    """A column of a table, view or composite type; structure is for JSON columns of tables."""

    table: str
    name: str
    type: str
    nullable: bool
    default: str | None
    comment: str | None
    keys: tuple[str, ...] = ()
    structure: Structure | None = None

    @property
    def anchor(self) -> str:
        """Where it is in a page of its own table."""
        return f"column-{slug(f'{self.table}.{self.name}')}"

    @property
    def bare(self) -> str:
        """Its name without quotes."""
        return unquoted(self.name)


@dataclass(frozen=True)
class RelationPart:
    """A constraint, index, trigger or the like of a relation.

    Attributes:
        name: its own.
        what: what it does, in words.
        sql: its definition, where there is more to it.
        comment: what its author says of it.
    """

    name: str
    what: Words
    sql: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Policy:
    """A policy of row level security.

    Attributes:
        name: its own.
        permissive: whether it allows; a restrictive one takes away.
        command: select, insert, update, delete or all.
        roles: to whom it applies.
        using: which rows it lets be read, changed or deleted.
        check: which rows it lets be written; as using where it has none.
        sql: its conditions as they are written.
        comment: what its author says of it.
    """

    name: str
    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: Words
    check: Words
    sql: tuple[tuple[str, str], ...]
    comment: str | None


@dataclass(frozen=True)
class ForeignKeyDoc:
    """A foreign key: from the columns of a table to those of another."""

    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: Words
    is_unique: bool
    is_optional: bool
