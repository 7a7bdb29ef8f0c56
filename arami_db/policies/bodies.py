"""Bodies of functions in SQL, and what their arguments are."""

from __future__ import annotations

import re

from arami_db.policies.catalog import Function
from arami_db.policies.parsing import expression, query
from arami_db.policies.tree import Expr, Query

_ATOMIC = re.compile(r"\s*begin\s+atomic\s(.*)\send\s*", re.IGNORECASE | re.DOTALL)
_RETURN = re.compile(r"\s*return\s(.*)", re.IGNORECASE | re.DOTALL)


def sql_body(body: str) -> Query | None:
    """The query that a function in SQL is; None where it is several, or writes.

    Args:
        body: its text, quoted or BEGIN ATOMIC.
    """
    if found := _ATOMIC.fullmatch(body):
        body = found[1]
    if found := _RETURN.fullmatch(body):
        return Query(expression(found[1].strip().rstrip(";")))
    return query(body)


def arguments(function: Function, given: tuple[Expr, ...]) -> dict[str, Expr]:
    """What each argument of a call is, by number and by name.

    Args:
        function: that is called.
        given: with what.
    """
    left_out = function.most - len(given)
    values = [*given]
    if left_out and function.defaults:
        values += expression(f"row({function.defaults})").args[-left_out:]
    named = dict(zip(function.arguments, values, strict=False))
    numbered = {str(number): value for number, value in enumerate(values, 1)}
    return {name: value for name, value in {**named, **numbered}.items() if name}
