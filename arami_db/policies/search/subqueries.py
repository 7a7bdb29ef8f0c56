"""Rows of other tables that the queries in a condition must find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from arami_db.policies.expressions.aggregates import aggregated, counted, counts, is_called, size_of
from arami_db.policies.expressions.tree import (
    NULL,
    TAKING_APART,
    Expr,
    Query,
    literal,
    mapped,
    renamed,
)
from arami_db.policies.search.goals import Goal, Spot, Step
from arami_db.policies.search.places import place_of


@dataclass(frozen=True)
class _Opened:
    """A query with a row for each of its tables: what must be so of them, and what it selects."""

    spot: Spot
    conditions: tuple[Expr, ...]
    target: Expr | None


def found_rows(part: Expr, spot: Spot) -> Iterator[Step]:
    """Rows that a query finds, and what must be so of them.

    Args:
        part: of kind exists, in, or any of a list.
        spot: where it stands.
    """
    query = part.query or part.args[1].query
    for one in _opened(query, spot) if query else ():
        asked = one.conditions
        if part.kind != "exists" and one.target is not None:
            asked = (*asked, Expr("op", part.name, (part.args[0], one.target)))
        yield one.spot.world, tuple((condition, one.spot.env) for condition in asked)


def without_query(part: Expr, spot: Spot) -> Iterator[Step]:
    """A condition with a row's value in the place of a query that yields one.

    Args:
        part: the condition.
        spot: where it stands.
    """
    found = _scalar(part)
    if found is None or found.query is None:
        return
    if size := size_of(found.query):
        yield spot.world, ((_put(part, found, size), spot.env),)
        return
    target = found.query.target
    is_counted = target is not None and is_called(target, {"count"})
    for count in counts(part) if is_counted else (1,):
        yield from _with_rows(part, found, count, spot)
    if not is_counted:  # no row at all
        empty = NULL if found.kind == "scalar" else Expr("cast", "text[]", (literal("{}"),))
        yield spot.world, ((_put(part, found, empty), spot.env),)


def _with_rows(part: Expr, found: Expr, count: int, spot: Spot) -> Iterator[Step]:
    """A condition with the value of a query that finds so many rows."""
    query, goals = found.query, list[Goal]()
    if query is None or query.target is None:
        return
    if count == 1:
        for one in _opened(query, spot):
            if one.target is not None:
                value = _put(part, found, aggregated(found, one.target, 1))
                asked = (*one.conditions, *counted(one.target), value)
                yield one.spot.world, tuple((each, one.spot.env) for each in asked)
        return
    for _ in range(count):
        opened = next(_opened(query, spot, is_new=True), None)
        if opened is None:
            return
        spot = opened.spot
        asked = (*opened.conditions, *counted(opened.target))
        goals += [(condition, spot.env) for condition in asked]
    goals.append((_put(part, found, aggregated(found, query.target, count)), spot.env))
    yield spot.world, tuple(goals)


def _opened(query: Query, spot: Spot, *, is_new: bool = False) -> Iterator[_Opened]:
    """Rows for a query's tables: those that are there already, if they will do, or new ones."""
    yield from _rows(query, 0, spot, (), is_new=is_new)


def _rows(
    query: Query, place: int, spot: Spot, used: tuple[str, ...], *, is_new: bool
) -> Iterator[_Opened]:
    """Rows for the tables from a place in FROM on."""
    if place == len(query.sources):
        on = [source.on for source in query.sources]
        where = tuple(one for one in (*on, query.where) if one is not None)
        target = query.target
        yield _Opened(spot, where, target and _apart(target, spot))
        return
    source = query.sources[place]
    table = spot.server.tables.get(source.table or ("", ""))
    if table is not None:
        there = [n for n, t in spot.world.tables.items() if t.path == table.path and n not in used]
        made, new = spot.world.with_row(table)
        for name in (*(there if not is_new else ()), new):
            alias = f"{source.alias} {name}"
            env = {**spot.env, alias: name}
            here = replace(spot, world=made if name == new else spot.world, env=env)
            named = _renamed(query, source.alias, alias)
            yield from _rows(named, place + 1, here, (*used, name), is_new=is_new)
    elif source.call is not None and source.call.path[-1:][0] in TAKING_APART:
        element = _element(source.call, spot)
        columns = [(source.alias, name) for name in (*source.columns, source.alias, "value")]
        changed = _replaced(query, dict.fromkeys(columns, element))
        yield from _rows(changed, place + 1, spot, used, is_new=is_new)
    if source.left:  # no row of it: all that is asked of one is null
        yield from _rows(_nulled(query, place), place + 1, spot, used, is_new=is_new)


def _apart(target: Expr, spot: Spot) -> Expr:
    """What is selected: where a call takes it apart, cast or not, an element of it."""
    if target.kind == "cast":
        return replace(target, args=(_apart(target.args[0], spot), *target.args[1:]))
    is_taking = target.kind == "call" and target.path[-1] in TAKING_APART
    return _element(target, spot) if is_taking else target


def _element(call: Expr, spot: Spot) -> Expr:
    """An element of what is taken apart: the first one, of JSON at a place."""
    name = call.path[-1]
    if name.startswith("json") and "array" in name and place_of(call.args[0], spot.env):
        operator = "->>" if name.endswith("_text") else "->"
        return Expr("op", operator, (call.args[0], Expr("const", "0")))
    return Expr("element", name, call.args[:1])


def _renamed(query: Query, old: str, new: str) -> Query:
    return renamed(Expr("scalar", query=query), old, new).query or query


def _replaced(query: Query, columns: dict[tuple[str, str], Expr]) -> Query:
    def change(part: Expr) -> Expr:
        found = {(one[0], one[1]): value for one, value in columns.items()}
        key = (part.path[0], part.path[-1]) if part.path else ("", "")
        is_named = part.kind == "column" and len(part.path) == 2
        return found[key] if is_named and key in found else mapped(part, change)

    return change(Expr("scalar", query=query)).query or query


def _nulled(query: Query, place: int) -> Query:
    """A query in which a table, joined from the left, has no row."""
    alias = query.sources[place].alias
    sources = [*query.sources]
    sources[place] = replace(sources[place], on=None)

    def change(part: Expr) -> Expr:
        is_its = part.kind in {"column", "star"} and part.path[0] == alias
        return NULL if is_its else mapped(part, change)

    whole = Expr("scalar", query=replace(query, sources=tuple(sources)))
    return change(whole).query or query


def _scalar(part: Expr) -> Expr | None:
    """The first query of which an expression takes the value."""
    if part.kind in {"scalar", "list"}:
        return part
    return next((found for arg in part.args if (found := _scalar(arg))), None)


def _put(part: Expr, old: Expr, new: Expr) -> Expr:
    if part is old:
        return new
    return replace(part, args=tuple(_put(arg, old, new) for arg in part.args))
