"""Drift: the facts that should hold against the facts that do."""

from __future__ import annotations

import re
from typing import TypedDict

from arami_db.facts import Fact
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.reach import path_finding
from arami_db.verify.remedies import advice, remedy
from arami_db.verify.remedies.around import Around, Object, by_object
from arami_db.verify.remedies.causes import cause_of
from arami_db.verify.remedies.difference import Difference
from arami_db.verify.severity import severity_of


class _Mending(TypedDict):
    remedy: str | None
    advice: str | None
    cause: str | None


_Properties = dict[str, str]

_ORDER = "columns"  # the property of a table that says in which order they are
_NAME = re.compile(r'"(?:[^"]|"")*"|[^", ]+')
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
    gone, new = expected - actual, actual - expected
    found = [path_finding(fact, is_extra=fact in new) for fact in gone | new if _is_path(fact)]
    around = Around(by_object(expected), by_object(actual), owner, api)
    sides = (by_object(fact for fact in side if not _is_path(fact)) for side in (gone, new))
    missing, extra = sides
    for item in sorted(missing.keys() | extra.keys()):
        found += _differences(item, missing.get(item, {}), extra.get(item, {}), around)
    return found


def _is_path(fact: Fact) -> bool:
    return fact.kind == "reach"


def _differences(
    item: Object, missing: _Properties, extra: _Properties, around: Around
) -> list[Finding]:
    is_grant = item[0] in _GRANTS
    if around.is_missing(item) and not is_grant:
        return [_whole(item, missing, {}, around)]
    if around.is_extra(item) and not is_grant and extra.keys() != {"comment"}:
        return [_whole(item, {}, extra, around)]
    keys = sorted((missing.keys() | extra.keys()) - {_ORDER})
    found = [_property(item, key, missing.get(key), extra.get(key), around) for key in keys]
    return found + _moved(item[1], *(side.get(_ORDER, "") for side in (missing, extra)))


def _whole(item: Object, missing: _Properties, extra: _Properties, around: Around) -> Finding:
    """An object that is missing or that should not be there."""
    facts = [Fact(*item, *pair) for pair in (missing or extra).items()]
    severities = [severity_of(fact, is_extra=bool(extra)) for fact in facts]
    return Finding(
        min(severities, key=lambda severity: severity.rank),
        "facts",
        item[1],
        f"{' '.join(item)} {'is not part of the schema' if extra else 'is missing'}",
        expected="absent" if extra else "present",
        actual="present" if extra else "absent",
        missing=() if extra else tuple(facts),
        extra=tuple(facts) if extra else (),
        **_mending(Difference(*item, None, around.wanted.get(item, {}), None, around)),
    )


def _property(
    item: Object, key: str, missing: str | None, extra: str | None, around: Around
) -> Finding:
    """One property that differs."""
    lost = () if missing is None else (Fact(*item, key, missing),)
    gained = () if extra is None else (Fact(*item, key, extra),)
    severities = [severity_of(fact, is_extra=False) for fact in lost]
    severities += [severity_of(fact, is_extra=True) for fact in gained]
    return Finding(
        min(severities, key=lambda severity: severity.rank),
        "facts",
        item[1],
        f"{' '.join(item)}: {key} differs",
        expected=missing,
        actual=extra,
        missing=lost,
        extra=gained,
        **_mending(Difference(*item, key, around.wanted.get(item, {}), extra, around)),
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
