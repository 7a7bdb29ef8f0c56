"""One cause, one finding: a consequence is reported with its cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from arami_db.drift.concerns import about, checked, fact_of, passed, reached_by, told_by, told_in
from arami_db.drift.findings import Finding
from arami_db.drift.reach import steps_of
from arami_db.drift.remedies.causes import target_of
from arami_db.facts import Fact
from arami_db.facts.names import split

_DRIFT = "facts"
_GRANTED = re.compile(r"^[^,>]* granted to ([^,]+)")


def fold(findings: Iterable[Finding]) -> list[Finding]:
    """Put each finding under its cause.

    The parts of a missing or extra object go under the object. The privileges of one role on one
    object become one finding, and so do paths that begin at one place, under their cause. The
    finding of a check goes under the difference that it is about.

    Args:
        findings: differences of facts and findings of checks, separately.

    Returns:
        The causes, each with the highest severity of its consequences.
    """
    findings = list(findings)
    facts = [finding for finding in findings if finding.source == _DRIFT]
    paths = [finding for finding in facts if _is_path(finding)]
    causes = _merged(_under_causes([f for f in facts if not _is_path(f)]), _mended_together)
    causes = _merged(_under(paths, causes, _opened_by, passed), _entry)
    return _under([f for f in findings if f.source != _DRIFT], causes, _found_in, checked)


def _is_path(finding: Finding) -> bool:
    """Whether it is a path; a role that may be assumed is a cause of paths."""
    fact = fact_of(finding)
    return fact.kind == "reach" and not fact.property.startswith("role ")


def _with(cause: Finding, consequences: Iterable[Finding]) -> Finding:
    """A finding with its consequences, which may raise its severity."""
    all_of = (*cause.consequences, *consequences)
    gravest = min((cause, *all_of), key=lambda finding: finding.severity.rank)
    return replace(cause, severity=gravest.severity, consequences=all_of)


def _under_causes(findings: Sequence[Finding]) -> list[Finding]:
    """Differences under the causes that drift has derived from their facts."""
    by_name = {name: finding for finding in findings for name in _names(finding)}
    under: dict[int, list[Finding]] = {}
    causes = []
    for finding in findings:
        seen, cause = {id(finding)}, finding
        while (above := by_name.get(_cause(cause))) and id(above) not in seen:
            seen.add(id(above))
            cause = above
        if cause is finding:
            causes.append(finding)
        else:
            under.setdefault(id(cause), []).append(finding)
    return [_with(cause, under.get(id(cause), ())) for cause in causes]


def _cause(finding: Finding) -> str:
    """The causes of a difference.

    Privileges on an object are granted by its owner, whose own privileges are not stated.
    """
    kind, name, key, value = fact_of(finding)
    if kind == "grant" and finding.missing and (finding.extra or not finding.cause):
        grantors = [fact.value.rpartition("granted by ")[2] for fact in finding.extra]
        return f"owner of {name}: {grantors[0] if grantors else key.rpartition(' ')[0]}"
    if kind == "reach" and value.startswith("may become it"):
        return f"membership of {name}"
    return finding.cause or ""


def _names(finding: Finding) -> set[str]:
    """The name by which others refer to it as their cause."""
    kind, name, key, value = fact_of(finding)
    if kind == "reach" and value == "member of it":
        return {f"membership of {name}"}
    owners = {f"owner of {kind} {name}: {fact.value}" for fact in finding.extra if key == "owner"}
    return owners or {f"{kind} {name}"}


def _merged(findings: Sequence[Finding], key: Callable[[Finding], object]) -> list[Finding]:
    """Combine findings of one key: the first, with the remedies of all."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding) or id(finding), []).append(finding)
    merged = []
    for first, *others in groups.values():
        remedies = dict.fromkeys(f.remedy for f in (first, *others) if f.remedy)
        whole = replace(first, remedy="\n".join(remedies) or None)
        merged.append(_with(whole, others) if others else first)
    return merged


def _mended_together(finding: Finding) -> object:
    """Group by SQL; group privileges by role and object, lost and gained separately."""
    kind, name, key, _ = fact_of(finding)
    if kind in {"grant", "default privilege"} and not finding.consequences:
        return name, key.rpartition(" ")[0], bool(finding.missing), bool(finding.extra)
    return finding.remedy


def _entry(finding: Finding) -> object:
    """Where a path begins, and whether it is extra or missing."""
    return (finding.object, bool(finding.extra)) if _is_path(finding) else None


def _under(
    findings: Sequence[Finding],
    causes: Sequence[Finding],
    fits: Callable[[Finding, Finding], int],
    words: Callable[[Finding], set[str]],
) -> list[Finding]:
    """Findings under the cause that fits each best; those without a cause stay separate.

    Only causes that share a word with a finding are tried: there may be thousands of both.
    """
    by_word: dict[str, list[int]] = {}
    for number, cause in enumerate(causes):
        for word in told_by(cause):
            by_word.setdefault(word, []).append(number)
    under: dict[int, list[Finding]] = {}
    left = []
    for finding in findings:
        near = sorted({number for word in words(finding) for number in by_word.get(word, ())})
        best = max(
            (causes[n] for n in near),
            key=lambda c: (fits(finding, c), -c.severity.rank),
            default=None,
        )
        if best is not None and fits(finding, best):
            under.setdefault(id(best), []).append(finding)
        else:
            left.append(finding)
    return [*(_with(cause, under.get(id(cause), ())) for cause in causes), *left]


def _opened_by(path: Finding, cause: Finding) -> int:
    """How well a difference explains a path: it gave the right, or is about an object on it."""
    reach, fact = fact_of(path), fact_of(cause)
    granted = _GRANTED.match(reach.value)
    if fact.kind == "reach":
        is_it = granted is not None and fact.property == f"role {granted[1]}"
        return int(fact.object == reach.object) * (4 if is_it else 1)
    reached = reached_by(reach)
    if granted and f"owner of {fact.kind} {reached}: {granted[1]}" in _names(cause):
        return 4
    if fact.kind == "grant" and granted:
        is_it = target_of(fact.object)[1] in {reached, *_columns_of(reached, fact)}
        return 4 if is_it and fact.property.startswith(f"{granted[1]} ") else 0
    gone_through = steps_of(reach)
    if gone_through & {fact.object, *told_in(cause)}:
        return 3
    # A difference of a table that exists and should exist does not explain how it is reached.
    is_whole = {cause.expected, cause.actual} == {"present", "absent"}
    if (is_whole or reached != reach.property) and reached == fact.object:
        return 2
    return int(bool(gone_through & about(cause)))


def _columns_of(relation: str, fact: Fact) -> set[str]:
    """The column that a grant is on, if it belongs to the relation."""
    name = target_of(fact.object)[1]
    return {name} if fact.object.startswith("column ") and split(name)[0] == relation else set()


def _found_in(check: Finding, cause: Finding) -> int:
    """How well a difference explains a check's finding: same object or role, same severity."""
    name = check.object.rpartition(" on ")[2]
    if not checked(check) & about(cause):
        return 0
    fact = fact_of(cause)
    is_it = name == fact.object or (
        fact.kind == "grant" and f" {fact.property.rpartition(' ')[0]}:" in check.message
    )
    return 1 + 2 * is_it + 4 * (check.severity is cause.severity)
