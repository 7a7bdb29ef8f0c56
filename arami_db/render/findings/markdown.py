"""A report as Markdown: for a page of a code host, or the summary of a pipeline's run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arami_db.render.findings.pages import content
from arami_db.render.reference import escaping
from arami_db.render.reference.extra import environment

if TYPE_CHECKING:
    from arami_db.verifying.report import VerifyReport


def require() -> None:
    """Refuse before anything is verified if the page cannot be written afterwards.

    Raises:
        UsageError: the library for templates is not installed.
    """
    environment(escaping.prose)


def render(report: VerifyReport) -> str:
    """The report as Markdown.

    Args:
        report: the result of the verification.
    """
    templates = environment(escaping.prose)
    templates.filters |= {"code": escaping.code, "fenced": escaping.fenced}
    return templates.get_template("verify.md").render(content(report)).strip() + "\n"
