"""Drift: the facts that should hold against the facts that do."""

from __future__ import annotations

import re
from typing import TypedDict

from arami_db.drift.findings import Finding, Severity
from arami_db.drift.reach import path_finding
from arami_db.drift.remedies import advice, remedy
from arami_db.drift.remedies.around import Object, Sides, by_object, sent
from arami_db.drift.remedies.causes import cause_of
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.severity import severity_of
from arami_db.facts import Fact


class _Mending(TypedDict):
    remedy: str | None
    advice: str | None
    cause: str | None


_Facts = tuple[Fact, ...]

_ORDER = "columns"  # the property of a table that says in which order they are
_NAME = re.compile(r'"(?:[^"]|"")*"|[^", ]+')
_ANYTHINGS = {"owner", "comment"}  # what anything has: they do not weigh an object
_GRANTS = {"grant", "default privilege"}  # each privilege matters for itself


def drift(
    expected: frozenset[Fact],
    actual: frozenset[Fact],
    owner: str = "current_user",
    api: tuple[str, ...] = (),
) -> list[Finding]:
    """Describe the difference of two sets of facts, object by object.

    Args:
        expected: the facts of the snapshot.
        actual: the facts of the database.
        owner: the role that the facts call "owner", for remedies.
        api: the API's roles that the database has, for remedies.

    Returns:
        One finding for an object that is missing or that should not be there, else one for each
        of its properties that differs; of grants, one for each role and privilege; of the order
        of columns, one for each that moved; of reach, one for each path.
    """
    if expected == actual:
        return []
    around = Sides(by_object(expected), by_object(actual), owner, api)
    missing, extra = _by_item(expected - actual), _by_item(actual - expected)
    found: list[Finding] = []
    for item in sorted(missing.keys() | extra.keys()):
        found += _differences(item, missing.get(item, ()), extra.get(item, ()), around)
    return found


def _by_item(facts: frozenset[Fact]) -> dict[Object, _Facts]:
    items: dict[Object, _Facts] = {}
    for fact in sorted(facts):
        items[fact[:2]] = (*items.get(fact[:2], ()), fact)
    return items


def _differences(item: Object, missing: _Facts, extra: _Facts, around: Sides) -> list[Finding]:
    kind, name = item
    if kind == "reach":
        return [path_finding(fact, is_extra=fact in extra) for fact in (*missing, *extra)]
    keys = {fact.property for fact in (*missing, *extra)}
    if kind not in _GRANTS and around.is_missing(item):
        return [_difference(item, None, missing, (), around)]
    if kind not in _GRANTS and around.is_extra(item) and keys != {"comment"}:
        parts = _parted(item, extra, around)
        return [_difference(item, key, (), facts, around) for key, facts in parts]
    found = [
        _difference(item, key, _of(missing, key), _of(extra, key), around)
        for key in sorted(keys - {_ORDER})
    ]
    return found + _moved(name, *(_value(_of(side, _ORDER)) or "" for side in (missing, extra)))


def _parted(item: Object, extra: _Facts, around: Sides) -> list[tuple[str | None, _Facts]]:
    """An object that should not be there: as a whole, and what may be settled without it.

    A table may be somebody else's, and inherit from one of ours; a publication the platform's, and
    send tables of others besides.
    """
    if item[0] == "table":
        apart = tuple(f for f in extra if f.property.startswith("inherits ") and _ours(f, around))
    else:
        is_sent = item[0] == "publication"
        apart = tuple(
            f for f in extra if is_sent and f.property.startswith("table ") and not _ours(f, around)
        )
    whole = tuple(fact for fact in extra if fact not in apart)
    parts: list[tuple[str | None, _Facts]] = [(fact.property, (fact,)) for fact in apart]
    if item[0] == "publication" and parts and not sent(whole):
        key, facts = parts[0]
        return [(key, (*facts, *whole)), *parts[1:]]
    return [(None, whole), *parts]


def _ours(fact: Fact, around: Sides) -> bool:
    """Whether a property names a table that should be."""
    return ("table", fact.property.split(" ", 1)[1]) in around.wanted


def _of(facts: _Facts, key: str) -> _Facts:
    return tuple(fact for fact in facts if fact.property == key)


def _value(facts: _Facts) -> str | None:
    """What a property is; of one that is stated several times, all of it."""
    return ", ".join(fact.value for fact in facts) if facts else None


def _difference(
    item: Object, key: str | None, missing: _Facts, extra: _Facts, around: Sides
) -> Finding:
    """A property that differs; without a key, an object that is missing or should not be there."""
    facts = [f for f in (*missing, *extra) if key or f.property not in _ANYTHINGS]
    severities = [severity_of(fact, is_extra=fact in extra) for fact in facts]
    expected, actual = _value(missing), _value(extra)
    what = f": {key} differs"
    if key is None:
        expected, actual = ("absent", "present") if extra else ("present", "absent")
        what = " is not part of the schema" if extra else " is missing"
        if item[0] == "publication" and (what_is_sent := sent(extra)):
            what = f" sends {', '.join(what_is_sent)} to whoever subscribes"
    now = _value(extra) if key else None
    return Finding(
        min(severities, key=lambda severity: severity.rank, default=Severity.COSMETIC),
        "facts",
        item[1],
        " ".join(item) + what,
        expected=expected,
        actual=actual,
        missing=missing,
        extra=extra,
        **_mending(Difference(*item, key, around.wanted.get(item, {}), now, around)),
    )


def _mending(difference: Difference) -> _Mending:
    """What makes a difference go, or what to do; and what it follows from."""
    sql = remedy(difference)
    return {
        "remedy": sql,
        "advice": None if sql else advice(difference),
        "cause": cause_of(difference),
    }


def _moved(table: str, expected: str, actual: str) -> list[Finding]:
    """The columns that are in another place among those that were and are there."""
    from difflib import SequenceMatcher

    before, after = _NAME.findall(expected), _NAME.findall(actual)
    before, after = [n for n in before if n in after], [n for n in after if n in before]
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [
        Finding(
            Severity.INTEGRITY,
            "facts",
            f"{table}.{name}",
            f"column {table}.{name} is in another place",
            expected=_place(name, before),
            actual=_place(name, after),
            advice=advice(Difference("column", f"{table}.{name}", "place", {})),
            missing=(Fact("column", f"{table}.{name}", "place", _place(name, before)),),
            extra=(Fact("column", f"{table}.{name}", "place", _place(name, after)),),
        )
        for tag, *_, start, end in changes
        if tag != "equal"
        for name in after[start:end]
    ]


def _place(name: str, names: list[str]) -> str:
    index = names.index(name)
    return f"after {names[index - 1]}" if index else "first"
