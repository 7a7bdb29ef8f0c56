"""Conditions on arrays and JSON that contain something."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from arami_db.policies.expressions.tree import Expr, literal
from arami_db.policies.search.candidates import any_value, settled
from arami_db.policies.search.comparisons import mirrored, targets
from arami_db.policies.search.goals import Spot, Step, has_query, is_known
from arami_db.policies.search.inversion import want
from arami_db.policies.search.places import as_text, place_of
from arami_db.policies.search.subqueries import found_rows, without_query


def of_array(part: Expr, spot: Spot) -> Iterator[Step]:
    """The ways for a value to compare so with any, or with all, elements of an array.

    Args:
        part: of kind any or all.
        spot: where it stands.
    """
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
        yield from settled(part, spot)
    elif is_known(array, spot):
        answer = spot.value(array)
        found = elements(answer[0] if answer else None)
        each = tuple((Expr("op", part.name, (value, literal(one))), spot.env) for one in found)
        for goals in [(one,) for one in each] if part.kind == "any" else [each]:
            yield spot.world, goals
    elif part.kind == "all":
        yield from want(array, "{}", spot)
    elif is_known(value, spot):
        answer = spot.value(value)
        if answer is not None and answer[0] is not None:
            for target in targets(mirrored(part.name) or part.name, answer[0], answer[1]):
                yield from holding(array, target, spot)
    else:
        yield from any_value(part, value, spot)


def holding(array: Expr, value: str, spot: Spot) -> Iterator[Step]:
    """An array, or a JSON array, with an element.

    Args:
        array: the array.
        value: the element.
        spot: where it stands.
    """
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


def keyed(part: Expr, spot: Spot) -> Iterator[Step]:
    """The ways for JSON to have keys, or elements that are texts.

    Args:
        part: the operation.
        spot: where it stands.
    """
    place, answer = place_of(part.args[0], spot.env), None
    if is_known(part.args[1], spot):
        answer = spot.value(part.args[1])
    else:
        yield from any_value(part, part.args[1], spot)
    if place is None or answer is None or answer[0] is None:
        return
    keys = [answer[0]] if part.name == "?" else elements(answer[0])
    if part.name == "?|":
        keys = keys[:1]
    spots = [spot]
    for key in keys:
        spots = [replace(s, world=w) for s in spots for w, _ in s.put((*place, key), True)]
    listed = list(spot.put(place, keys if len(place) > 2 else json.dumps(keys)))
    named = [(one.world, ()) for one in spots]
    yield from [*listed, *named] if place[0] == "claims" else [*named, *listed]
