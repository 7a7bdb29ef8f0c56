"""Plans: for people, for pull requests, and in the forms that CI systems read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.output import note

if TYPE_CHECKING:
    from pathlib import Path

    from arami_db.plan import Planned


def show_plan(plan: Planned, root: Path, form: str) -> None:
    """Write a plan to stdout, and to stderr what it could not examine.

    Args:
        plan: what the pending files will do.
        root: the SQL directory.
        form: "text", "json", "markdown", "github" or "sarif".
    """
    if form in {"github", "sarif"}:
        from arami_db.render.plan.reporting import report

        module = import_module(f"arami_db.render.findings.{form}")
        print(module.render(report(plan, root)), end="")
    else:
        print(import_module(f"arami_db.render.plan.{form}").render(plan), end="")
    for text in plan.notes:
        note(visible(f"note: {text}"))
    for file, line in plan.stale:
        accepted = visible(f"{line.effect} {line.relation}")
        note(f"note: {file.label}:{line.line}: nothing is {accepted}; remove the line")
