"""The ways of making one condition true: values to set, and conditions that remain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from arami_db.policies.choosing import chosen, labels, overridden, probed
from arami_db.policies.claims import string
from arami_db.policies.inverting import Spot, Step, has_query, is_known, json_for, want
from arami_db.policies.rowing import found_rows, without_query
from arami_db.policies.splitting import denied
from arami_db.policies.targets import mirrored, targets
from arami_db.policies.tree import TRUE, Expr
from arami_db.policies.worlds import as_text, place_of

_KEYS = {"?", "?|", "?&"}


def steps(part: Expr, spot: Spot) -> Iterator[Step]:
    """The ways of making a condition true, likely ones first.

    Args:
        part: the condition.
        spot: where it stands.
    """
    match part.kind:
        case "const":
            if part == TRUE or string(part) in {"t", "true"}:
                yield spot.world, ()
        case "and":
            yield spot.world, tuple((arg, spot.env) for arg in part.args)
        case "or":
            yield from ((spot.world, ((arg, spot.env),)) for arg in part.args)
        case "not":
            yield from _denied(part, spot)
        case "exists" | "in":
            yield from found_rows(part, spot)
        case "any" | "all":
            yield from _of_array(part, spot)
        case "test":
            yield from _tested(part, spot)
        case _:
            yield from _compared(part, spot)


def _denied(part: Expr, spot: Spot) -> Iterator[Step]:
    opposite = denied(part.args[0])
    if opposite != part:
        yield spot.world, ((opposite, spot.env),)
    elif part.args[0].query is not None:
        yield spot.world, ()  # nobody has made such a row
    elif has_query(part):
        yield from without_query(part, spot)
    elif is_known(part, spot):
        yield from _settled(part, spot)
    elif part.args[0].kind in {"op", "any", "all"}:
        yield from probed(part, spot)
        for world, goals in chosen(part, spot):
            yield world, (*goals, (part, spot.env))
    else:
        yield from want(part.args[0], "false", spot)
        yield from probed(part, spot)


def _settled(part: Expr, spot: Spot) -> Iterator[Step]:
    """A condition of which all is known: it is true, or other claims make it so."""
    answer = spot.value(part)
    if answer is not None and answer[0] == "true":
        yield spot.world, ()
    else:
        yield from overridden(part, spot)


def _of_array(part: Expr, spot: Spot) -> Iterator[Step]:
    value, array = part.args
    if array.kind == "list" and part.kind == "any":
        yield from found_rows(part, spot)
    elif array.kind == "list":
        yield spot.world, ()  # there is no such row
    elif array.kind == "array" and array.args:
        each = tuple((Expr("op", part.name, (value, one)), spot.env) for one in array.args)
        yield from (
            [(spot.world, (one,)) for one in each] if part.kind == "any" else [(spot.world, each)]
        )
    elif has_query(part):
        yield from without_query(part, spot)
    elif is_known(part, spot):
        yield from _settled(part, spot)
    elif is_known(array, spot):
        answer = spot.value(array)
        for one in elements(answer[0] if answer else None):
            yield (
                spot.world,
                ((Expr("op", part.name, (value, Expr("const", _quoted(one)))), spot.env),),
            )
    elif part.kind == "all":
        yield from want(array, "{}", spot)
    elif is_known(value, spot):
        answer = spot.value(value)
        if answer is not None and answer[0] is not None:
            for target in targets(mirrored(part.name) or part.name, answer[0], answer[1]):
                yield from _holding(array, target, spot)
    else:
        yield from _any_value(part, value, spot)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _any_value(part: Expr, side: Expr, spot: Spot) -> Iterator[Step]:
    """A value for one side, so that the other may follow."""
    for world, goals in chosen(side, spot):
        yield world, (*goals, (part, spot.env))


def _holding(array: Expr, value: str, spot: Spot) -> Iterator[Step]:
    """An array, or a JSON array, with an element."""
    place = place_of(array, spot.env)
    if place is not None and spot.world.has(place):
        if value in elements(as_text(spot.world.get(place))):
            yield spot.world, ()
        return
    column = spot.world.column(place) if place else None
    if column is not None and column.type in {"json", "jsonb"}:
        yield from spot.put(place or (), [value] if len(place or ()) > 2 else json.dumps([value]))
        return
    yield from want(array, '{"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"}', spot)


def elements(array: str | None) -> list[str]:
    """The elements of an array as Postgres writes it, or of one in JSON, as far as they are plain.

    Args:
        array: the text.
    """
    if not array or array[0] not in "{[":
        return []
    if array[0] == "[":
        return [as_text(one) or "" for one in json.loads(array)]
    found = [one.strip().strip('"') for one in array[1:-1].split(",")]
    return [one.replace('\\"', '"').replace("\\\\", "\\") for one in found if one]


def _tested(part: Expr, spot: Spot) -> Iterator[Step]:
    arg, name = part.args[0], part.name
    if name.endswith("distinct from"):
        yield from _distinct(part, spot)
    elif is_known(arg, spot):
        yield from _settled(part, spot)
    elif name in {"true", "not false", "false", "not true"}:
        wanted = arg if name in {"true", "not false"} else denied(arg)
        yield spot.world, ((wanted, spot.env),)
        if name.startswith("not"):
            yield spot.world, ((Expr("test", "null", (arg,)), spot.env),)
    elif has_query(arg):
        yield from without_query(part, spot)
    elif name in {"null", "unknown"}:
        yield from want(arg, None, spot)
        yield from probed(part, spot)
    else:
        yield from _any_value(part, arg, spot)
        yield from probed(part, spot)


def _distinct(part: Expr, spot: Spot) -> Iterator[Step]:
    is_same = part.name.startswith("not")
    yield spot.world, ((Expr("op", "=" if is_same else "<>", part.args), spot.env),)
    left, right = (Expr("test", "null", (arg,)) for arg in part.args)
    pairs = [(left, right)] if is_same else [(left, denied(right)), (denied(left), right)]
    for pair in pairs:
        yield spot.world, tuple((one, spot.env) for one in pair)


def _compared(part: Expr, spot: Spot) -> Iterator[Step]:
    """A comparison, or whatever else is true or false: a column, a call."""
    if has_query(part):
        yield from without_query(part, spot)
    elif is_known(part, spot):
        yield from _settled(part, spot)
    else:
        if part.kind == "op" and len(part.args) == 2:
            yield from _operands(part, spot)
        else:
            yield from want(part, "true", spot)
        yield from probed(part, spot)


def _operands(part: Expr, spot: Spot) -> Iterator[Step]:
    left, right = part.args
    flipped = mirrored(part.name)
    if left.kind == right.kind == "row":
        pairs = zip(left.args, right.args, strict=False)
        yield spot.world, tuple((Expr("op", part.name, pair), spot.env) for pair in pairs)
    elif part.name in _KEYS:
        yield from _keys(part, spot)
    elif part.name in {"@?", "@@"} and string(right) is not None:
        yield from want(left, json_for(string(right) or ""), spot)
    elif is_known(right, spot):
        yield from _toward(part.name, left, right, spot)
    elif is_known(left, spot) and flipped:
        yield from _toward(flipped, right, left, spot)
    else:
        yield from _any_value(part, left, spot)
        yield from _any_value(part, right, spot)


def _toward(operator: str, side: Expr, known: Expr, spot: Spot) -> Iterator[Step]:
    """Values of one side for what is known of the other."""
    answer = spot.value(known)
    if answer is None or answer[0] is None:
        return
    value, kind = answer[0], answer[1]
    for target in (*labels(operator, side, value, spot), *targets(operator, value, kind)):
        if side.kind == "element":
            yield from _holding(side.args[0], target, spot)
        else:
            yield from want(side, target, spot)


def _keys(part: Expr, spot: Spot) -> Iterator[Step]:
    """Keys of a JSON object, or elements of an array in JSON."""
    place, answer = place_of(part.args[0], spot.env), None
    if is_known(part.args[1], spot):
        answer = spot.value(part.args[1])
    else:
        yield from _any_value(part, part.args[1], spot)
    if place is None or answer is None or answer[0] is None:
        return
    keys = [answer[0]] if part.name == "?" else elements(answer[0])
    if part.name == "?|":
        keys = keys[:1]
    spots = [spot]
    for key in keys:
        spots = [replace(s, world=w) for s in spots for w, _ in s.put((*place, key), True)]
    yield from ((one.world, ()) for one in spots)
    yield from spot.put(place, keys if len(place) > 2 else json.dumps(keys))
