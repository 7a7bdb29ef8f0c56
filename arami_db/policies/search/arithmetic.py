"""Invert arithmetic: which operand gives a result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from arami_db.policies.expressions.tree import Expr, literal
from arami_db.policies.search.evaluator import Answer
from arami_db.policies.search.functions import Wanted
from arami_db.policies.search.goals import Spot, is_known

_UNDONE = {"+": "-", "-": "+", "*": "/", "/": "*", "#": "#"}


def operands(part: Expr, value: str, spot: Spot) -> Iterator[Wanted]:
    """What the unknown operand of an operation has to be for it to have a value.

    Args:
        part: the operation.
        value: as text.
        spot: where it stands.
    """
    if len(part.args) != 2:
        opposite = value[1:] if value.startswith("-") else f"-{value}"
        yield part.args[0], opposite
        return
    for place, (side, other) in enumerate((part.args, part.args[::-1])):
        known = spot.value(other) if is_known(other, spot) else None
        if known is None or known[0] is None:
            continue
        for target in _inverse(part.name, value, (other, known), spot, is_right=place == 1):
            yield side, target


def _inverse(
    name: str, value: str, known: tuple[Expr, Answer], spot: Spot, *, is_right: bool
) -> Iterator[str]:
    """What the unknown side of an operation has to be; is_right: it is the right one."""
    other, (text, kind) = known[0], (known[1][0] or "", known[1][1])
    if name == "||":
        if is_right and value.startswith(text):
            yield value[len(text) :]
        if not is_right and value.endswith(text):
            yield value[: len(value) - len(text)]
        yield value
    elif name == "&":
        yield from (text, value, "0")
    elif name == "|":
        yield from (value, "0")
    elif name == "^" and not is_right:
        with suppress(ValueError, ZeroDivisionError, OverflowError):
            yield str(round(abs(float(value)) ** (1 / float(text))))
    elif name == "%":
        yield from (value, "0", "1", text)
    elif name in {"->", "->>", "#>", "#>>"}:
        yield json.dumps({text: value})
    elif name in _UNDONE:
        yield from _undone(name, value, (other, kind), spot, is_right=is_right)


def _undone(
    name: str, value: str, other: tuple[Expr, str], spot: Spot, *, is_right: bool
) -> Iterator[str]:
    """By arithmetic, as the server does it, with each type that the value may have."""
    part, kind = other
    kinds = {"interval": ("timestamptz", "interval"), "date": ("integer", "date")}
    guesses = kinds.get(kind, (kind, "numeric", "interval", "timestamptz"))
    undo = name if is_right and name in {"-", "/"} else _UNDONE[name]
    for guess in guesses:
        mine = Expr("cast", guess, (literal(value),))
        args = (part, mine) if is_right and name in {"-", "/"} else (mine, part)
        answer = spot.value(Expr("op", undo, args))
        if answer is not None and answer[0] is not None:
            yield answer[0]
            return
