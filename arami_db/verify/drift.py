"""Drift: the facts that should hold against the facts that do."""

from __future__ import annotations

import re

from arami_db.facts import Fact
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.remedies import Around, advice, by_object, remedy
from arami_db.verify.severity import severity_of

_Object = tuple[str, str]  # kind and name
_Properties = dict[str, str]

_ORDER = "columns"  # the property of a table that says in which order they are
_NAME = re.compile(r'"(?:[^"]|"")*"|[^", ]+')
_GRANTS = {"grant", "default privilege"}  # each privilege matters for itself
_PARTS = {"column", "constraint", "index", "policy", "trigger"}  # of a table


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
        of columns, one for each that moved.
    """
    if expected == actual:
        return []
    missing, extra = by_object(expected - actual), by_object(actual - expected)
    wanted = by_object(expected)
    around = Around(wanted, by_object(actual), owner, api)
    present = {fact[:2] for fact in actual}
    gone = {name for kind, name in missing.keys() - present if kind not in _PARTS | _GRANTS}
    found: list[Finding] = []
    for item in sorted(missing.keys() | extra.keys()):
        is_grant = item[0] in _GRANTS and not any(item[1].endswith(f" {name}") for name in gone)
        if item not in present and not is_grant:
            found.append(_whole(item, "is missing", missing[item], wanted[item], around))
        elif item not in wanted and not is_grant and extra[item].keys() != {"comment"}:
            found.append(_whole(item, "is not part of the schema", extra[item], {}, around))
        else:
            sides = missing.get(item, {}), extra.get(item, {})
            found += _properties(item, *sides, wanted.get(item, {}), around)
            found += _moved(item[1], *(side.get(_ORDER, "") for side in sides))
    return found


def _whole(
    item: _Object, what: str, facts: _Properties, wanted: _Properties, around: Around
) -> Finding:
    kind, name = item
    sql = remedy(kind, name, None, wanted, None, around)
    return Finding(
        min((severity_of(kind, key) for key in facts), key=lambda severity: severity.rank),
        "facts",
        name,
        f"{kind} {name} {what}",
        expected="present" if wanted else "absent",
        actual="absent" if wanted else "present",
        remedy=sql,
        advice=None if sql else advice(kind, name, None, wanted, None, around),
    )


def _properties(
    item: _Object,
    missing: _Properties,
    extra: _Properties,
    wanted: _Properties,
    around: Around,
) -> list[Finding]:
    kind, name = item
    found = []
    for key in sorted((missing.keys() | extra.keys()) - {_ORDER}):
        difference = (kind, name, key, wanted, extra.get(key), around)
        sql = remedy(*difference)
        found.append(
            Finding(
                severity_of(kind, key),
                "facts",
                name,
                f"{kind} {name}: {key} differs",
                expected=missing.get(key),
                actual=extra.get(key),
                remedy=sql,
                advice=None if sql else advice(*difference),
            )
        )
    return found


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
            advice=advice("column", f"{table}.{name}", "place", {}),
        )
        for tag, *_, start, end in changes
        if tag != "equal"
        for name in after[start:end]
    ]


def _place(name: str, names: list[str]) -> str:
    index = names.index(name)
    return f"after {names[index - 1]}" if index else "first"
