"""Paths of the API's roles, as findings: where each begins, and how to close it.

The words of a path are those of sql/catalog/280_reach.sql.
"""

from __future__ import annotations

import re

from arami_db.drift.findings import Finding, Severity
from arami_db.facts import Fact

_STEP = re.compile(
    r"(?:materialized view|view|rule on|parent"
    r"|(?:trigger|policy|default|constraint|domain|view) of)"
    r' ((?:"(?:[^"]|"")*"|[^", ])+)'
)
_GRANTED = re.compile(r"(?P<privilege>execute|usage) granted to (?P<grantee>[^,]+)")
_OWNERS_VIEW = re.compile(r"(?:^|-> )view (?P<name>\S+) as ")
_MEMBER = "member of it"


def path_finding(fact: Fact, *, is_extra: bool) -> Finding:
    """What an extra or a missing path means.

    Args:
        fact: of kind "reach": a role, the object it reaches, and how.
        is_extra: whether only the database has it.
    """
    _, role, reached, path = fact
    if not is_extra:
        return Finding(
            Severity.INTEGRITY,
            "facts",
            reached.removeprefix("function "),
            f"{role} no longer reaches {reached}: {path}",
            expected=path,
            advice="Grant it again, or restore what the path went through.",
            missing=(fact,),
        )
    remedy = _remedy(fact)
    return Finding(
        Severity.SECURITY,
        "facts",
        entry_of(fact),
        f"{role} reaches {reached}: {path}",
        actual=path,
        remedy=remedy,
        advice=None if remedy else _advice(fact),
        extra=(fact,),
    )


def entry_of(fact: Fact) -> str:
    """Where a path begins: the first relation it goes through, else the object it reaches."""
    found = _STEP.match(fact.value)
    return found[1] if found else fact.property.removeprefix("function ")


def steps_of(fact: Fact) -> set[str]:
    """The relations a path goes through."""
    return set(_STEP.findall(fact.value))


def _remedy(fact: Fact) -> str | None:
    _, role, reached, path = fact
    if path == _MEMBER:
        return f"revoke {reached.removeprefix('role ')} from {role};"
    if found := _OWNERS_VIEW.search(path):
        return f"alter view {found['name']} set (security_invoker = true);"
    granted = _GRANTED.match(path)
    if granted is None or granted["grantee"] == "owner":
        return None
    kind, _, name = reached.partition(" ")
    targets = {"function": f"routine {name}", "server": f"foreign server {name}"}
    if kind not in targets:
        return None
    return f"revoke {granted['privilege']} on {targets[kind]} from {granted['grantee']};"


def _advice(fact: Fact) -> str:
    entry, role = entry_of(fact), fact.object
    if fact.value.startswith(("trigger", "policy", "default", "constraint", "domain")):
        return f"Drop what calls the function on {entry}, or revoke what {role} may do there."
    if _STEP.match(fact.value):
        return f"Revoke what {role} holds on {entry}, or drop it."
    if fact.property.startswith("role "):
        return f"Revoke the membership through which {role} comes to {fact.property}."
    return f"Revoke it from the role that {role} acts as there."
