"""Calls of a function: combinations of arguments taken from a user's rows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from arami_db.prove.arguments.candidates import values as values_of
from arami_db.prove.arguments.user_values import Subject, Value
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.parts import ApiFunction, Argument
from arami_db.rows.identities import email

_MOST = 16  # calls about one row, of each kind
_ALL = 48  # calls of a function
_FEW = 3  # calls of a function that takes long
_ROWS = 10  # rows that calls are about
_DYNAMIC = re.compile(r"\b(?:from|join|into|update|table)\s+(?:only\s+)?(?:%|'\s*\|\|)")
_NAMING = {"regclass", "text", "name", "character varying"}
_LEFT = "callers name the table: it was called about {} of {}"


@dataclass(frozen=True)
class Call:
    """A call: what it is about, its arguments as SQL, and how they came about.

    Attributes:
        label: what it is about.
        arguments: as SQL.
        is_made_up: whether none of them is a user's.
        is_mixed: whether one is A's, where the others are B's.
        rank: the lower, the likelier it is to do something.
    """

    label: str
    arguments: tuple[sql.Composable, ...]
    is_made_up: bool
    is_mixed: bool = False
    rank: int = 0


def calls(scenario: Scenario, function: ApiFunction, user: str) -> list[Call]:
    """Ways to call a function about a user, the likeliest first: few, where it takes long.

    Args:
        scenario: in which the user has rows.
        function: the function.
        user: about whom; about B, with A's values in one place, too.
    """
    if not function.arguments:
        return [Call("", (), is_made_up=False)]
    found: dict[str, Call] = {}
    for subject in _subjects(scenario, function, user):
        for call in (*_plain(scenario, function, subject), *_mixed(scenario, function, subject)):
            found.setdefault(sql.SQL(", ").join(call.arguments).as_string(), call)
    most = _FEW if function.identity in scenario.slow else _ALL
    return sorted(found.values(), key=lambda call: call.rank)[:most]


def _plain(scenario: Scenario, function: ApiFunction, subject: Subject) -> Iterator[Call]:
    """Calls with values of the subject's alone."""
    user, table, _ = subject
    label = f"with {'A' if user == scenario.a else 'B'}'s {table.name if table else 'id'}"
    lists = [values_of(scenario, function, a, subject) for a in function.arguments]
    mine = _keys(scenario) if user == scenario.b else set()
    together = [
        (2 * n, [values[n % len(values)] for values in lists])
        for n in range(min(_MOST, math.lcm(*map(len, lists))))
    ]
    one_by_one = [
        (2 * n + 1, [value if at == place else each[0] for at, each in enumerate(lists)])
        for place, values in enumerate(lists)
        for n, value in enumerate(values[1:_MOST], start=1)
    ]
    for n, (rank, chosen) in enumerate(together + one_by_one):
        told = f" {label}, {n + 1}" if n else f" {label}"
        met = any(value.text in mine and not value.real for value in chosen)
        yield _call(function, chosen, told, rank=rank + 2 * (table is None), is_mixed=met)
    if function.required < len(lists):
        first = [values[0] for values in lists][: function.required]
        yield _call(function, first, f" {label} and defaults", rank=2)


def _mixed(scenario: Scenario, function: ApiFunction, subject: Subject) -> Iterator[Call]:
    """Calls about B with what is A's in one place: who checks that may think all is A's."""
    user, table, _ = subject
    if user != scenario.b:
        return
    lists = [values_of(scenario, function, a, subject) for a in function.arguments]
    for place, argument in enumerate(function.arguments):
        others = [values for n, values in enumerate(lists) if n != place]
        most = min(_MOST, math.lcm(1, *map(len, others)))
        for mine in _mine(scenario, function, argument, (subject, lists[place])):
            for n in range(most):
                chosen = [values[n % len(values)] for values in lists]
                chosen[place] = Value(mine, real=True)
                label = f" with B's {table.name if table else 'id'}, and A's {argument.name}"
                told = f"{label}, {n + 1}" if n else label
                yield _call(function, chosen, told, rank=4 * n + 1, is_mixed=True)


def _mine(
    scenario: Scenario, function: ApiFunction, argument: Argument, of: tuple[Subject, list[Value]]
) -> list[str]:
    """What A has in place of B's value of an argument: A in place of B, or of A's own row."""
    (user, table, _), theirs = of
    found: list[str] = []
    for text in (value.text for value in theirs if value.text):
        told = text.replace(user, scenario.a).replace(email(user), email(scenario.a))
        if told != text and not found:
            found.append(told)
    row = scenario.row(scenario.a, table.path) if table else None
    if table and row and len(function.arguments) > 1:
        own = values_of(scenario, function, argument, (scenario.a, table, row))[0].text
        found += [own] if own and own not in {v.text for v in theirs if v.real} else []
    return list(dict.fromkeys(found))


def _call(
    function: ApiFunction, chosen: list[Value], label: str, *, rank: int, is_mixed: bool = False
) -> Call:
    given = _written(function, tuple(value.text for value in chosen))
    is_made_up = bool(chosen) and not any(value.real for value in chosen)
    return Call(label, given, is_made_up, is_mixed, rank)


def _keys(scenario: Scenario) -> set[str | None]:
    """The keys of A's rows, which a number that is made up may meet by chance."""
    rows = [(t, scenario.row(scenario.a, t.path) or {}) for t in scenario.schema.tables.values()]
    return {row.get(n) for t, row in rows for key in t.keys if key.primary for n in key.columns}


def _subjects(scenario: Scenario, function: ApiFunction, user: str) -> Iterator[Subject]:
    """The user, then the user's rows: those of tables that the function names come first."""
    yield user, None, {"id": user, "user_id": user, "email": email(user)}
    tables = [t for t in scenario.schema.tables.values() if scenario.row(user, t.path)]
    tables.sort(key=lambda table: table.schema != function.schema)
    body = function.body.lower()
    named = [t for t in tables if re.search(rf"\b{re.escape(t.name.lower())}\b", body)]
    may_name = any((a.element or a.base) in _NAMING for a in function.arguments)
    if _DYNAMIC.search(body) and may_name:  # the caller may name another
        named += [table for table in tables if table not in named]
        if len(named) > _ROWS:
            told = _LEFT.format(_ROWS, len(named))
            scenario.untried.setdefault(function.identity, told)
    for table in (named or tables)[:_ROWS]:
        yield user, table, scenario.maker.made[user, table.path]


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
