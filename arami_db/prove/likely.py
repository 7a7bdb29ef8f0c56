"""Values that an argument is likely to want, of a row of a user's, by its type and its name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from arami_db.prove.parts import ApiFunction, Argument
from arami_db.prove.scenario import Scenario
from arami_db.rows.identities import email
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table
from arami_db.rows.values import argument as filler

_NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
_TEXTS = {"text", "character varying", "character", "name", "citext", "unknown", "anyelement"}
_MOMENTS = {"date", "timestamp with time zone", "timestamp without time zone"}
_PAGING = re.compile(r"page|offset|skip|limit|size|count|days|top|first|after|^n$|^k$")
_EARLY = re.compile(r"from|since|after|start|begin|min|lower")
_PREFIX = re.compile(r"^(?:p|in|arg|a|v)?_+|_+(?:in|p|arg|param)$")
_KEYS = re.compile(r"->>?\s*'([^']+)'|\"?(\w+)\"?\s+(?:uuid|text|bigint|int|integer)\b")
_CHOSEN = re.compile(r"->>\s*'([^']+)'\s*\)?\s*(?:=|in\s*\(|when)\s*'([\w .-]{1,40})'")
_WORD = re.compile(r"'([\w .-]{1,40})'")  # what a body compares
_WORDS = 6
_INJECTED = "' or true --"


@dataclass(frozen=True)
class Value:
    """A value, and whether it is of a row of the user's, or else of a kind that needs no row."""

    text: str | None
    real: bool = False


Subject = tuple[str, Table | None, Row]


def values(
    scenario: Scenario, function: ApiFunction, argument: Argument, subject: Subject
) -> list[Value]:
    """Values of an argument, the likeliest first; there is at least one.

    Args:
        scenario: with the rows of its users.
        function: the function to call.
        argument: the argument, of any type.
        subject: the user, and a table and the user's row in it to take values from.
    """
    if argument.labels and argument.element is None:
        theirs = _typed(subject[1], subject[2], {argument.base})
        labels = dict.fromkeys([*theirs, *argument.labels])
        return [Value(label, real=label in theirs) for label in labels]
    if argument.fields:
        return [Value(json.dumps(_record(scenario, function, argument, subject)), real=True)]
    kind = argument.element or argument.base
    found = list(_of_kind(scenario, function, argument, kind, subject))
    found = list(dict.fromkeys(found)) or [Value(filler(kind))]
    if argument.element is not None:
        return [Value(None if v.text is None else _array(v.text), v.real) for v in found]
    return found


def _array(text: str) -> str:
    return "{" + json.dumps(text) + "}"


def _of_kind(
    scenario: Scenario, function: ApiFunction, argument: Argument, kind: str, subject: Subject
) -> Iterator[Value]:
    user, table, row = subject
    name = _PREFIX.sub("", argument.name.lower())
    if kind == "boolean":
        theirs = _typed(table, row, {kind})
        yield from (Value(text, real=True) for text in [*theirs, "true", "false"])
    elif kind in {"json", "jsonb"}:
        yield from _documents(scenario, function, subject)
    elif kind == "uuid":
        yield Value(_named(scenario, name, subject) or row.get("id") or user, real=True)
        yield from (Value(text, real=True) for text in _typed(table, row, {"uuid"}))
    elif kind in _TEXTS:
        yield from _texts(scenario, name, subject, _WORD.findall(function.body)[:_WORDS])
    elif kind in _NUMBERS:
        yield from _numbers(scenario, name, subject)
    elif kind in _MOMENTS:
        yield from (Value(text, real=True) for text in _typed(table, row, {kind}))
        found = row.get(name)
        edge = "-infinity" if _EARLY.search(name) else "infinity"
        yield from (Value(found, real=True),) if found else ()
        yield from (Value(edge), Value("-infinity" if edge == "infinity" else "infinity"))
    elif kind == "regclass":
        yield from (Value(t.label, real=True) for t in (table,) if t is not None)
    elif kind.endswith("range"):
        yield Value("(,)", real=True)
    elif kind == "interval":
        yield Value("100 years")
    elif table is not None:
        yield from (Value(text, real=True) for text in _typed(table, row, {kind}))


def _texts(scenario: Scenario, name: str, subject: Subject, words: list[str]) -> Iterator[Value]:
    user, table, row = subject
    if found := _named(scenario, name, subject):
        yield Value(found, real=True)
    if table is None:
        yield from (Value(email(user), real=True), Value(user, real=True))
        yield from (Value("%"), Value(_INJECTED), Value(""))
    texts = [n for n, c in (table.columns if table else {}).items() if c.category == "S"]
    yield from (Value(row[n], real=True) for n in texts if row[n])
    if row.get("id"):
        yield Value(row["id"], real=True)
    if table is not None:
        yield from (Value(table.name, real=True), Value(table.label, real=True))
    yield from (Value(text, real=True) for text in words)


def _numbers(scenario: Scenario, name: str, subject: Subject) -> Iterator[Value]:
    if _PAGING.search(name):
        big = re.search(r"limit|size|top|days", name)
        yield from (Value(text, real=True) for text in (("1000", "1") if big else ("0", "1", "2")))
    _, table, row = subject
    if found := _named(scenario, name, subject):
        yield Value(found, real=True)
    yield from (Value(text, real=True) for text in _typed(table, row, _NUMBERS))
    yield from (Value(text) for text in ("0", "1", "2"))


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


def _documents(scenario: Scenario, function: ApiFunction, subject: Subject) -> Iterator[Value]:
    """Objects with the keys that the body asks for, and the columns of the row; and lists."""
    user, _, row = subject
    keys = {key for pair in _KEYS.findall(function.body) for key in pair if key}
    chosen = _CHOSEN.findall(function.body)[:_WORDS]  # what the body compares a key with
    found: dict[str, object] = {**row, **dict(reversed(chosen))}
    for key in sorted(keys):
        value = _named(scenario, key.lower(), subject) or row.get("id") or user
        found.setdefault(key, value)
    for key in sorted(keys):  # what holds further keys holds all of them
        if re.search(rf"->\s*'{re.escape(key)}'\s*->", function.body):
            found[key] = {**row, **dict.fromkeys(keys, user)}
    for path in re.findall(r"#>>?\s*'\{([^}]+)\}'", function.body):
        *above, last = path.split(",")
        place: dict[str, object] = found
        for key in above:
            inner = place.setdefault(key, {})
            place = inner if isinstance(inner, dict) else {}
        place[last] = _named(scenario, last.lower(), subject) or row.get("id") or user
    yield Value(json.dumps(found), real=True)
    yield from (Value(json.dumps({**found, k: word}), real=True) for k, word in chosen)
    yield Value(json.dumps([found]), real=True)
    yield Value(json.dumps([row.get("id") or user]), real=True)
    yield Value(json.dumps(row.get("id") or user), real=True)


def _record(
    scenario: Scenario, function: ApiFunction, argument: Argument, subject: Subject
) -> dict[str, str | None]:
    found = {}
    for name, kind in argument.fields:
        part = Argument(name, kind, kind, None, (), ())
        values = list(_of_kind(scenario, function, part, kind, subject))
        found[name] = values[0].text if values else None
    return found
