"""Arguments to call a function with: taken from a user's rows, for every type there is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psycopg import sql

from arami_db.prove.scenario import Scenario
from arami_db.prove.schema import Argument, Function
from arami_db.rows.maker import Row, email
from arami_db.rows.tables import Table
from arami_db.rows.values import argument as filler

_NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
_TEXTS = {"text", "character varying", "character", "name", "citext", "unknown", "anyelement"}
_MOMENTS = {"date", "timestamp with time zone", "timestamp without time zone"}
_PAGING = re.compile(r"page|offset|skip|limit|size|count|days|num|top|first|after|^n$|^k$")
_EARLY = re.compile(r"from|since|after|start|begin|min|lower")
_PREFIX = re.compile(r"^(?:p|in|arg|a|v)?_+|_+(?:in|p|arg|param)$")
_KEYS = re.compile(r"->>?\s*'([^']+)'|\"?(\w+)\"?\s+(?:uuid|text|bigint|int|integer)\b")
_MOST = 12  # calls about one row
_ROWS = 10  # rows that calls are about
_INJECTED = "' or true --"


@dataclass(frozen=True)
class Call:
    """A call: what it is about, its arguments as SQL, and whether any of them is a user's."""

    label: str
    arguments: tuple[sql.Composable, ...]
    is_made_up: bool


@dataclass(frozen=True)
class _Value:
    """A value, and whether it is of a row of the user's, or else of a kind that needs no row."""

    text: str | None
    real: bool = False


def calls(scenario: Scenario, function: Function, user: str) -> Iterator[Call]:
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
        lists = [_values(scenario, function, a, (user, table, row)) for a in function.arguments]
        for n in range(min(_MOST, math.lcm(*(len(values) for values in lists)))):
            chosen = [values[n % len(values)] for values in lists]
            given = tuple(value.text for value in chosen)
            if given in seen:
                continue
            seen.add(given)
            made_up = not any(value.real for value in chosen)
            told = "" if n == 0 else f", {n + 1}"
            yield Call(f" with {letter}'s {label}{told}", _written(function, given), made_up)
    if function.required < len(function.arguments):
        short = given[: function.required]
        yield Call(" with defaults", _written(function, short), is_made_up=not short == ())


def _subjects(
    scenario: Scenario, function: Function, user: str
) -> Iterator[tuple[str, Table | None, Row]]:
    """The user, then the user's rows: those of tables that the function names come first."""
    yield "id", None, {"id": user, "user_id": user, "email": email(user)}
    tables = [t for t in scenario.schema.tables.values() if scenario.row(user, t.path)]
    body = function.body.lower()
    named = [t for t in tables if re.search(rf"\b{re.escape(t.name.lower())}\b", body)]
    for table in (named or tables)[:_ROWS]:
        yield table.name, table, scenario.maker.made[user, table.path]


Subject = tuple[str, Table | None, Row]


def _values(
    scenario: Scenario, function: Function, argument: Argument, subject: Subject
) -> list[_Value]:
    if argument.labels and argument.element is None:
        return [_Value(label, real=False) for label in argument.labels]
    if argument.fields:
        return [_Value(json.dumps(_record(scenario, function, argument, subject)), real=True)]
    kind = argument.element or argument.base
    found = list(_of_kind(scenario, function, argument, kind, subject))
    found = list(dict.fromkeys(found)) or [_Value(filler(kind))]
    if argument.element is not None:
        return [_Value(None if v.text is None else _array(v.text), v.real) for v in found]
    return found


def _array(text: str) -> str:
    return "{" + json.dumps(text) + "}"


def _of_kind(
    scenario: Scenario, function: Function, argument: Argument, kind: str, subject: Subject
) -> Iterator[_Value]:
    user, table, row = subject
    name = _PREFIX.sub("", argument.name.lower())
    if kind == "boolean":
        yield from (_Value("true", real=True), _Value("false", real=True))
    elif kind in {"json", "jsonb"}:
        yield from _documents(scenario, function, subject)
    elif kind == "uuid":
        yield _Value(_named(scenario, name, subject) or row.get("id") or user, real=True)
        yield from (_Value(text, real=True) for text in _typed(table, row, {"uuid"}))
    elif kind in _TEXTS:
        yield from _texts(scenario, name, subject)
    elif kind in _NUMBERS:
        yield from _numbers(scenario, name, subject)
    elif kind in _MOMENTS:
        found = row.get(name)
        edge = "-infinity" if _EARLY.search(name) else "infinity"
        yield from (_Value(found, real=True),) if found else ()
        yield from (_Value(edge), _Value("-infinity" if edge == "infinity" else "infinity"))
    elif kind == "interval":
        yield _Value("100 years")
    elif table is not None:
        yield from (_Value(text, real=True) for text in _typed(table, row, {kind}))


