"""The parts of a relation, and the rights of roles: values only."""

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
    """Whether a role may do something, and a remark."""

    answer: RowAccess
    condition: Words = ()


@dataclass(frozen=True)
class Access:
    """What a role may do with a relation: read, insert, update, delete."""

    who: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class JsonKey:
    """A key of a JSON object, according to the check of its column."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True)
class Structure:
    """What a JSON column accepts: the constraint, and an example that it accepts.

    Attributes:
        constraint: the evaluated checks; None where there is none.
        example: formatted JSON; None where none was found.
        is_array: whether the keys are those of an array's elements.
        keys: the keys of the example.
        others: whether further keys are accepted.
        unasked: checks with other columns, or with functions that are not Postgres's.
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
        """Its anchor in the page of its table."""
        return f"column-{slug(f'{self.table}.{self.name}')}"

    @property
    def bare(self) -> str:
        """Its name without quotes."""
        return unquoted(self.name)


@dataclass(frozen=True)
class RelationPart:
    """A constraint, index, trigger or the like of a relation.

    Attributes:
        name: its name.
        what: what it does, in words.
        sql: its definition, if the words do not cover it.
        comment: its comment.
    """

    name: str
    what: Words
    sql: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Policy:
    """A policy of row level security.

    Attributes:
        name: its name.
        permissive: whether it is permissive; a restrictive one limits others.
        command: select, insert, update, delete or all.
        roles: the roles it applies to.
        using: which rows may be read, changed or deleted.
        check: which rows may be written; the same as using if it has none.
        sql: its conditions as SQL.
        comment: its comment.
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
