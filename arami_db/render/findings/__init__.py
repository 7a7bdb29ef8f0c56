"""Findings: for people, and in the forms that CI systems read; a module for each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.output import note

if TYPE_CHECKING:
    from arami_db.verifying.report import VerifyReport


def show_report(report: VerifyReport, form: str) -> None:
    """Write a report to stdout, and to stderr what was asked for and came to nothing.

    Args:
        report: what was verified and found.
        form: "text", "json", "junit", "github" or "sarif".
    """
    print(import_module(f"arami_db.render.findings.{form}").render(report), end="")
    for pattern in report.aside.unmatched:
        note(f"note: --ignore {visible(pattern)} matched nothing")
    for stale in report.aside.stale:
        name = visible(f"{stale.kind} {stale.name}")
        note(f"note: {stale.place}: nothing of {name} is there; remove the entry")
