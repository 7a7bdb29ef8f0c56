"""Split a condition into the ways in which it can be true: one for each side of OR."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

from arami_db.policies.expressions.folding import folded
from arami_db.policies.expressions.tree import FALSE, TRUE, Expr, joined, literal, negated

MOST = 16  # of more ways than so many for several conditions, one after another is split
_OPPOSITES = {
    "=": "<>", "<>": "=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "~~": "!~~", "!~~": "~~", "~~*": "!~~*", "!~~*": "~~*",
    "~": "!~", "!~": "~", "~*": "!~*", "!~*": "~*",
}  # fmt: skip
_OPPOSITE_TESTS = {
    "null": "not null",
    "not null": "null",
    "true": "not true",
    "not true": "true",
    "false": "not false",
    "not false": "false",
    "distinct from": "not distinct from",
    "not distinct from": "distinct from",
}


def ways(part: Expr) -> tuple[Expr, ...]:
    """The ways for a condition to be true; a condition that is never true has none.

    Args:
        part: the condition.
    """
    found = [way for way in _ways(part) if way != FALSE]
    return tuple(dict.fromkeys(found))


def _ways(part: Expr) -> list[Expr]:
    part = folded(part)
    match part.kind:
        case "or":
            return [way for arg in part.args for way in _ways(arg)]
        case "and":
            return _all(part, [_ways(arg) for arg in part.args])
        case "not":
            opposite = denied(part.args[0])
            return [part] if opposite == part else _ways(opposite)
        case "test" if part.name in {"true", "not false"}:
            unknown = [] if part.name == "true" else [Expr("test", "null", part.args)]
            return [*_ways(part.args[0]), *unknown]
        case "any" if part.args[1].kind == "array" and part.args[1].args:
            return [Expr("op", part.name, (part.args[0], one)) for one in part.args[1].args]
        case "op" if (place := _side(part, "call", ("coalesce",))) is not None:
            return _of_compared(part, place)
        case "op" if (place := _side(part, "case", ())) is not None:
            return _of_case(_compared_case(part, place))
        case "call" if part.path == ("coalesce",):
            return _of_coalesce(part.args)
        case "case":
            return _of_case(part.args)
        case "exists" | "scalar" | "in":
            return _of_query(part)
    return [part]


def _all(part: Expr, options: list[list[Expr]]) -> list[Expr]:
    """Every choice of a way for each of several conditions; of too many, each way of each once."""
    if prod(map(len, options)) > MOST:
        return [
            joined("and", (*part.args[:place], way, *part.args[place + 1 :]))
            for place, found in enumerate(options)
            for way in (found if len(found) > 1 else ())
        ]
    chosen = [joined("and", tuple(o for o in one if o != TRUE)) for one in product(*options)]
    return [way for way in chosen if not (way.kind == "and" and FALSE in way.args)]


def _of_coalesce(args: tuple[Expr, ...]) -> list[Expr]:
    found: list[Expr] = []
    before: tuple[Expr, ...] = ()
    for arg in args:
        found += [joined("and", (*before, way)) for way in _ways(arg) if way != FALSE]
        before = (*before, Expr("test", "null", (arg,)))
    return found


def _side(part: Expr, kind: str, path: tuple[str, ...]) -> int | None:
    """Which side of a comparison is of a kind."""
    sides = [n for n, arg in enumerate(part.args) if (arg.kind, arg.path) == (kind, path)]
    return sides[0] if sides else None


def _compared_case(part: Expr, place: int) -> tuple[Expr, ...]:
    """A comparison with CASE as a CASE of comparisons."""
    found = part.args[place].args

    def compared(result: Expr) -> Expr:
        args = tuple(result if side == place else one for side, one in enumerate(part.args))
        return replace(part, args=args)

    pairs = zip(found[0:-1:2], found[1:-1:2], strict=True)
    args = [one for condition, result in pairs for one in (condition, compared(result))]
    return (*args, compared(found[-1]))


def _of_compared(part: Expr, place: int) -> list[Expr]:
    """A comparison with the first of several that is not null is one with each of them."""
    found: list[Expr] = []
    before: tuple[Expr, ...] = ()
    for arg in part.args[place].args:
        args = tuple(arg if side == place else one for side, one in enumerate(part.args))
        compared = _ways(replace(part, args=args))
        found += [joined("and", (*before, way)) for way in compared if way not in (TRUE, FALSE)]
        found += [joined("and", before)] if TRUE in compared else []
        before = (*before, Expr("test", "null", (arg,)))
    return found


def _of_case(args: tuple[Expr, ...]) -> list[Expr]:
    found: list[Expr] = []
    before: tuple[Expr, ...] = ()
    for condition, result in zip(args[0:-1:2], args[1:-1:2], strict=True):
        whole = joined("and", (*before, condition, result))
        found += [way for way in _ways(whole) if FALSE not in (way, *way.args)]
        before = (*before, Expr("test", "not true", (condition,)))
    rest = joined("and", (*before, args[-1]))
    return [*found, *(way for way in _ways(rest) if FALSE not in (way, *way.args))]


def _of_query(part: Expr) -> list[Expr]:
    """A query whose rows may be of several kinds is a query of each kind."""
    query = part.query
    if query is None or query.where is None or (part.kind == "scalar" and query.target is None):
        return [part]
    if part.kind == "scalar" and any(a.kind == "call" for a in (query.target or part,)[:1]):
        return [part]  # an aggregate is of all of them
    found = _ways(query.where)
    return [replace(part, query=replace(query, where=way)) for way in found]


def denied(part: Expr) -> Expr:
    """The negation of a condition, with NOT moved inwards as far as possible.

    Args:
        part: the condition.
    """
    match part.kind:
        case "and" | "or":
            other = "or" if part.kind == "and" else "and"
            return joined(other, tuple(denied(arg) for arg in part.args))
        case "not":
            return part.args[0]
        case "op" if part.name in _OPPOSITES and part.args[1:]:
            return replace(part, name=_OPPOSITES[part.name])
        case "any" | "all" if part.name in _OPPOSITES:
            other = "all" if part.kind == "any" else "any"
            return Expr(other, _OPPOSITES[part.name], part.args)
        case "test" if part.name in _OPPOSITE_TESTS:
            return replace(part, name=_OPPOSITE_TESTS[part.name])
        case "case":
            pairs = zip(part.args[0:-1:2], part.args[1:-1:2], strict=True)
            args = [a for condition, result in pairs for a in (condition, denied(result))]
            return replace(part, args=(*args, denied(part.args[-1])))
        case "call" if part.path == ("coalesce",):
            return replace(part, args=tuple(denied(arg) for arg in part.args))
        case "const" if part in {TRUE, FALSE}:
            return FALSE if part == TRUE else TRUE
        case "cast" if part.name in {"boolean", "bool"} and part.args[0].kind == "const":
            return literal("f") if part.args[0].name in {"'t'", "'true'"} else literal("t")
    return negated(part)
