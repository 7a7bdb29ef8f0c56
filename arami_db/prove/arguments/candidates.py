"""Values for one argument, from a user's row: chosen by the argument's type and name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from arami_db.prove.arguments.user_values import (
    MOMENTS,
    Subject,
    Value,
    documents,
    named,
    of_moments,
    typed,
)
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.parts import ApiFunction, Argument
from arami_db.rows.identities import email
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table
from arami_db.rows.values import argument as filler

_NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
_TEXTS = {"text", "character varying", "character", "name", "citext", "unknown", "anyelement"}
_PAGING = re.compile(r"page|offset|skip|limit|size|count|days|top|first|after|^n$|^k$")
_AMOUNT = re.compile(r"amount|sum|cents|price|quantity|qty|points|credits|total|^by$")
_COLUMNS = re.compile(r"field|col|attribute|select")
_EARLY = re.compile(r"from|since|after|start|begin|min|lower")
_PREFIX = re.compile(r"^(?:p|in|arg|a|v)?_+|_+(?:in|p|arg|param)$")
_WORD = re.compile(r"'([\w .-]{1,40})'")  # what a body compares
_WORDS = 6
_INJECTED = "' or true --"
# In the place of an expression, and of a text: what is in a row is in the error.
_TELLING = "(select string_agg(t::text, ' ')::integer from {} as t)"
_BEGINNING = re.compile(r"\bleft\(.*?,\s*(\d+)\s*\)|\bsubstr(?:ing)?\(.*?,\s*1,\s*(\d+)\s*\)")
_WHOLE = {  # what holds, or matches, all there is of a type
    "box": "((-1e9,-1e9),(1e9,1e9))",
    "circle": "<(0,0),1e9>",
    "polygon": "((-1e9,-1e9),(-1e9,1e9),(1e9,1e9),(1e9,-1e9))",
    "lquery": "*",
    "jsonpath": "$",
}


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
        theirs = typed(subject[1], subject[2], {argument.base})
        labels = dict.fromkeys([*theirs, *argument.labels])
        return [Value(label, real=label in theirs) for label in labels]
    if argument.fields:
        return [Value(json.dumps(_record(scenario, function, argument, subject)), real=True)]
    kind = argument.element or argument.base
    found = list(_of_kind(scenario, function, argument, kind, subject))
    found = list(dict.fromkeys(found)) or [Value(filler(kind))]
    if argument.element is not None:
        arrays = [Value(None if v.text is None else _array(v.text), v.real) for v in found]
        if subject[1] is None or kind not in _TEXTS:
            return arrays
        names = Value(_array(*subject[1].columns), real=True)
        is_of_columns = _COLUMNS.search(argument.name.lower())
        return [names] if is_of_columns else [*arrays[:1], names, *arrays[1:]]
    return found


def _array(*texts: str) -> str:
    return "{" + ", ".join(map(json.dumps, texts)) + "}"


def _of_kind(
    scenario: Scenario, function: ApiFunction, argument: Argument, kind: str, subject: Subject
) -> Iterator[Value]:
    user, table, row = subject
    name = _PREFIX.sub("", argument.name.lower())
    if kind == "boolean":
        theirs = typed(table, row, {kind})
        yield from (Value(text, real=True) for text in [*theirs, "true", "false"])
    elif kind in {"json", "jsonb"}:
        yield from documents(scenario, function, subject)
    elif kind == "uuid":
        yield Value(named(scenario, name, subject) or row.get("id") or user, real=True)
        yield from (Value(text, real=True) for text in typed(table, row, {"uuid"}))
    elif kind in _TEXTS:
        yield from _texts(scenario, name, subject, function.body)
    elif kind in _NUMBERS:
        yield from _numbers(scenario, name, subject)
    elif kind in MOMENTS:
        yield from (Value(text, real=True) for text in typed(table, row, {kind}))
        found = row.get(name)
        edge = "-infinity" if _EARLY.search(name) else "infinity"
        yield from (Value(found, real=True),) if found else ()
        yield from (Value(edge), Value("-infinity" if edge == "infinity" else "infinity"))
    elif kind == "regclass":
        yield from (Value(t.label, real=True) for t in (table,) if t is not None)
    elif kind == "interval":
        yield from (Value("100 years"), Value("0 seconds"), Value("-100 years"))
    else:
        yield from (Value(text, real=True) for text in _whole(kind, table, row))


def _whole(kind: str, table: Table | None, row: Row) -> Iterator[str]:
    """What holds, or matches, all there is; else what the row has of a type."""
    if kind.endswith("range"):
        yield "(,)"
    elif kind == "tsquery":
        texts = typed(table, row, _TEXTS)
        yield from (f"'{word}'" for text in texts for word in re.findall(r"\w+", text))
    elif kind in _WHOLE:
        yield _WHOLE[kind]
    else:
        yield from typed(table, row, {kind})


def _texts(scenario: Scenario, name: str, subject: Subject, body: str) -> Iterator[Value]:
    user, table, row = subject
    if found := named(scenario, name, subject):
        yield Value(found, real=True)
    if table is not None and re.search(r"\bexecute\b", body, re.IGNORECASE):
        telling = _TELLING.format(table.identifier.as_string())
        yield from (Value(telling, real=True), Value(f"' || {telling} || '", real=True))
    for length in dict.fromkeys(int(a or b) for a, b in _BEGINNING.findall(body)):
        known = [*filter(None, [row.get("id"), *typed(table, row, _TEXTS | {"uuid"})])]
        yield from (Value(text[:length], real=True) for text in dict.fromkeys(known))
    if table is None:
        yield from (Value(email(user), real=True), Value(user, real=True))
        yield from (Value("%"), Value(_INJECTED), Value(""))
    yield from (Value(text, real=True) for text in _WORD.findall(body)[:_WORDS])
    texts = [n for n, c in (table.columns if table else {}).items() if c.category == "S"]
    yield from (Value(row[n], real=True) for n in texts if row[n])
    if row.get("id"):
        yield Value(row["id"], real=True)
    if table is not None:
        yield from (Value(table.name, real=True), Value(table.label, real=True))
    yield from (Value(text, real=True) for text in _literals(scenario, table))


def _literals(scenario: Scenario, table: Table | None) -> list[str]:
    """What constraints of a table name, and policies that look at it: kinds, states, roles."""
    if table is None:
        return []
    texts = [check.definition for check in table.checks.values()]
    texts += [
        branch.text
        for branch in scenario.schema.policies.branches
        if re.search(rf"\b{re.escape(table.name)}\b", branch.text)
    ]
    return list(dict.fromkeys(word for text in texts for word in _WORD.findall(text)))[:_WORDS]


def _numbers(scenario: Scenario, name: str, subject: Subject) -> Iterator[Value]:
    if _PAGING.search(name):
        big = re.search(r"limit|size|top|days", name)
        yield from (Value(text, real=True) for text in (("1000", "1") if big else ("0", "1", "2")))
    if _AMOUNT.search(name):
        yield Value("1")
    _, table, row = subject
    yield from (Value(text, real=True) for text in of_moments(name, table, row))
    if found := named(scenario, name, subject):
        yield Value(found, real=True)
    yield from (Value(text, real=True) for text in typed(table, row, _NUMBERS))
    yield from (Value(text) for text in ("0", "1", "2"))


def _record(
    scenario: Scenario, function: ApiFunction, argument: Argument, subject: Subject
) -> dict[str, str | None]:
    found = {}
    for name, kind in argument.fields:
        part = Argument(name, kind, kind, None, (), ())
        values = list(_of_kind(scenario, function, part, kind, subject))
        found[name] = values[0].text if values else None
    return found
