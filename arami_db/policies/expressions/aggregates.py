"""Queries that count or sum up rows."""

from __future__ import annotations

from dataclasses import replace

from arami_db.policies.expressions.claims import string
from arami_db.policies.expressions.tree import NULL, Expr, Query, children, walk

AGGREGATES = {
    "count", "max", "min", "sum", "avg", "bool_or", "bool_and", "every", "array_agg",
    "string_agg", "jsonb_agg", "json_agg",
}  # fmt: skip
_MANY = 12
_SIZES = {
    "unnest": "cardinality",
    "jsonb_array_elements": "jsonb_array_length",
    "jsonb_array_elements_text": "jsonb_array_length",
    "json_array_elements": "json_array_length",
    "json_array_elements_text": "json_array_length",
}


def is_aggregate(part: Expr) -> bool:
    """Whether an expression counts or sums up rows.

    Args:
        part: what a query selects.
    """
    if part.kind == "call" and part.path[-1] in AGGREGATES:
        return True
    return part.query is None and any(map(is_aggregate, children(part)))


def counts(part: Expr) -> list[int]:
    """The numbers of rows with which a condition on their number may be true.

    Args:
        part: the condition.
    """
    numbers = [int(text) for one in walk(part) if (text := string(one)) and text.isdigit()]
    few = [number for number in numbers if number <= _MANY]
    return list(dict.fromkeys([1, 0, *few, *(number + 1 for number in few)]))


def size_of(query: Query) -> Expr | None:
    """How many elements something has, where a query only counts them.

    Args:
        query: the query.
    """
    target, call = query.target, query.sources[0].call if len(query.sources) == 1 else None
    if target is None or call is None or query.where is not None or target.path != ("count",):
        return None
    size = _SIZES.get(call.path[-1])
    return Expr("call", args=call.args[:1], path=(size,)) if size else None


def is_called(part: Expr, names: set[str]) -> bool:
    """Whether an expression calls one of some functions.

    Args:
        part: the expression.
        names: of the functions.
    """
    if part.kind == "call" and part.path[-1] in names:
        return True
    return any(is_called(arg, names) for arg in part.args)


def counted(target: Expr | None) -> tuple[Expr, ...]:
    """What may not be null for a row to be counted.

    Args:
        target: what the query selects.
    """
    calls = [one for one in walk(target or NULL) if one.path == ("count",)]
    return tuple(Expr("test", "not null", (arg,)) for call in calls for arg in call.args)


def aggregated(found: Expr, target: Expr, count: int) -> Expr:
    """What a query selects, where it finds so many rows that are alike.

    Args:
        found: the query, as an expression.
        target: what it selects.
        count: how many rows.
    """
    value = _of_alike(target, count)
    return Expr("array", args=(value,)) if found.kind == "list" else value


def _of_alike(target: Expr, count: int) -> Expr:
    if target.kind == "call" and target.path[-1] in AGGREGATES:
        if target.path[-1] == "count":
            return Expr("const", str(count))
        if target.path[-1].endswith("_agg") and target.path[-1] != "string_agg":
            return Expr("array", args=target.args[:1])
        return target.args[0]
    return replace(target, args=tuple(_of_alike(arg, count) for arg in target.args))
