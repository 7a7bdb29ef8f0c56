"""Findings: for people, and in the forms that CI systems read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from arami_db import __version__
from arami_db.render.output import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from arami_db.verify import Finding, Report

_GITHUB = {"security": "error", "integrity": "error", "performance": "warning"}
# What XML 1.0 has no way to write, and what would steer a terminal; see its production 2, Char.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def show_report(report: Report, form: str) -> None:
    """Write a report to stdout.

    Args:
        report: what was verified and found.
        form: "text", "json", "junit", "github" or "sarif".
    """
    print(_UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", _FORMS[form](report)), end="")


def _text(report: Report) -> str:
    lines = [_checked(report)]
    lines += [f"skipped {reason}" for reason in report.skipped]
    for severity in dict.fromkeys(finding.severity for finding in report.findings):
        group = [finding for finding in report.findings if finding.severity is severity]
        lines += ["", f"{severity}: {count(len(group), 'finding')}"]
        for finding in group:
            lines += _lines(finding)
    if report.ignored:
        patterns = ", ".join(report.patterns)
        lines += ["", f"ignored {count(len(report.ignored), 'finding')} by {patterns}"]
    lines += ["", "clean" if not report.findings else count(len(report.findings), "finding")]
    return "\n".join(lines) + "\n"


def _checked(report: Report) -> str:
    return "verified " + ", ".join(
        count(number, name.removesuffix("s")) for name, number in report.checked.items()
    )


def _lines(finding: Finding) -> list[str]:
    about = "" if finding.object in finding.message else f"{finding.object}: "
    lines = [f"  {about}{finding.message}  [{finding.source}]"]
    for name in ("expected", "actual", "remedy"):
        if (value := getattr(finding, name)) is not None:
            indented = str(value).replace("\n", "\n              ")
            lines.append(f"    {name + ':':<9} {indented}")
    return lines


def _json(report: Report) -> str:
    import json

    data = {
        "checked": report.checked,
        "skipped": report.skipped,
        "findings": [vars(finding) for finding in report.findings],
        "ignored": [vars(finding) for finding in report.ignored],
        "ignore": report.patterns,
    }
    return json.dumps(data, indent=2) + "\n"


def _junit(report: Report) -> str:
    """One test case a finding, failed; one that passed when there is none."""
    failures = str(len(report.findings))
    suite = ElementTree.Element(
        "testsuite",
        name="arami-db verify",
        tests=str(max(len(report.findings), 1)),
        failures=failures,
    )
    for finding in report.findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=finding.source, name=finding.object
        )
        failure = ElementTree.SubElement(
            case, "failure", type=str(finding.severity), message=finding.message
        )
        failure.text = "\n".join(_lines(finding))
    if not report.findings:
        ElementTree.SubElement(suite, "testcase", classname="verify", name=_checked(report))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _github(report: Report) -> str:
    """Workflow commands: https://docs.github.com/actions/reference/workflow-commands."""

    def escape(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    lines = []
    for finding in report.findings:
        level = _GITHUB.get(str(finding.severity), "notice")
        title = (
            escape(f"{finding.severity}: {finding.object}").replace(":", "%3A").replace(",", "%2C")
        )
        lines.append(f"::{level} title={title}::{escape(chr(10).join(_lines(finding)).strip())}\n")
    return "".join(lines)


def _sarif(report: Report) -> str:
    """SARIF 2.1.0; findings speak of a database, so they have logical locations only."""
    import json

    levels = {"error": "error", "warning": "warning", "notice": "note"}
    results: list[dict[str, Any]] = [
        {
            "ruleId": finding.source,
            "level": levels[_GITHUB.get(str(finding.severity), "notice")],
            "message": {"text": "\n".join(_lines(finding)).strip()},
            "locations": [{"logicalLocations": [{"fullyQualifiedName": finding.object}]}],
        }
        for finding in report.findings
    ]
    rules = [{"id": source} for source in sorted({finding.source for finding in report.findings})]
    driver = {"name": "arami-db", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": results}
    return (
        json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"
    )


_FORMS: dict[str, Callable[[Report], str]] = {
    "text": _text,
    "json": _json,
    "junit": _junit,
    "github": _github,
    "sarif": _sarif,
}
