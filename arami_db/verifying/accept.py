"""Declared exceptions: what a deployment has beside the schema, and said so with a reason.

A declaration accepts facts that are there and need not be: those of a role, of a publication, or of
an object with all its own. It never accepts one that is missing or changed, nor what a check finds,
nor a way into the schema itself. What the proof of row level security finds has declarations of its
own: one object and one action each.
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
from arami_db.settings import Declaration, unquoted

_GRANTS = {"grant", "default privilege"}
_DEFINER = ("security", "definer")
_NAME = re.compile(r'"(?:[^"]|"")*"|[^". ]+')


@dataclass(frozen=True)
class Accepted:
    """A finding that a declaration of the deployment covers."""

    finding: Finding
    declaration: Declaration


def accept(
    findings: Iterable[Finding], declarations: Iterable[Declaration], beside: Neighbours
) -> tuple[list[Finding], tuple[Accepted, ...], tuple[Declaration, ...]]:
    """Take out the findings that only say that something declared is there.

    Args:
        findings: all of them, each cause and consequence for itself.
        declarations: what the deployment has declared.
        beside: what there is beside the schema, whose own objects cannot be declared.

    Returns:
        The findings that are left, those accepted, and the declarations that matched nothing.

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
    """The declaration that covers all that a finding is about."""
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
    """Whether what the proof finds is what a declaration speaks of: who, then what, then why."""
    action = finding.message.split(": ")[1:2]
    is_it = declaration.kind == "rls" and declaration.name == finding.object
    return is_it and bool(action) and action[0].split(" ")[0] == declaration.action


def _covers(declaration: Declaration, fact: Fact) -> bool:
    """Whether a fact is of a role or of a publication."""
    wanted = unquoted(declaration.name)
    if declaration.kind == "role":
        return fact.kind in _GRANTS and _grantee(fact) == wanted
    if declaration.kind == "publication":
        return fact.kind == "publication" and unquoted(fact.object) == wanted
    return False


def _allows(declaration: Declaration, finding: Finding) -> bool:
    """Whether a function may be what it is: the rights of its owner it has only if declared so."""
    if any(fact.kind == "reach" and fact.object != "authenticated" for fact in finding.extra):
        return False
    is_elevated = any(fact[2:] == _DEFINER for fact in finding.extra) or leads_to_function(finding)
    return declaration.definer or not is_elevated


def _grantee(fact: Fact) -> str | None:
    """Who a grant is to; None for the owner, who is written without a name."""
    match = _NAME.match(fact.property)
    return unquoted(match[0]) if match and match[0] != "owner" else None
