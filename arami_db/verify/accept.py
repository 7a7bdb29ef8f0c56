"""Declared exceptions: what a deployment has beside the schema, and said so with a reason.

A declaration accepts facts that are there and need not be. It never accepts one that is missing or
changed, nor what a check or the proof of row level security finds, nor a way for people who have
not signed in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from arami_db.drift.findings import Finding
from arami_db.drift.remedies.names import schema_of, sequence_of, split
from arami_db.errors import UsageError
from arami_db.facts import Fact
from arami_db.settings import Declaration, unquoted

_GRANTS = {"grant", "default privilege"}
_ROUTINES = {"function", "procedure", "aggregate"}
_RELATIONS = {"table", "view", "materialized view"}
_PARTS = {"column", "constraint", "trigger", "policy"}
_SIGNED_IN = {"authenticated", "service_role"}
# Of a table itself; what it inherits, or is a partition of, is a way into another.
_PROPERTIES = {"columns", "comment", "owner", "definition", "populated", "persistence"}
_PROPERTIES |= {
    "row level security",
    "force row level security",
    "replica identity",
    "partition key",
}
_OPTION = "option "
_NAME = re.compile(r'"(?:[^"]|"")*"|[^". ]+')
# A path through nothing else, to all of a table or to one column; TRUNCATE goes past its policies.
_TRIGGER = re.compile(r"trigger of [^,]+,")
_DIRECT = re.compile(
    r"(?:select|insert|update|delete)"
    r'(?: \((?:"(?:[^"]|"")*"|[^"() ]+)\))? granted to authenticated'
)


@dataclass(frozen=True)
class Accepted:
    """A finding that a declaration of the deployment covers."""

    finding: Finding
    declaration: Declaration


def accept(
    findings: Iterable[Finding], declarations: Iterable[Declaration], expected: Collection[Fact]
) -> tuple[list[Finding], tuple[Accepted, ...], tuple[Declaration, ...]]:
    """Take out the findings that only say that something declared is there.

    Args:
        findings: all of them, each cause and consequence for itself.
        declarations: what the deployment has declared.
        expected: the facts of the snapshot; what they state cannot be declared.

    Returns:
        The findings that are left, those accepted, and the declarations that matched nothing.

    Raises:
        UsageError: a declaration names an object of the schema itself.
    """
    declarations = tuple(declarations)
    own = {fact.object for fact in expected}
    for declaration in declarations:
        if declaration.kind != "role" and declaration.name in own:
            raise UsageError(
                f"{declaration.place}: {declaration.name} is part of the schema itself",
                hint="Only what the schema does not state can be declared.",
            )
    findings = list(findings)
    extra = {fact for finding in findings for fact in finding.extra}
    covered = [(d, _covered(d, extra, expected)) for d in declarations]
    accepted, left = [], []
    for finding in findings:
        found = next((d for d, facts in covered if _is_only(finding, facts)), None)
        if found:
            accepted.append(Accepted(finding, found))
        else:
            left.append(finding)
    used = {entry.declaration for entry in accepted}
    return left, tuple(accepted), tuple(d for d in declarations if d not in used)


def _is_only(finding: Finding, facts: set[Fact]) -> bool:
    """Whether these facts are all that a finding is about."""
    is_drift = finding.source == "facts" and not finding.missing
    return is_drift and bool(finding.extra) and facts.issuperset(finding.extra)


def _covered(declaration: Declaration, extra: set[Fact], expected: Collection[Fact]) -> set[Fact]:
    """The facts, of those that need not be there, that a declaration covers."""
    if declaration.kind == "table":
        return set(_table(declaration.name, extra, expected))
    covers = {"role": _role, "publication": _publication, "function": _function}
    return set(covers[declaration.kind](declaration.name, extra))


def _role(name: str, extra: set[Fact]) -> Iterator[Fact]:
    wanted = unquoted(name)
    yield from (f for f in extra if f.kind in _GRANTS and _grantee(f) == wanted)


def _grantee(fact: Fact) -> str | None:
    """Who a grant is to; None for the owner, who is written without a name."""
    match = _NAME.match(fact.property)
    return unquoted(match[0]) if match and match[0] != "owner" else None


def _publication(name: str, extra: set[Fact]) -> Iterator[Fact]:
    for fact in extra:
        if fact.kind == "publication" and unquoted(fact.object) == unquoted(name):
            yield fact


def _function(name: str, extra: set[Fact]) -> Iterator[Fact]:
    granted = {f"{kind} {name}" for kind in _ROUTINES}
    for fact in extra:
        is_it = fact.kind in _ROUTINES and fact.object == name
        if is_it or _is_granted(fact, granted) or _is_reached(fact, name, _ROUTINES):
            yield fact


def _table(name: str, extra: set[Fact], expected: Collection[Fact]) -> Iterator[Fact]:
    parts = {f for f in extra if f.kind in _PARTS and f.object.startswith(f"{name}.")}
    granted = {f"{kind} {name}" for kind in _RELATIONS}
    granted |= {f"column {part.object}" for part in parts if part.kind == "column"}
    fired = _fired(name, expected)
    beside = _indexes(name, parts, extra) | _sequences(name, parts, extra)
    for fact in extra:
        is_it = fact.kind in _RELATIONS and fact.object == name
        is_own = fact.property in _PROPERTIES or fact.property.startswith(_OPTION)
        is_direct = bool(_DIRECT.fullmatch(fact.value)) and _is_reached(fact, name, _RELATIONS)
        is_part = fact in parts or fact in fired or fact[:2] in beside
        if (is_it and is_own) or is_part or is_direct or _is_granted(fact, granted):
            yield fact


def _fired(table: str, expected: Collection[Fact]) -> set[Fact]:
    """What a table's triggers may call: what those of the schema's own tables do."""
    known = (fact for fact in expected if fact.kind == "reach" and _TRIGGER.match(fact.value))
    return {fact._replace(value=_TRIGGER.sub(f"trigger of {table},", fact.value)) for fact in known}


def _is_granted(fact: Fact, objects: set[str]) -> bool:
    return fact.kind == "grant" and fact.object in objects and _grantee(fact) in _SIGNED_IN


def _is_reached(fact: Fact, name: str, kinds: set[str]) -> bool:
    """Whether a fact says that people who have signed in come to exactly this."""
    names = {name, *(f"{kind} {name}" for kind in kinds)}
    return fact.kind == "reach" and fact.object == "authenticated" and fact.property in names


def _indexes(table: str, parts: set[Fact], extra: set[Fact]) -> set[tuple[str, str]]:
    """The indexes of a table: they say so, but for those of a primary key."""
    schema = schema_of(table)
    keys = {f"{schema}.{split(p.object)[1]}" for p in parts if p.kind == "constraint"}
    found = {("index", key) for key in keys}
    for fact in extra:
        if fact.kind == "index" and fact.property == "definition":
            name = fact.object.removeprefix(f"{schema}.")
            begins = {f"CREATE {unique}INDEX {name} ON {table} " for unique in ("", "UNIQUE ")}
            if any(fact.value.startswith(begin) for begin in begins):
                found.add(fact[:2])
            else:
                found.discard(fact[:2])
    return found


def _sequences(table: str, parts: set[Fact], extra: set[Fact]) -> set[tuple[str, str]]:
    """The sequences of a table's columns: owned by one, or named after one with an identity."""
    identities = {sequence_of(p.object) for p in parts if p.property == "identity"}
    return {
        fact[:2]
        for fact in extra
        if fact.kind == "sequence"
        and (
            fact.object in identities
            or (fact.property == "owned by" and fact.value.startswith(f"{table}."))
        )
    }
