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
    placed = [arg for arg in given if arg.kind != "named"]
    defaults = expression(f"row({function.defaults})").args if function.defaults else ()
    values: dict[int, Expr] = dict(enumerate(defaults, function.most - len(defaults)))
    values |= dict(enumerate(placed))
    named = {arg.name: arg.args[0] for arg in given if arg.kind == "named"}
    places = {name: place for place, name in enumerate(function.arguments)}
    values |= {places[name]: value for name, value in named.items() if name in places}
    found = {str(place + 1): value for place, value in values.items()}
    return found | {n: values[place] for n, place in places.items() if n and place in values}
