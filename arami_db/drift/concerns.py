"""The names that findings are about: they decide which finding is the cause of another."""

from __future__ import annotations

import re

from arami_db.drift.findings import Finding
from arami_db.drift.reach import entry_of, steps_of
from arami_db.drift.remedies.causes import target_of
from arami_db.drift.remedies.names import relation_in
from arami_db.facts import Fact
from arami_db.facts.names import split

_PARTS = {"column", "constraint", "policy", "trigger", "rule"}  # named after the object they are on


def fact_of(finding: Finding) -> Fact:
    """The first fact that differs."""
    return (finding.missing or finding.extra)[0]


def told_by(cause: Finding) -> set[str]:
    """Every name that a difference and its consequences are about."""
    fact = fact_of(cause)
    names = about(cause) | told_in(cause) | {fact.object}
    if fact.kind == "grant":
        kind, name = target_of(fact.object)
        names |= {name} | ({split(name)[0]} if kind == "column" else set())
    return names


def told_in(cause: Finding) -> set[str]:
    """Names in a difference itself, such as the parent of a table."""
    return {word for fact in (*cause.missing, *cause.extra) for word in fact.property.split()}


def passed(path: Finding) -> set[str]:
    """The objects that a path leads from, through and to."""
    reach = fact_of(path)
    return {reach.object, reached_by(reach), *steps_of(reach)}


def reached_by(reach: Fact) -> str:
    """The object that a path leads to."""
    return re.sub("^(function|extension) ", "", reach.property)


def checked(check: Finding) -> set[str]:
    """The names in a check's finding; for an archive table also its live table."""
    name = check.object.rpartition(" on ")[2]
    return {check.object, name, *(_above(name)), name.removesuffix("_archive")}


def _above(name: str) -> set[str]:
    """The table of a column, if the name is that of a column."""
    table = split(name)[0] if "(" not in name else ""
    return {table} if "." in table else set()


def about(finding: Finding) -> set[str]:
    """The names that a difference is about, and those of its consequences."""
    names = set[str]().union(*(about(one) for one in finding.consequences))
    for fact in (*finding.missing[:1], *finding.extra[:1]):
        kind, name = target_of(fact.object) if fact.kind == "grant" else fact[:2]
        names |= {name} | ({split(name)[0]} if kind in _PARTS else set())
        if kind == "index" and (table := relation_in(kind, fact.value)):
            names.add(table)
        if fact.kind == "reach":
            names |= {fact.object, entry_of(fact), fact.property.rpartition(" ")[2]}
    return names - {""}
