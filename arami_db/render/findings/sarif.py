"""Findings as SARIF 2.1.0, with what GitHub's code scanning asks for besides.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and
https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from arami_db import __version__
from arami_db.escape import visible
from arami_db.files.tree import SNAPSHOT
from arami_db.render.findings.places import is_in_checkout, place_of, seen_from_here
from arami_db.render.findings.text import lines_of

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding
    from arami_db.verifying.report import VerifyReport
    from arami_db.verifying.rules import Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://pypi.org/project/arami-db/"
_LEVELS = {"security": "error", "integrity": "error", "performance": "warning"}
# GitHub shows a rule of security by a score from 0 to 10: from 7 on it is high.
_SECURITY_SEVERITY = "8.0"
_LONGEST = 1024  # characters of a description that GitHub takes


def render(report: VerifyReport) -> str:
    """The report as JSON in ASCII."""
    ids = list(dict.fromkeys(map(_rule_id, report.findings)))
    rules = {rule.source: rule for rule in report.rules}
    driver = {
        "name": "arami-db",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": _HOME,
        "rules": [_rule(rule_id, rules) for rule_id in ids],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The working directory."}}},
        "results": [_result(finding, ids, report.root) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule_id(finding: Finding) -> str:
    """GitHub takes the severity from the rule, and one check may find things of several."""
    return visible(f"{finding.source}/{finding.severity}")


def _rule(rule_id: str, rules: dict[str, Rule]) -> dict[str, Any]:
    source, _, severity = rule_id.rpartition("/")
    rule = rules.get(source)
    title, why = (visible(rule.title), visible(rule.why)) if rule else (source, source)
    level = _LEVELS.get(severity, "note")
    properties: dict[str, Any] = {"tags": [severity, "database"], "precision": "very-high"}
    if severity == "security":
        properties["security-severity"] = _SECURITY_SEVERITY
    else:
        properties["problem.severity"] = level.replace("note", "recommendation")
    advice = "Each result says what was expected, what is there, and the SQL that mends it."
    return {
        "id": rule_id,
        "name": "".join(word.capitalize() for word in source.split("_") if not word.isdigit()),
        "shortDescription": {"text": title[:_LONGEST]},
        "fullDescription": {"text": why[:_LONGEST]},
        "help": {
            "text": f"{title}\n\n{why}\n\n{advice}",
            "markdown": f"**{_markdown(title)}**\n\n{_markdown(why)}\n\n{advice}",
        },
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _markdown(text: str) -> str:
    return "".join(f"\\{c}" if c in r"\`*_[]<>#|~" else c for c in text)


def _result(finding: Finding, ids: list[str], root: Path) -> dict[str, Any]:
    rule_id = _rule_id(finding)
    identity = "\n".join((finding.object, finding.message)).encode(errors="surrogatepass")
    digest = sha256(identity).hexdigest()[:32]
    name = visible(finding.object)
    place = place_of(finding, root) or (seen_from_here(root / SNAPSHOT), 1)
    logical = {"fullyQualifiedName": name, "name": name}
    return {
        "ruleId": rule_id,
        "ruleIndex": ids.index(rule_id),
        "level": _LEVELS.get(finding.severity, "note"),
        "message": {"text": _unlinked("\n".join(lines_of(finding)))},
        "locations": [
            {
                "physicalLocation": _physical(*place),
                "logicalLocations": [logical],
            }
        ],
        # The one that GitHub compares; results that no file defines all lie on the same line.
        "partialFingerprints": {"primaryLocationLineHash": f"{digest}:1"},
    }


def _unlinked(text: str) -> str:
    """A message in which no name passes for a link, [text](destination)."""
    return text.replace("](", r"]\u0028")


def _physical(path: str, line: int) -> dict[str, Any]:
    """A place in a file, relative to the working directory where the file is below it.

    What no file defines is placed at the first line of the snapshot, because GitHub takes no result
    without a place.
    """
    artifact = {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
    if not is_in_checkout(path):
        artifact = {"uri": Path(path).as_uri()}
    return {"artifactLocation": artifact, "region": {"startLine": line}}
