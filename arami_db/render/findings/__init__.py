"""Findings as text, and in the formats that CI systems read; a module for each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.output import note

if TYPE_CHECKING:
    from arami_db.verifying.report import VerifyReport

_PAGES = {"markdown", "html"}  # by templates, which need the extra `docs`


def require(form: str) -> None:
    """Refuse, before anything is verified, a form that cannot be written here.

    Args:
        form: as for show_report().

    Raises:
        UsageError: the library for templates is not installed.
    """
    if form in _PAGES:
        import_module("arami_db.render.reference")


def show_report(report: VerifyReport, form: str) -> None:
    """Write a report to stdout, and to stderr patterns and declarations that matched nothing.

    Args:
        report: the result of the verification.
        form: "text", "json", "junit", "github", "sarif", "markdown" or "html".
    """
    if form in _PAGES:
        render = getattr(import_module("arami_db.render.findings.pages"), form)
    else:
        render = import_module(f"arami_db.render.findings.{form}").render
    print(render(report), end="")
    for pattern in report.aside.unmatched:
        note(f"note: --ignore {visible(pattern)} matched nothing")
    for stale in report.aside.stale:
        name = visible(f"{stale.kind} {stale.name}")
        note(f"note: {stale.place}: {name} does not exist; remove the entry")
