"""The tree of an expression, and what walks and changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from arami_db.rows.tables import Path


@dataclass(frozen=True)
class Expr:
    """A part of a condition.

    Attributes:
        kind: const, column, op, call, cast, and, or, not, test, any, all, array, row, case, index,
            field, exists, scalar, in, list (array of a query) or opaque.
        name: of a const its literal, of a cast its type, of an op, any, all or in the operator, of
            a test what stands behind "is", of an opaque one its SQL.
        args: operands; of a case condition and result by turns, and the rest.
        path: of a column [table,] column; of a call [schema,] function.
        query: of what looks at other tables.
    """

    kind: str
    name: str = ""
    args: tuple[Expr, ...] = ()
    path: tuple[str, ...] = ()
    query: Query | None = None


@dataclass(frozen=True)
class Source:
    """A table, a call or a query in FROM, under a name; on is its join's condition."""

    alias: str
    table: Path | None = None
    call: Expr | None = None
    query: Query | None = None
    on: Expr | None = None
    left: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """A query; its target is a row where it selects several. Tail is its LIMIT, as SQL."""

    target: Expr | None
    sources: tuple[Source, ...] = ()
    where: Expr | None = None
    tail: str = ""
    distinct: bool = False
    names: tuple[str, ...] = ()

    @property
    def value(self) -> Expr | None:
        """What it selects, where it selects that from nothing."""
        is_plain = not (self.sources or self.where or self.tail)
        return self.target if is_plain else None

    @property
    def conditions(self) -> tuple[Expr, ...]:
        """What its rows have to be: WHERE, and what tables are joined on."""
        return tuple(e for e in (*(s.on for s in self.sources), self.where) if e is not None)


TAKING_APART = {
    "unnest", "jsonb_array_elements_text", "jsonb_array_elements", "json_array_elements_text",
    "json_array_elements", "string_to_table", "regexp_split_to_table", "jsonb_object_keys",
}  # fmt: skip
TRUE, FALSE, NULL = Expr("const", "true"), Expr("const", "false"), Expr("const", "null")


def literal(text: str | None) -> Expr:
    """A text, or null, as a constant of no type yet.

    Args:
        text: the value.
    """
    return NULL if text is None else Expr("const", "'" + text.replace("'", "''") + "'")


def negated(part: Expr) -> Expr:
    """The opposite of a condition.

    Args:
        part: the condition.
    """
    return part.args[0] if part.kind == "not" else Expr("not", args=(part,))


def joined(kind: str, parts: tuple[Expr, ...]) -> Expr:
    """Conditions by `and` or `or`; one alone is itself, and none is true, or false.

    Args:
        kind: and, or.
        parts: the conditions.
    """
    flat = [one for part in parts for one in (part.args if part.kind == kind else (part,))]
    if not flat:
        return TRUE if kind == "and" else FALSE
    return flat[0] if len(flat) == 1 else Expr(kind, args=tuple(flat))


def walk(part: Expr) -> Iterator[Expr]:
    """A part and all parts in it, those of queries included.

    Args:
        part: where to begin.
    """
    yield part
    for one in children(part):
        yield from walk(one)


def children(part: Expr) -> tuple[Expr, ...]:
    """The parts that a part is made of.

    Args:
        part: any.
    """
    if part.query is None:
        return part.args
    query = part.query
    calls = tuple(source.call for source in query.sources if source.call is not None)
    calls += tuple(Expr("scalar", query=source.query) for source in query.sources if source.query)
    target = () if query.target is None else (query.target,)
    return (*part.args, *calls, *query.conditions, *target)


def mapped(part: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The same part made of changed parts.

    Args:
        part: any.
        change: what becomes of each part directly in it.
    """
    query = part.query and _query_mapped(part.query, change)
    return replace(part, args=tuple(map(change, part.args)), query=query)


def _query_mapped(query: Query, change: Callable[[Expr], Expr]) -> Query:
    def perhaps(part: Expr | None) -> Expr | None:
        return None if part is None else change(part)

    sources = tuple(
        replace(
            s,
            call=perhaps(s.call),
            on=perhaps(s.on),
            query=s.query and _query_mapped(s.query, change),
        )
        for s in query.sources
    )
    return replace(query, target=perhaps(query.target), sources=sources, where=perhaps(query.where))


def renamed(part: Expr, old: str, new: str) -> Expr:
    """The same with another name for a row.

    Args:
        part: any.
        old: the row's name in FROM, which nothing within is called, too.
        new: its name afterwards.
    """
    if part.kind in {"column", "star"} and part.path[:1] == (old,):
        return replace(part, path=(new, *part.path[1:]))
    return mapped(part, lambda one: renamed(one, old, new))


def put(part: Expr, old: Expr, new: Expr) -> Expr:
    """The same with another part in the place of one, wherever that stands.

    Args:
        part: any.
        old: the part that is taken out.
        new: the one that is put there.
    """
    return new if part == old else mapped(part, lambda one: put(one, old, new))
