"""Texts of several parts, such as paths, where each condition is on one part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from arami_db.policies.expressions.claims import bare, string
from arami_db.policies.expressions.tree import Expr
from arami_db.policies.search.goals import Spot, Step, is_known
from arami_db.policies.search.places import place_of

_MOST = 20


def adjusted(part: Expr, spot: Spot) -> Iterator[Step]:
    """A text that is there already with one more of its parts as a condition wants it.

    What the text was made for before is measured with all else at the end.

    Args:
        part: the condition, which is false now.
        spot: where it stands.
    """
    if part.kind != "op" or part.name != "=" or len(part.args) != 2:
        return
    for side, other in (part.args, part.args[::-1]):
        source = _source(bare(side))
        answer = spot.value(other) if source and is_known(other, spot) else None
        if source is None or answer is None or answer[0] is None:
            continue
        place = place_of(source[0], spot.env)
        known = spot.world.values.get(place) if place else None
        if place is not None and isinstance(known, str):
            text = _with_part(known, source[1:], answer[0])
            yield replace(spot.world, values={**spot.world.values, place: text}), ()


def _source(part: Expr) -> tuple[Expr, str, int | str] | None:
    """The text that a part is taken from, what separates parts, and which it is."""
    name = part.path[-1] if part.path else ""
    if part.kind == "call" and name in {"filename", "extension"}:
        return part.args[0], "/", name
    if part.kind == "call" and name == "split_part":
        return _numbered(part.args[0], string(part.args[1]), string(part.args[2]))
    if part.kind == "index" and part.args[0].kind == "call":
        array, number = part.args[0], string(part.args[1])
        if array.path[-1] == "foldername":
            return _numbered(array.args[0], "/", number)
        if array.path[-1] == "string_to_array":
            return _numbered(array.args[0], string(array.args[1]), number)
    return None


def _numbered(
    text: Expr, between: str | None, number: str | None
) -> tuple[Expr, str, int | str] | None:
    if not between or not number or not number.isdigit() or not 0 < int(number) < _MOST:
        return None
    return text, between, int(number)


def _with_part(text: str, where: tuple[str, int | str], value: str) -> str:
    between, which = where
    parts = text.split(between)
    if which == "filename":
        parts[-1] = value
    elif which == "extension":
        parts[-1] = f"{parts[-1].partition('.')[0]}.{value}"
    elif isinstance(which, int):
        ending = [*parts[-1:]] if which >= len(parts) and between == "/" else []
        parts = [*parts[: len(parts) - len(ending)], *["x"] * which][: max(which, len(parts))]
        parts[which - 1] = value
        parts += ending
    return between.join(parts)
