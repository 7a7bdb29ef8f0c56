"""Likely values where a condition does not say which one it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from arami_db.policies.expressions.claims import string
from arami_db.policies.expressions.tree import Expr, walk
from arami_db.policies.model import ATTACKER, VICTIM
from arami_db.policies.search.delimited import adjusted
from arami_db.policies.search.evaluator import Evaluator
from arami_db.policies.search.goals import Spot, Step, keys_of, unknowns
from arami_db.policies.search.places import Place, as_text, place_of
from arami_db.policies.search.worlds import CaseWorld
from arami_db.rows.tables import Table
from arami_db.rows.values import candidates

_FREE = 6  # values tried where anything may do
_PROBES = 40
_UNSAID: tuple[object, ...] = ("1", True, "a", "00000000-0000-4000-8000-000000000001", "%", ".")
_MOMENTS = tuple(
    f"2024-{month:02}-{day:02} {hour:02}:30:00+00"
    for month, day, hour in ((1, 1, 0), (1, 6, 12), (1, 7, 18), (6, 15, 9), (12, 31, 23))
)


def chosen(part: Expr, spot: Spot) -> Iterator[Step]:
    """Likely values for the first place that an expression reads and that has none.

    Args:
        part: the expression.
        spot: where it stands.
    """
    # What is a key comes first: it says where in JSON something is.
    first = [p for key in keys_of(part) for p in unknowns(key, spot.world, spot.env)]
    place = next(iter([*first, *unknowns(part, spot.world, spot.env)]), None)
    if place is not None:
        for value in likely(place, spot):
            yield from spot.put(place, value)


def likely(place: Place, spot: Spot) -> list[object]:
    """Values that a place may have, the victim's first where it says whose something is.

    Args:
        place: of a column, claim or setting.
        spot: where it is read.
    """
    table, column = spot.world.tables.get(place[0]), spot.world.column(place)
    if table is None or column is None or len(place) > 2:
        return list(_UNSAID)
    found: list[object] = []
    if is_person(table, column.name, spot.server):
        found += [VICTIM, ATTACKER]
    values = [value for value in candidates(table, column) if isinstance(value, str)]
    if column.type == "uuid[]":
        values.append("{" + VICTIM + "}")
    if column.category == "N":
        values.insert(0, str(700 + len(spot.world.values)))
    chosen_ones = list(dict.fromkeys([*found, *values]))[: _FREE + len(found)]
    return chosen_ones if column.required else [*chosen_ones, None]


def rank(part: Expr, spot: Spot) -> int:
    """Which of two sides is better chosen for the other to follow: first whose something is.

    Args:
        part: a side.
        spot: where it stands.
    """
    place = next(iter(unknowns(part, spot.world, spot.env)), None)
    table = spot.world.tables.get(place[0]) if place else None
    if place is None or table is None or place[1] not in table.columns:
        return 2
    return 0 if is_person(table, place[1], spot.server) else 1


def is_person(table: Table, column: str, server: Evaluator) -> bool:
    """Whether a column holds ids of those who sign in.

    Args:
        table: the column's.
        column: its name.
        server: knows who signs in.
    """
    if (table.path, column) in server.people:
        return True
    if table.columns[column].type != "uuid":
        return False
    keys = [key for key in table.foreign_keys if key.columns == (column,)]
    return any((key.parent, key.references[0]) in server.people for key in keys)


def labels(operator: str, side: Expr, value: str, spot: Spot) -> Iterator[str]:
    """The values that a table's own constraints name, where a comparison asks for another one.

    Args:
        operator: of the comparison.
        side: what is compared.
        value: with what.
        spot: where it stands.
    """
    place = place_of(side, spot.env)
    column = spot.world.column(place) if place else None
    if place is None or column is None or len(place) > 2 or operator in {"=", "@>", "&&"}:
        return
    table = spot.world.tables[place[0]]
    if is_person(table, column.name, spot.server) or column.category not in {"S", "E"}:
        return
    for one in candidates(table, column):
        if isinstance(one, str) and one != value:
            yield one


def probed(part: Expr, spot: Spot) -> Iterator[Step]:
    """Values of the one unknown place with which the server says that a condition is true.

    Args:
        part: the condition, without queries.
        spot: where it stands.
    """
    places = unknowns(part, spot.world, spot.env)
    if len(places) != 1:
        return
    (place,) = places
    literals = [text for one in walk(part) if (text := string(one)) is not None]
    tried = [*literals, *likely(place, spot), *_around(literals), *_MOMENTS, "", "{}", "[]", None]
    for value in list(dict.fromkeys(map(as_text, tried)))[:_PROBES]:
        for world, _ in spot.put(place, value):
            answer = replace(spot, world=world).value(part)
            if answer is not None and answer[0] == "true":
                yield world, ()


def _around(literals: list[str]) -> Iterator[str]:
    """Texts made of the literals of a condition."""
    for text in literals:
        yield from (f"x{text}", f"{text}x", f"x {text} x", f"{{{text}}}", f'{{"{text}": true}}')
    yield from (f"2024-{text}" for text in literals if re.fullmatch(r"\d\d-\d\d", text))
    whole = [int(text) for text in literals if text.isdigit()]
    for number in whole:
        if 1000 < number < 9999:
            yield f"{number}-06-15 12:00:00+00"
        yield from (str(number + 1), str(number - 1), "a" * min(number + 1, 500), str(number * 2))


def overridden(part: Expr, spot: Spot) -> Iterator[Step]:
    """A condition that the usual claims make false, with other claims.

    Args:
        part: the condition.
        spot: where it stands.
    """
    usual = spot.world.usual
    places = {p for one in walk(part) if (p := place_of(one, spot.env))}
    # Nobody claims to be the one whose row it is: an id is claimed only where it is a constant.
    if any(place[0] not in {"claims", "settings"} for place in places):
        places -= {("claims", "sub")}
    for place in sorted(places & set(usual)):
        if place not in spot.world.values:
            kept = {known: value for known, value in usual.items() if known != place}
            yield replace(spot.world, usual=kept), ((part, spot.env),)


def settled(part: Expr, spot: Spot) -> Iterator[Step]:
    """A condition of which all is known: it is true, or other claims make it so.

    Args:
        part: the condition.
        spot: where it stands.
    """
    answer = spot.value(part)
    if answer is not None and answer[0] == "true":
        yield spot.world, ()
    else:
        yield from adjusted(part, spot)
        yield from overridden(part, spot)


def any_value(part: Expr, side: Expr, spot: Spot) -> Iterator[Step]:
    """A value for one side, so that the other may follow.

    Args:
        part: the condition.
        side: one side of it.
        spot: where it stands.
    """
    for world, goals in chosen(side, spot):
        yield world, (*goals, (part, spot.env))


def likely_row(part: Expr, spot: Spot) -> CaseWorld:
    """The world with what an expression reads of its row: null, or likely where null is refused.

    Args:
        part: the expression.
        spot: where it stands.
    """
    world = spot.world
    for name, row in spot.env.items():
        columns = world.tables[row].columns
        read = {one.path for one in walk(part) if one.kind == "column"}
        for column in sorted(column for column in columns if (name, column) in read):
            place = (row, column)
            value = likely(place, spot)[0] if columns[column].required else None
            world = world.put(place, value) or world
    return world
