"""Findings set aside: those the caller ignores, and those the deployment has declared."""

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
    """What is to be set aside.

    Attributes:
        patterns: of source/object or source/message, in which * and ? are wild.
        declarations: what the deployment has declared.
    """

    patterns: tuple[str, ...] = ()
    declarations: tuple[Declaration, ...] = ()


@dataclass(frozen=True)
class Aside:
    """What was set aside.

    Attributes:
        patterns: those of the caller.
        ignored: findings that one of them matches.
        unmatched: those of them that match nothing.
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
    """Set aside what the caller ignores and what the deployment has declared.

    Args:
        findings: all of them, each cause and consequence for itself.
        wishes: what to set aside.
        beside: what there is beside the schema.

    Returns:
        The findings that are left, gravest first, and what was set aside.

    Raises:
        UsageError: a declaration names an object of the schema itself.
    """
    ordered = sorted(findings, key=gravity)
    left, accepted, stale = accept(ordered, wishes.declarations, beside)
    left, ignored, unmatched = ignore(left, wishes.patterns)
    return left, Aside(wishes.patterns, ignored, unmatched, accepted, stale)
