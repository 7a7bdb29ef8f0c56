"""Remedies as a script: each behind a comment that says what it mends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from arami_db.drift.findings import Finding
from arami_db.drift.order import runs_alone
from arami_db.escape import visible

_HEADER = """\
-- Remedies by arami-db verify. Read them, then run them as the role that migrates:
--     psql -v ON_ERROR_STOP=1 -f FILE
"""


def write(findings: Iterable[Finding], outcome: Iterable[str], without: Mapping[str, str]) -> str:
    """The text of a script.

    Args:
        findings: as in_order() has them.
        outcome: what the trial came to, a line each.
        without: remedies that are commented out, and why.

    Returns:
        SQL for psql.
    """
    pieces = [_HEADER + "".join(f"-- {visible(line)}\n" for line in outcome)]
    for finding in findings:
        sql, said = _ended(finding.remedy or ""), f"{finding.severity}: {finding.message}"
        piece = f"-- {visible(said)}  [{visible(finding.source)}]\n"
        if (why := without.get(finding.remedy or "")) is not None:
            piece += f"-- {visible(why)}\n"
            sql = "\n".join(f"-- {line}" for line in re.split(r"\r\n|\r|\n", sql))
        elif runs_alone(sql):
            piece += "-- not tried, because it runs in no transaction\n"
        pieces.append(f"{piece}{sql}\n")
    return "\n".join(pieces)


def _ended(remedy: str) -> str:
    return remedy.strip() if remedy.rstrip().endswith(";") else f"{remedy.strip()};"
