"""Findings as complete data: names and texts unchanged, consequences with all their fields."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding
    from arami_db.verifying.report import VerifyReport


def render(report: VerifyReport) -> str:
    """The report as JSON, in ASCII: terminal control characters are escaped."""
    data = {
        "checked": report.checked,
        "skipped": report.skipped,
        "findings": [data_of(finding) for finding in report.findings],
        "ignored": [data_of(finding) for finding in report.aside.ignored],
        "ignore": report.aside.patterns,
        "unmatched": report.aside.unmatched,
        "accepted": [
            {
                **data_of(one.finding),
                "accepted_by": _as_name(one),
                "reason": one.declaration.reason,
            }
            for one in report.aside.accepted
        ],
        "stale": [asdict(declaration) for declaration in report.aside.stale],
    }
    return json.dumps(data, indent=2) + "\n"


def _as_name(accepted: Any) -> str:
    return f"{accepted.declaration.kind} {accepted.declaration.name}"


def data_of(finding: Finding) -> dict[str, Any]:
    """A finding as data, with its consequences."""
    return {
        "severity": finding.severity,
        "source": finding.source,
        "object": finding.object,
        "message": finding.message,
        "expected": finding.expected,
        "actual": finding.actual,
        "remedy": finding.remedy,
        "advice": finding.advice,
        "place": finding.place,
        "consequences": [data_of(consequence) for consequence in finding.consequences],
    }