def _texts(scenario: Scenario, name: str, subject: Subject) -> Iterator[_Value]:
    user, table, row = subject
    if found := _named(scenario, name, subject):
        yield _Value(found, real=True)
    if table is None:
        yield from (_Value(email(user), real=True), _Value(user, real=True))
        yield from (_Value("%"), _Value(_INJECTED), _Value(""))
    texts = [n for n, c in (table.columns if table else {}).items() if c.category == "S"]
    yield from (_Value(row[n], real=True) for n in texts if row[n])
    if row.get("id"):
        yield _Value(row["id"], real=True)


def _numbers(scenario: Scenario, name: str, subject: Subject) -> Iterator[_Value]:
    if _PAGING.search(name):
        big = re.search(r"limit|size|top|days", name)
        yield from (_Value(text, real=True) for text in (("1000", "1") if big else ("0", "1", "2")))
        return
    _, table, row = subject
    if found := _named(scenario, name, subject):
        yield _Value(found, real=True)
    yield from (_Value(text, real=True) for text in _typed(table, row, _NUMBERS))
    yield from (_Value(text) for text in ("0", "1", "2"))


def _typed(table: Table | None, row: Row, kinds: Iterable[str]) -> list[str]:
    if table is None:
        return []
    texts = (row[n] for n, c in table.columns.items() if c.type in kinds)
    return [text for text in texts if text is not None]


def _named(scenario: Scenario, name: str, subject: Subject) -> str | None:
    """The value of the user's that a name asks for: a column, a table's row, or the user."""
    user, table, row = subject
    if row.get(name):
        return row[name]
    bare = re.sub(r"_?(?:uu)?id$", "", name)
    if not name:
        return None
    if re.fullmatch(r"u|uid|usr|user|owner|member|account|author|target|who|profile|other", bare or name):
        return user
    if table is not None and _is_of(table, bare):
        return row.get("id")
    for other in scenario.schema.tables.values():
        if bare and _is_of(other, bare):
            return (scenario.row(user, other.path) or {}).get("id")
    for path in scenario.schema.tables:
        if found := (scenario.row(user, path) or {}).get(name):
            return found
    return None


def _is_of(table: Table, bare: str) -> bool:
    return table.name in {bare, f"{bare}s", f"{bare}es", f"{bare[:-1]}ies"}


def _documents(scenario: Scenario, function: Function, subject: Subject) -> Iterator[_Value]:
    """Objects with the keys that the body asks for, and the columns of the row; and lists."""
    user, _, row = subject
    keys = {key for pair in _KEYS.findall(function.body) for key in pair if key}
    found: dict[str, object] = {**row}
    for key in sorted(keys):
        value = _named(scenario, key.lower(), subject) or row.get("id") or user
        found.setdefault(key, value)
    for key in sorted(keys):  # what holds further keys holds all of them
        if re.search(rf"->\s*'{re.escape(key)}'\s*->", function.body):
            found[key] = {**row, **dict.fromkeys(keys, user)}
    yield _Value(json.dumps(found), real=True)
    yield _Value(json.dumps([found]), real=True)
    yield _Value(json.dumps([row.get("id") or user]), real=True)
    yield _Value(json.dumps(row.get("id") or user), real=True)


def _record(
    scenario: Scenario, function: Function, argument: Argument, subject: Subject
) -> dict[str, str | None]:
    found = {}
    for name, kind in argument.fields:
        part = Argument(name, kind, kind, None, (), ())
        values = list(_of_kind(scenario, function, part, kind, subject))
        found[name] = values[0].text if values else None
    return found


def _written(function: Function, given: tuple[str | None, ...]) -> tuple[sql.Composable, ...]:
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
    return sql.SQL("{}::{}").format(sql.Literal(value), kind)
