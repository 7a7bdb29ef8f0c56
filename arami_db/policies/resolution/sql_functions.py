"""Functions in SQL: the query in the body, and the arguments of a call."""

from __future__ import annotations

import re
from typing import Any

import postgast
from postgast import pg_query_pb2 as pg

from arami_db.policies.catalog import Function
from arami_db.policies.expressions.parsing import expression, query
from arami_db.policies.expressions.tree import Expr, Query

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


def united(body: str) -> list[Query]:
    """The queries that a function in SQL is the union of; none where it is not a plain union.

    Args:
        body: its text, quoted or BEGIN ATOMIC.
    """
    if found := _ATOMIC.fullmatch(body):
        body = found[1]
    try:
        statements = postgast.parse(body).stmts
    except postgast.PgQueryError:
        return []
    select = statements[0].stmt.select_stmt if len(statements) == 1 else None
    whole = {"limit_option", "op", "all", "larg", "rarg"}
    if select is None or any(part.name not in whole for part, _ in select.ListFields()):
        return []
    return _sides(select) if select.op == pg.SETOP_UNION else []


def _sides(select: Any) -> list[Query]:
    found = []
    for side in (select.larg, select.rarg):
        tree = postgast.parse("select 1")
        tree.stmts[0].stmt.select_stmt.CopyFrom(side)
        text = postgast.deparse(tree)
        one = query(text)
        found.append([one] if one else united(text))
    return [one for side in found for one in side] if all(found) else []


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
