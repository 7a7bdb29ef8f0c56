"""Declared exceptions: objects of a deployment outside the schema, each with a reason.

A declaration accepts extra facts: those of a role, of a publication, or of an object with its
parts. It never accepts a missing or changed fact, a finding of a check, or a path into the schema
itself. What the proof of row level security finds has its own declarations: one object and one
action each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arami_db.drift.beside import declared_as, leads_to_function
from arami_db.drift.findings import Finding
from arami_db.drift.neighbours import Neighbours
from arami_db.drift.remedies.around import Object
from arami_db.errors import UsageError
from arami_db.facts import Fact
from arami_db.facts.names import unquoted
from arami_db.settings import Declaration

_GRANTS = {"grant", "default privilege"}
_DEFINER = ("security", "definer")
_NAME = re.compile(r'"(?:[^"]|"")*"|[^". ]+')


@dataclass(frozen=True)
class Accepted:
    """A finding that a declaration covers."""

    finding: Finding
    declaration: Declaration


def accept(
    findings: Iterable[Finding], declarations: Iterable[Declaration], beside: Neighbours
) -> tuple[list[Finding], tuple[Accepted, ...], tuple[Declaration, ...]]:
    """Remove the findings that only report declared objects.

    Args:
        findings: all findings, causes and consequences separately.
        declarations: the declared exceptions.
        beside: the neighbours of the schema; objects of the schema cannot be declared.

    Returns:
        The remaining findings, the accepted ones, and the declarations that matched nothing.

    Raises:
        UsageError: a declaration names an object of the schema itself.
    """
    declarations = tuple(declarations)
    own = {fact.object for fact in beside.expected}
    for declaration in declarations:
        if declaration.kind not in {"role", "rls"} and declaration.name in own:
            raise UsageError(
                f"{declaration.place}: {declaration.name} is part of the schema itself",
                hint="Only what the schema does not state can be declared.",
            )
    named = {(d.kind, d.name): d for d in declarations[::-1]}
    accepted, left = [], []
    for finding in findings:
        found = _declared(finding, beside.of(finding), named, declarations)
        if found:
            accepted.append(Accepted(finding, found))
        else:
            left.append(finding)
    used = {entry.declaration for entry in accepted}
    return left, tuple(accepted), tuple(d for d in declarations if d not in used)


def _declared(
    finding: Finding,
    item: Object | None,
    named: Mapping[Object, Declaration],
    declarations: Iterable[Declaration],
) -> Declaration | None:
    """The declaration that covers all facts of a finding."""
    if finding.source == "rls":
        return next((d for d in declarations if _is_meant(d, finding)), None)
    if finding.source != "facts" or finding.missing or not finding.extra:
        return None
    others = (d for d in declarations if all(_covers(d, fact) for fact in finding.extra))
    if found := next(others, None):
        return found
    found = named.get((declared_as(item[0]), item[1])) if item else None
    is_it = found and (found.kind != "function" or _allows(found, finding))
    return found if is_it else None


def _is_meant(declaration: Declaration, finding: Finding) -> bool:
    """Whether a declaration covers a finding of the proof: its object and its action."""
    action = finding.message.split(": ")[1:2]
    is_it = declaration.kind == "rls" and declaration.name == finding.object
    return is_it and bool(action) and action[0].split(" ")[0] == declaration.action


def _covers(declaration: Declaration, fact: Fact) -> bool:
    """Whether a fact is about a role or a publication."""
    wanted = unquoted(declaration.name)
    if declaration.kind == "role":
        return fact.kind in _GRANTS and _grantee(fact) == wanted
    if declaration.kind == "publication":
        return fact.kind == "publication" and unquoted(fact.object) == wanted
    return False


def _allows(declaration: Declaration, finding: Finding) -> bool:
    """Whether a function may run with the rights of its owner: only if it is declared so."""
    if any(fact.kind == "reach" and fact.object != "authenticated" for fact in finding.extra):
        return False
    is_elevated = any(fact[2:] == _DEFINER for fact in finding.extra) or leads_to_function(finding)
    return declaration.definer or not is_elevated


def _grantee(fact: Fact) -> str | None:
    """The grantee; None for the owner, who is written without a name."""
    match = _NAME.match(fact.property)
    return unquoted(match[0]) if match and match[0] != "owner" else None
