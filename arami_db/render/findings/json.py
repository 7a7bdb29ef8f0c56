"""Findings as complete data: names and texts unchanged, consequences with all their fields."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding
    from arami_db.prove import Proof
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
        "occasion": None if report.occasion is None else asdict(report.occasion),
        "proof": None if report.proof is None else _of_proof(report.proof),
    }
    return json.dumps(data, indent=2) + "\n"


def _of_proof(proof: Proof) -> dict[str, Any]:
    """What was tried, and what is known not to have been."""
    return {
        "attempts": [asdict(attempt) for attempt in proof.attempts],
        "coverage": {
            "policies": proof.policies,
            "branches": proof.branches,
            "tried": proof.branches - proof.untried_branches,
        },
        "unattempted": proof.unattempted,
        "untried": [asdict(gap) for gap in proof.untried],
        "oracles": [asdict(oracle) for oracle in proof.oracles],
        "public": [{"object": name, "policy": policy} for name, policy in proof.public],
        "called": proof.called,
        "made_up": proof.made_up,
        "objects": [{"name": one.name, "kind": one.kind} for one in proof.objects],
    }


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
