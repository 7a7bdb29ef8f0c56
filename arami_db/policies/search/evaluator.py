"""Let the server evaluate expressions in a world, and undo it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import psycopg

from arami_db.database.connect import Connection
from arami_db.files.definitions.names import quoted
from arami_db.policies.expressions.tree import NULL, Expr, literal, renamed, walk
from arami_db.policies.expressions.writing import table_name, text
from arami_db.policies.search.places import ROW, Env, as_text
from arami_db.policies.search.worlds import CaseWorld
from arami_db.rows.tables import Column, Path, Table

_ROW = "arami row"
_UNDO = "rollback to savepoint arami_asked"
Answer = tuple[str | None, str]  # a value as text, and its type


@dataclass
class Evaluator:
    """Answers by the statement that asked for them.

    Attributes:
        connection: in a transaction.
        tables: by path.
        people: columns that hold ids of those who sign in.
    """

    connection: Connection
    tables: dict[Path, Table]
    people: frozenset[tuple[Path, str]] = frozenset()
    _known: dict[str, Answer | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make what every question goes back to; one that is no SQL undoes nothing else, either."""
        self.connection.execute("savepoint arami_asked")

    @cached_property
    def enums(self) -> frozenset[str]:
        """The names of the enums that columns have."""
        columns = (one for table in self.tables.values() for one in table.columns.values())
        return frozenset(one.type.rpartition(".")[2] for one in columns if one.labels)

    def value(self, part: Expr, env: Env, world: CaseWorld) -> Answer | None:
        """What an expression without queries is, as text; None where it fails.

        Args:
            part: of values that the world has.
            env: which row each name is.
            world: the world.
        """
        written = text(self._filled(part, env, world))
        return self._asked(f"select ({written})::text, pg_typeof({written})::text", world)

    def is_true(self, part: Expr, world: CaseWorld, besides: tuple[Expr, ...] = ()) -> bool | None:
        """Whether a condition is true of the world's row; null is false, an error is None.

        Args:
            part: the condition.
            world: the world; of the tables it speaks of, only the rows in it are seen.
            besides: what must not be false of the row; where it is, the answer is None.
        """
        table = world.tables[ROW]
        # By one name, so that a question of many tables is asked once.
        asked, *rules = (renamed(one, table.name, _ROW) for one in (part, *besides))
        condition = f"coalesce(({text(asked, self._shadow)}), false)"
        possible = [f"(({text(rule, self._shadow)}) is not false)" for rule in rules]
        paths = {path for one in (asked, *rules) for path in _tables(one, self.tables)}
        shadows = [f"{self._shadow(path)} as ({self._rows(path, world)})" for path in sorted(paths)]
        begin = f"with {', '.join(shadows)} " if shadows else ""
        row = self._row(table, world.row(ROW), _columns((asked, *rules), table))
        if possible:
            condition = f"case when {' and '.join(possible)} then {condition} end"
        found = self._asked(
            f"{begin}select ({condition})::text, 'boolean' from ({row}) as {quoted(_ROW)}",  # noqa: S608
            world,
        )
        return None if found is None or found[0] is None else found[0] == "true"

    def _filled(self, part: Expr, env: Env, world: CaseWorld) -> Expr:
        if part.kind == "column" and len(part.path) == 2 and part.path[0] in env:
            place = (env[part.path[0]], part.path[1])
            column = world.column(place)
            value = literal(as_text(world.get(place))) if world.has(place) else NULL
            return Expr("cast", _type(column), (value,)) if column else value
        return replace(part, args=tuple(self._filled(arg, env, world) for arg in part.args))

    def _shadow(self, path: Path) -> str:
        """The name of the rows that stand for a table; anything else keeps its name."""
        return quoted("arami_" + ".".join(path)) if path in self.tables else table_name(path)

    def _rows(self, path: Path, world: CaseWorld) -> str:
        table = self.tables[path]
        names = [name for name, of in world.tables.items() if of.path == path]
        rows = [self._row(table, world.row(name)) for name in names]
        return " union all ".join(rows) if rows else f"{self._row(table, {})} where false"

    @staticmethod
    def _row(
        table: Table, values: dict[str, str | None], only: Collection[str] | None = None
    ) -> str:
        made = (
            f"{text(literal(values.get(name)))}::{_type(column)} as {quoted(name)}"
            for name, column in table.columns.items()
            if only is None or name in only
        )
        return "select " + ", ".join(made)

    def _asked(self, statement: str, world: CaseWorld) -> Answer | None:
        claims = json.dumps(world.all_claims)
        settings = {
            "request.jwt.claims": claims,
            "request.jwt.claim.sub": "",
            "request.jwt.claim.role": "",
            "request.jwt.claim.email": "",
            **{f"request.jwt.claim.{k}": as_text(v) or "" for k, v in world.all_claims.items()},
            **world.settings,
        }
        sets = (
            f"set_config({text(literal(name))}, {text(literal(value))}, true)"
            for name, value in settings.items()
        )
        whole = f"select {', '.join(sets)}; {statement}"
        if whole not in self._known:
            self._known[whole] = self._answer(whole)
        return self._known[whole]

    def _answer(self, statements: str) -> Answer | None:
        try:
            cursor = self.connection.execute(f"{statements}; {_UNDO}".encode())
            cursor.nextset()
            row = cursor.fetchone()
        except psycopg.Error:
            if self.connection.closed:
                raise
            self.connection.execute(_UNDO)
            return None
        except UnicodeError:
            return None
        return (row[0], str(row[1])) if row else (None, "unknown")


def _columns(parts: Iterable[Expr], table: Table) -> set[str]:
    """The columns of the row that some conditions read."""
    inside = [one for part in parts for one in walk(part)]
    if any(one.kind in {"star", "opaque"} and one.path[:1] in {(), (_ROW,)} for one in inside):
        return set(table.columns)
    return {one.path[1] for one in inside if one.kind == "column" and one.path[0] == _ROW}


def _type(column: Column) -> str:
    """A column's type; of a domain the one below, which takes what the domain would refuse."""
    return column.full_type if column.full_type.startswith(column.type) else column.type


def _tables(part: Expr, tables: dict[Path, Table]) -> set[Path]:
    queries = [one.query for one in walk(part) if one.query is not None]
    return {s.table for q in queries for s in q.sources if s.table is not None} & set(tables)
