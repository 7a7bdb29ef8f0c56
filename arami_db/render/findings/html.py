"""A report as one HTML page without other files, which can be printed and signed."""

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
    environment(escaping.hypertext)


def render(report: VerifyReport) -> str:
    """The report as HTML.

    Args:
        report: the result of the verification.
    """
    templates = environment(escaping.hypertext)
    templates.filters["preformatted"] = escaping.preformatted
    return templates.get_template("verify.html").render(content(report)).strip() + "\n"
