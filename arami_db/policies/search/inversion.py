"""Invert an expression: which values of its parts give a result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from arami_db.policies.expressions.claims import bare, string
from arami_db.policies.expressions.splitting import denied
from arami_db.policies.expressions.tree import TRUE, Expr
from arami_db.policies.search.arithmetic import operands
from arami_db.policies.search.functions import Wanted, arguments, element
from arami_db.policies.search.goals import Goal, Spot, Step
from arami_db.policies.search.places import Place, place_of

_CONDITIONS = {"and", "or", "not", "test", "any", "all", "in", "exists"}
_COMPARING = {"=", "<>", "<", ">", "<=", ">=", "~~", "~", "@>", "<@", "&&", "?"}


def want(part: Expr, value: str | None, spot: Spot) -> Iterator[Step]:
    """Worlds in which an expression has a value, or may have it.

    Args:
        part: the expression.
        value: as text; None for null.
        spot: where it stands.
    """
    if part.kind == "const":
        if string(part) == value:
            yield spot.world, ()
        return
    place = place_of(part, spot.env)
    if place is not None:
        yield from _at_place(part, place, value, spot)
    elif part.kind == "cast":
        yield from want(part.args[0], value, spot)
    elif part.kind in _CONDITIONS or (part.kind == "op" and part.name in _COMPARING):
        yield from _condition(part, value, spot)
    elif value is None:
        for arg in part.args:
            yield from want(arg, None, spot)
    elif part.kind == "call" and part.path == ("coalesce",):
        yield from _coalesced(part, value, spot)
    elif part.kind == "case":
        yield from _case(part, value, spot)
    else:
        for inner, needed in _parts(part, value, spot):
            yield from want(inner, needed, spot)


def _parts(part: Expr, value: str, spot: Spot) -> Iterator[Wanted]:
    match part.kind:
        case "op":
            yield from operands(part, value, spot)
        case "call":
            yield from arguments(part, value, spot)
        case "index":
            yield from element(part, value)
        case "element":
            yield part.args[0], _holding(part.name, value)
        case "array" if len(part.args) == 1:
            yield part.args[0], value.strip('{}"')


def _holding(taken: str, value: str) -> str:
    """What is taken apart so that it has a part."""
    if not taken.startswith("json"):
        return '{"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"}'
    if taken == "jsonb_object_keys":
        return json.dumps({value: True})
    with suppress(ValueError):
        return json.dumps([value if taken.endswith("_text") else json.loads(value)])
    return json.dumps([value])


def _condition(part: Expr, value: str | None, spot: Spot) -> Iterator[Step]:
    if value is None:
        for arg in part.args if part.kind == "op" else ():
            yield from want(arg, None, spot)
        return
    yield spot.world, ((part if value in {"true", "t"} else denied(part), spot.env),)


def _at_place(part: Expr, place: Place, value: str | None, spot: Spot) -> Iterator[Step]:
    """A value at a place; below a key, as JSON has it: as text where it is taken out as text."""
    column = spot.world.column(place)
    is_json = len(place) < 2 or (column is not None and column.type in {"json", "jsonb"})
    if value is None or (len(place) == 2 and column is not None and not is_json):
        yield from spot.put(place, value)
        return
    part = bare(part)
    as_text = part.kind not in {"op", "index"} or part.name.endswith(">>")
    if is_json or place[0] != "settings" or len(place) > 2:
        with suppress(ValueError):
            found = json.loads(value)
            if isinstance(found, dict) and (not as_text or (is_json and len(place) < 2)):
                yield from _document(place, found, spot)
                return
            if not as_text or isinstance(found, bool):
                yield from spot.put(place, found)
                return
            if is_json and len(place) == 2:
                yield from _document(place, found, spot)
                return
    yield from spot.put(place, value)


def _document(place: Place, found: object, spot: Spot) -> Iterator[Step]:
    """A JSON document key by key, so that others may stand beside."""
    if not isinstance(found, dict) or not found:
        yield from spot.put(place, json.dumps(found) if len(place) == 2 else found)
        return
    worlds = [spot.world]
    for key, value in found.items():
        here = [replace(spot, world=world) for world in worlds]
        worlds = [made for one in here for made, _ in _document((*place, key), value, one)]
    yield from ((world, ()) for world in worlds)


def _coalesced(part: Expr, value: str, spot: Spot) -> Iterator[Step]:
    for count, arg in enumerate(part.args):
        for world, goals in want(arg, value, spot):
            nulls = tuple((Expr("test", "null", (one,)), spot.env) for one in part.args[:count])
            yield world, (*nulls, *goals)


def _case(part: Expr, value: str, spot: Spot) -> Iterator[Step]:
    before: tuple[Goal, ...] = ()
    pairs = zip(part.args[0:-1:2], part.args[1:-1:2], strict=True)
    for condition, result in [*pairs, (TRUE, part.args[-1])]:
        for world, goals in want(result, value, spot):
            yield world, (*before, (condition, spot.env), *goals)
        before = (*before, (Expr("test", "not true", (condition,)), spot.env))
