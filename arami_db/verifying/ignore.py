"""Patterns of the caller: what is set aside for the moment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from arami_db.drift.findings import Finding

_WILD = {"*": ".*", "?": "."}


def ignore(
    findings: Iterable[Finding], patterns: tuple[str, ...]
) -> tuple[list[Finding], tuple[Finding, ...], tuple[str, ...]]:
    """Take out the findings that a pattern matches.

    Args:
        findings: all of them, each cause and consequence for itself.
        patterns: of source/object or source/message, in which * stands for any text, ? for any
            character, and all else for itself.

    Returns:
        The findings that are left, those ignored, and the patterns that matched nothing.
    """
    compiled = {pattern: _compiled(pattern) for pattern in patterns}
    left: list[Finding] = []
    ignored: list[Finding] = []
    used: set[str] = set()
    for finding in findings:
        names = (f"{finding.source}/{finding.object}", f"{finding.source}/{finding.message}")
        matching = {p for p, c in compiled.items() if any(c.fullmatch(name) for name in names)}
        used |= matching
        (ignored if matching else left).append(finding)
    return left, tuple(ignored), tuple(p for p in compiled if p not in used)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_WILD.get(c, re.escape(c)) for c in pattern), re.DOTALL)
