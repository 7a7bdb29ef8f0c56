"""Values of a user that match an argument's name or type, or that the function's body reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.parts import ApiFunction
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table

MOMENTS = {"date", "timestamp with time zone", "timestamp without time zone"}
_WORDS = 6
_CHOSEN = re.compile(r"->>\s*'([^']+)'\s*\)?\s*(?:=|in\s*\(|when)\s*'([\w .-]{1,40})'")
_CAST = re.compile(r"->>\s*'(\w+)'\s*\)?\s*::\s*(bool|(?:big|small)?int|numeric|float|real)", re.I)
_KEYS = re.compile(r"->>?\s*'([^']+)'|\"?(\w+)\"?\s+(?:uuid|text|bigint|int|integer)\b")
_PARTS = {"year": "%Y", "month": "%m", "week": "%V", "day": "%d", "hour": "%H", "quarter": ""}


@dataclass(frozen=True)
class Value:
    """A value, and whether it is of a row of the user's, or else of a kind that needs no row."""

    text: str | None
    real: bool = False


Subject = tuple[str, Table | None, Row]


def of_moments(name: str, table: Table | None, row: Row) -> Iterator[str]:
    """The year, the month … of a row's moments, where a name asks for one.

    Args:
        name: of an argument.
        table: the row's; None for none.
        row: the row.
    """
    for part, form in _PARTS.items():
        for text in typed(table, row, MOMENTS) if part in name else ():
            with suppress(ValueError):
                moment = datetime.fromisoformat(text)
                told = moment.strftime(form) if form else str((moment.month + 2) // 3)
                yield str(int(told))


def typed(table: Table | None, row: Row, kinds: Iterable[str]) -> list[str]:
    """What is in the columns of some types.

    Args:
        table: the row's; None for none.
        row: the row.
        kinds: the types.
    """
    if table is None:
        return []
    texts = (row[n] for n, c in table.columns.items() if c.type in kinds)
    return [text for text in texts if text is not None]


def named(scenario: Scenario, name: str, subject: Subject) -> str | None:
    """The value of the user's that a name asks for: a column, a table's row, or the user.

    Args:
        scenario: with the rows of its users.
        name: of an argument, or of a key.
        subject: whose values.
    """
    user, table, row = subject
    if row.get(name):
        return row[name]
    bare = re.sub(r"_?(?:uu)?id$", "", name)
    if not name:
        return None
    if re.fullmatch(
        r"u|uid|usr|user|owner|member|account|author|target|who|profile|other", bare or name
    ):
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


def documents(scenario: Scenario, function: ApiFunction, subject: Subject) -> Iterator[Value]:
    """Objects with the keys that the body asks for, and the columns of the row; and lists.

    Args:
        scenario: with the rows of its users.
        function: the function to call.
        subject: whose values.
    """
    user, table, row = subject
    keys = {key for pair in _KEYS.findall(function.body) for key in pair if key}
    chosen = _CHOSEN.findall(function.body)[:_WORDS]  # what the body compares a key with
    found: dict[str, object] = {**row, **dict(reversed(chosen))}
    for key in sorted(keys):
        value = named(scenario, key.lower(), subject) or row.get("id") or user
        found.setdefault(key, value)
    for key, kind in _CAST.findall(function.body):
        if kind.lower().startswith("bool"):
            found[key] = True
        elif not re.fullmatch(r"-?[\d.]+", str(found.get(key))):
            found[key] = 100
    for key in sorted(keys):  # what holds further keys holds all of them
        if re.search(rf"->\s*'{re.escape(key)}'\s*->", function.body):
            found[key] = {**row, **dict.fromkeys(keys, user)}
    for path in re.findall(r"#>>?\s*'\{([^}]+)\}'", function.body):
        *above, last = path.split(",")
        place: dict[str, object] = found
        for key in above:
            inner = place.setdefault(key, {})
            place = inner if isinstance(inner, dict) else {}
        place[last] = named(scenario, last.lower(), subject) or row.get("id") or user
    yield Value(json.dumps(found), real=True)
    yield from (Value(json.dumps({**found, k: word}), real=True) for k, word in chosen)
    yield from (Value(text, real=True) for text in typed(table, row, {"json", "jsonb"}))
    yield Value("{}")  # what every document contains
    yield Value(json.dumps([found]), real=True)
    yield Value(json.dumps([row.get("id") or user]), real=True)
    yield Value(json.dumps(row.get("id") or user), real=True)
