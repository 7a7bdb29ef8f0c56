"""Findings to exclude: those that the caller ignores, and declared exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arami_db.drift.findings import Finding, gravity
from arami_db.drift.neighbours import Neighbours
from arami_db.settings import Declaration
from arami_db.verifying.accept import Accepted, accept
from arami_db.verifying.ignore import ignore


@dataclass(frozen=True)
class Wishes:
    """What to exclude.

    Attributes:
        patterns: of source/object or source/message, in which * and ? are wildcards.
        declarations: the declared exceptions.
    """

    patterns: tuple[str, ...] = ()
    declarations: tuple[Declaration, ...] = ()


@dataclass(frozen=True)
class Aside:
    """What was excluded.

    Attributes:
        patterns: the patterns of the caller.
        ignored: findings that a pattern matches.
        unmatched: patterns that match nothing.
        accepted: findings that a declaration covers.
        stale: declarations that cover nothing.
    """

    patterns: tuple[str, ...]
    ignored: tuple[Finding, ...]
    unmatched: tuple[str, ...]
    accepted: tuple[Accepted, ...]
    stale: tuple[Declaration, ...]


def set_aside(
    findings: Iterable[Finding], wishes: Wishes, beside: Neighbours
) -> tuple[list[Finding], Aside]:
    """Exclude what the caller ignores and declared exceptions.

    Args:
        findings: all findings, causes and consequences separately.
        wishes: what to exclude.
        beside: the neighbours of the schema.

    Returns:
        The remaining findings, most severe first, and the excluded ones.

    Raises:
        UsageError: a declaration names an object of the schema itself.
    """
    ordered = sorted(findings, key=gravity)
    left, accepted, stale = accept(ordered, wishes.declarations, beside)
    left, ignored, unmatched = ignore(left, wishes.patterns)
    return left, Aside(wishes.patterns, ignored, unmatched, accepted, stale)
