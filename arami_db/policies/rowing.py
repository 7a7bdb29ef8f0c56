"""Rows of other tables that a condition's queries have to find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from arami_db.policies.places import Env
from arami_db.policies.spots import Goal, Spot, Step
from arami_db.policies.tree import NULL, Expr, Query, literal, mapped
from arami_db.policies.worlds import World

_AGGREGATES = {
    "count", "max", "min", "sum", "avg", "bool_or", "bool_and", "every", "array_agg",
    "string_agg", "jsonb_agg", "json_agg",
}  # fmt: skip
_ELEMENTS = {
    "unnest", "jsonb_array_elements_text", "jsonb_array_elements", "json_array_elements_text",
    "json_array_elements", "string_to_table", "regexp_split_to_table", "jsonb_object_keys",
}  # fmt: skip


def found_rows(part: Expr, spot: Spot) -> Iterator[Step]:
    """A row for each table of a query that has to find one, and what must be so of them.

    Args:
        part: of kind exists, in, or any of a list.
        spot: where it stands.
    """
    query = part.query or part.args[1].query
    opened = _opened(query, spot) if query else None
    if opened is None:
        return
    world, env, now = opened
    goals: list[Goal] = [(one, env) for one in now.conditions]
    if part.kind != "exists" and now.target is not None:
        goals.append((Expr("op", part.name, (part.args[0], now.target)), env))
    yield world, tuple(goals)


def without_query(part: Expr, spot: Spot) -> Iterator[Step]:
    """A condition with a row's value in the place of a query that yields one.

    Args:
        part: the condition.
        spot: where it stands.
    """
    found = _scalar(part)
    if found is None or found.query is None:
        return
    target = found.query.target
    is_counted = target is not None and _is_called(target, {"count"})
    for count in (1, 0, 2, 3) if is_counted else (1,):
        yield from _with_rows(part, found, count, spot)
    if not is_counted:  # no row at all
        empty = NULL if found.kind == "scalar" else Expr("cast", "text[]", (literal("{}"),))
        yield spot.world, ((_put(part, found, empty), spot.env),)


def _with_rows(part: Expr, found: Expr, count: int, spot: Spot) -> Iterator[Step]:
    world, env, goals = spot.world, spot.env, list[Goal]()
    query = found.query
    target = query.target if query else None
    for _ in range(count):
        opened = _opened(query, replace(spot, world=world)) if query else None
        if opened is None:
            return
        world, env, now = opened
        goals += [(one, env) for one in now.conditions]
        target = now.target
    if target is None:
        return
    value = _aggregated(target, count)
    if found.kind == "list":
        value = Expr("array", args=(value,))
    yield world, (*goals, (_put(part, found, value), env))


def _opened(query: Query, spot: Spot) -> tuple[World, Env, Query] | None:
    """A row for each table; an array that is taken apart has one element."""
    world, env = spot.world, dict(spot.env)
    elements: dict[tuple[str, ...], Expr] = {}
    for source in query.sources:
        table = spot.server.tables.get(source.table or ("", ""))
        if table is not None:
            world, env[source.alias] = world.with_row(table)
        elif source.call is not None and source.call.path[-1:][0] in _ELEMENTS:
            element = Expr("element", args=source.call.args[:1])
            for column in (*source.columns, source.alias, "value"):
                elements[source.alias, column] = element
        else:
            return None
    return world, env, _replaced(query, elements) if elements else query


def _replaced(query: Query, elements: dict[tuple[str, ...], Expr]) -> Query:
    def change(part: Expr) -> Expr:
        return elements.get(part.path) or mapped(part, change)

    whole = change(Expr("scalar", query=query)).query
    return whole or query


def _scalar(part: Expr) -> Expr | None:
    """The first query of which an expression takes the value."""
    if part.kind in {"scalar", "list"}:
        return part
    return next((found for arg in part.args if (found := _scalar(arg))), None)


def _put(part: Expr, old: Expr, new: Expr) -> Expr:
    if part is old:
        return new
    return replace(part, args=tuple(_put(arg, old, new) for arg in part.args))


def _is_called(part: Expr, names: set[str]) -> bool:
    if part.kind == "call" and part.path[-1] in names:
        return True
    return any(_is_called(arg, names) for arg in part.args)


def _aggregated(target: Expr, count: int) -> Expr:
    """What a query selects, where it finds so many rows that are alike."""
    if target.kind == "call" and target.path[-1] in _AGGREGATES:
        if target.path[-1] == "count":
            return Expr("const", str(count))
        if target.path[-1].endswith("_agg") and target.path[-1] != "string_agg":
            return Expr("array", args=target.args[:1])
        return target.args[0]
    return replace(target, args=tuple(_aggregated(arg, count) for arg in target.args))
