"""Arguments to call a function with: taken from a user's rows, for every type there is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from arami_db.prove.likely import values as values_of
from arami_db.prove.parts import ApiFunction, Argument
from arami_db.prove.scenario import Scenario
from arami_db.rows.identities import email
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table

_MOST = 16  # calls about one row
_ROWS = 10  # rows that calls are about


@dataclass(frozen=True)
class Call:
    """A call: what it is about, its arguments as SQL, and whether any of them is a user's."""

    label: str
    arguments: tuple[sql.Composable, ...]
    is_made_up: bool


def calls(scenario: Scenario, function: ApiFunction, user: str) -> Iterator[Call]:
    """Ways to call a function about a user.

    Args:
        scenario: in which the user has rows.
        function: the function.
        user: about whom.
    """
    if not function.arguments:
        yield Call("", (), is_made_up=False)
        return
    seen = set()
    letter = "A" if user == scenario.a else "B"
    for label, table, row in _subjects(scenario, function, user):
        lists = [values_of(scenario, function, a, (user, table, row)) for a in function.arguments]
        for n in range(min(_MOST, math.lcm(*(len(values) for values in lists)))):
            chosen = [values[n % len(values)] for values in lists]
            given = tuple(value.text for value in chosen)
            if given in seen:
                continue
            seen.add(given)
            made_up = not any(value.real for value in chosen)
            told = "" if n == 0 else f", {n + 1}"
            yield Call(f" with {letter}'s {label}{told}", _written(function, given), made_up)
        first = [values[0] for values in lists][: function.required]
        given = tuple(value.text for value in first)
        if len(first) < len(lists) and given not in seen:
            seen.add(given)
            made_up = bool(first) and not any(value.real for value in first)
            yield Call(f" with {letter}'s {label} and defaults", _written(function, given), made_up)


def _subjects(
    scenario: Scenario, function: ApiFunction, user: str
) -> Iterator[tuple[str, Table | None, Row]]:
    """The user, then the user's rows: those of tables that the function names come first."""
    yield "id", None, {"id": user, "user_id": user, "email": email(user)}
    tables = [t for t in scenario.schema.tables.values() if scenario.row(user, t.path)]
    body = function.body.lower()
    named = [t for t in tables if re.search(rf"\b{re.escape(t.name.lower())}\b", body)]
    for table in (named or tables)[:_ROWS]:
        yield table.name, table, scenario.maker.made[user, table.path]


def _written(function: ApiFunction, given: tuple[str | None, ...]) -> tuple[sql.Composable, ...]:
    last = len(function.arguments) - 1
    return tuple(
        sql.SQL("{}{}").format(
            sql.SQL("variadic " if function.variadic and place == last else ""),
            _literal(function.arguments[place], value),
        )
        for place, value in enumerate(given)
    )


def _literal(argument: Argument, value: str | None) -> sql.Composable:
    kind = sql.SQL(argument.type if not argument.type.startswith("any") else "text")
    if argument.fields and value is not None and argument.element is None:
        return sql.SQL("jsonb_populate_record(null::{}, {})").format(kind, sql.Literal(value))
    if argument.fields and value is not None:
        each = sql.SQL("array(select r from jsonb_populate_recordset(null::{}, {}) as r)::{}")
        return each.format(sql.SQL(argument.element or ""), sql.Literal(f"[{value}]"), kind)
    return sql.SQL("{}::{}").format(sql.Literal(value), kind)
