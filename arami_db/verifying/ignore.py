"""Patterns of the caller: what to ignore."""

from __future__ import annotations

import re
from collections.abc import Iterable

from arami_db.drift.findings import Finding

_WILD = {"*": ".*", "?": "."}


def ignore(
    findings: Iterable[Finding], patterns: tuple[str, ...]
) -> tuple[list[Finding], tuple[Finding, ...], tuple[str, ...]]:
    """Remove the findings that a pattern matches.

    Args:
        findings: all findings, causes and consequences separately.
        patterns: of source/object or source/message, in which * matches any text, ? any character,
            and all else itself.

    Returns:
        The remaining findings, the ignored ones, and the patterns that matched nothing.
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
