"""Findings as JUnit's XML: each a test case that failed; one that passed when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from arami_db.escape import visible
from arami_db.render.findings.places import place_of
from arami_db.render.findings.text import checked, lines_of

if TYPE_CHECKING:
    from pathlib import Path

    from arami_db.drift.findings import Finding
    from arami_db.verifying.report import VerifyReport


def render(report: VerifyReport) -> str:
    """The report as XML."""
    suite = ElementTree.Element(
        "testsuite",
        name="arami-db verify",
        tests=str(max(len(report.findings), 1)),
        failures=str(len(report.findings)),
    )
    for finding in report.findings:
        suite.append(_case(finding, report.root))
    if not report.findings:
        ElementTree.SubElement(suite, "testcase", classname="verify", name=checked(report))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(finding: Finding, root: Path) -> ElementTree.Element:
    name, message = visible(finding.object), visible(finding.message)
    case = ElementTree.Element("testcase", classname=visible(finding.source), name=name)
    if place := place_of(finding, root):
        path, line = visible(place[0]), str(place[1])
        case.attrib |= {"file": path, "line": line}
        message += f" ({path}:{line})"
    failure = ElementTree.SubElement(case, "failure", type=str(finding.severity), message=message)
    failure.text = "\n".join(lines_of(finding))
    return case
