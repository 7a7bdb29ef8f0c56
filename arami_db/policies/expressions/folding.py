"""Evaluate conditions on constants."""

from __future__ import annotations

import operator
from collections.abc import Callable

from arami_db.policies.expressions.tree import FALSE, NULL, TRUE, Expr, literal

_ORDERS: dict[str, Callable[..., bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EMPTY = literal("{}")


def folded(part: Expr) -> Expr:
    """The value of a condition on constants alone; any other condition as it is.

    Args:
        part: the condition.
    """
    if _constant(part) == NULL:
        return FALSE
    arg = _constant(part.args[0]) if part.kind == "test" else None
    if arg is not None and part.name in {"null", "not null"}:
        return TRUE if (arg == NULL) == (part.name == "null") else FALSE
    if _is_of_nothing(part):
        return FALSE
    if part.kind == "op" and part.name in _ORDERS and len(part.args) == 2:
        numbers = [_number(arg) for arg in part.args]
        if None not in numbers:
            return TRUE if _ORDERS[part.name](*numbers) else FALSE
    if part.kind == "op" and part.name in {"=", "<>"} and len(part.args) == 2:
        left, right = map(_constant, part.args)
        if NULL in (left, right):
            return FALSE
        if left and right and {left, right} <= {TRUE, FALSE}:
            return TRUE if (left == right) == (part.name == "=") else FALSE
        if left and right and left.name[0] == right.name[0] == "'":
            return TRUE if (left == right) == (part.name == "=") else FALSE
    return part


def _number(part: Expr) -> int | None:
    """The whole number that a constant is; None for anything else."""
    is_whole = part.kind == "const" and part.name.lstrip("-").isdigit()
    return int(part.name) if is_whole else None


def _is_of_nothing(part: Expr) -> bool:
    """Whether an array without elements is to hold one."""
    if part.kind == "any":
        return _is_empty(part.args[1])
    if part.kind != "op" or part.name not in {"@>", "&&", "<@"} or len(part.args) != 2:
        return False
    holding, held = part.args if part.name != "<@" else part.args[::-1]
    return _is_empty(holding) and held.kind == "array" and bool(held.args)


def _is_empty(part: Expr) -> bool:
    return part.kind == "cast" and part.name.endswith("[]") and _constant(part.args[0]) == _EMPTY


def _constant(part: Expr) -> Expr | None:
    while part.kind == "cast" and part.name == "text":
        part = part.args[0]
    if part.kind == "cast" and _constant(part.args[0]) == NULL:
        return NULL
    return part if part.kind == "const" else None
