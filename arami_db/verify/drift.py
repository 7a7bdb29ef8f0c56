"""Drift: the facts that should hold against the facts that do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from arami_db.facts import Fact
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.remedy import remedy, split
from arami_db.verify.severity import severity_of

_Object = tuple[str, str]  # kind and name
_Properties = dict[str, str]

_ORDER = "columns"  # the property of a table that says in which order they are
_NAME = re.compile(r'"(?:[^"]|"")*"|[^", ]+')
_GRANTS = {"grant", "default privilege"}  # each privilege matters for itself
_PARTS = {"column", "constraint", "index", "policy", "trigger"}  # of a table


def drift(expected: frozenset[Fact], actual: frozenset[Fact]) -> list[Finding]:
    """Describe the difference of two sets of facts, object by object.

    Args:
        expected: the facts of the snapshot.
        actual: the facts of the database.

    Returns:
        One finding for an object that is missing or that should not be there, else one for each
        of its properties that differs; of grants, one for each role and privilege; of the order
        of columns, one for each that moved.
    """
    if expected == actual:
        return []
    lost, new = _grouped(expected - actual), _grouped(actual - expected)
    missing, extra = _by_object(expected - actual), _by_object(actual - expected)
    wanted = _by_object(expected)
    present = {fact[:2] for fact in actual}
    gone = {name for kind, name in missing.keys() - present if kind not in _PARTS | _GRANTS}
    found: list[Finding] = []
    for item in sorted(missing.keys() | extra.keys()):
        is_grant = item[0] in _GRANTS and not any(item[1].endswith(f" {name}") for name in gone)
        if item not in present and not is_grant:
            drifts = [_whole(item, "is missing", missing[item], wanted[item])]
        elif item not in wanted and not is_grant and extra[item].keys() != {"comment"}:
            drifts = [_whole(item, "is not part of the schema", extra[item], {})]
        else:
            sides = missing.get(item, {}), extra.get(item, {})
            drifts = _properties(item, *sides, wanted.get(item, {}))
            drifts += _moved(item[1], *(side.get(_ORDER, "") for side in sides))
        drifts = [_with_facts(drift, lost.get(item, ()), new.get(item, ())) for drift in drifts]
        found += [
            drift if _can_be_run(drift, item, present, extra, gone) else replace(drift, remedy=None)
            for drift in drifts
        ]
    return found


def _can_be_run(
    finding: Finding,
    item: _Object,
    present: set[_Object],
    extra: dict[_Object, _Properties],
    gone: set[str],
) -> bool:
    """Whether a remedy derived from one object suits what is around it."""
    (kind, name), remedy = item, finding.remedy
    if remedy is None:
        return True
    if any(other in remedy for other in gone - {name}):
        return False
    if kind not in _PARTS:
        return True
    table, last = split(name)
    if kind == "index":  # a constraint's comes and goes with it
        return not remedy.startswith("drop") or not any(
            k == "constraint" and n.startswith(f"{table}.") and split(n)[1] == last
            for k, n in present
        )
    # Since PostgreSQL 18 NOT NULL is a constraint, which its column is expected to keep.
    is_not_null = kind == "constraint" and "not null" in extra.get(item, {})
    return ("table", table) in present and not is_not_null


def _by_object(facts: frozenset[Fact]) -> dict[_Object, _Properties]:
    objects: dict[_Object, _Properties] = defaultdict(dict)
    for kind, name, key, value in sorted(facts):
        known = objects[kind, name].get(key)
        objects[kind, name][key] = f"{known}, {value}" if known else value
    return dict(objects)


def _grouped(facts: frozenset[Fact]) -> dict[_Object, tuple[Fact, ...]]:
    groups: dict[_Object, list[Fact]] = defaultdict(list)
    for fact in sorted(facts):
        groups[fact[:2]].append(fact)
    return {item: tuple(group) for item, group in groups.items()}


def _with_facts(drift: Finding, lost: Iterable[Fact], new: Iterable[Fact]) -> Finding:
    """A finding with the facts it is about: of one property those of that, else all."""
    lost, new = tuple(lost), tuple(new)
    only = {f.property for f in (*lost, *new) if drift.message.endswith(f": {f.property} differs")}
    return replace(
        drift,
        missing=tuple(fact for fact in lost if not only or fact.property in only),
        extra=tuple(fact for fact in new if not only or fact.property in only),
    )


def _whole(item: _Object, what: str, facts: _Properties, wanted: _Properties) -> Finding:
    kind, name = item
    return Finding(
        min((severity_of(kind, key) for key in facts), key=lambda severity: severity.rank),
        "facts",
        name,
        f"{kind} {name} {what}",
        expected="present" if wanted else "absent",
        actual="absent" if wanted else "present",
        remedy=remedy(kind, name, None, wanted),
    )


def _properties(
    item: _Object, missing: _Properties, extra: _Properties, wanted: _Properties
) -> list[Finding]:
    kind, name = item
    return [
        Finding(
            severity_of(kind, key),
            "facts",
            name,
            f"{kind} {name}: {key} differs",
            expected=missing.get(key),
            actual=extra.get(key),
            remedy=remedy(kind, name, key, wanted, extra.get(key)),
        )
        for key in sorted((missing.keys() | extra.keys()) - {_ORDER})
    ]


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
        )
        for tag, *_, start, end in changes
        if tag != "equal"
        for name in after[start:end]
    ]


def _place(name: str, names: list[str]) -> str:
    index = names.index(name)
    return f"after {names[index - 1]}" if index else "first"
