"""Findings as workflow commands, which annotate the lines of a pull request.

https://docs.github.com/actions/reference/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.findings.places import is_in_checkout, place_of
from arami_db.render.findings.text import lines_of

if TYPE_CHECKING:
    from pathlib import Path

    from arami_db.drift.findings import Finding
    from arami_db.verifying.report import VerifyReport

_LEVELS = {"security": "error", "integrity": "error", "performance": "warning"}


def render(report: VerifyReport) -> str:
    """A command a finding."""
    return "".join(_command(finding, report.root) for finding in report.findings)


def _command(finding: Finding, root: Path) -> str:
    properties = {"title": visible(f"{finding.severity}: {finding.object}")}
    place = place_of(finding, root)
    if place and is_in_checkout(place[0]):
        properties = {"file": visible(place[0]), "line": str(place[1]), **properties}
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    level = _LEVELS.get(finding.severity, "notice")
    return f"::{level} {written}::{_data(chr(10).join(lines_of(finding)))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
