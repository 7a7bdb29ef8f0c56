"""The report of a verification: what was looked at, what was found, and where that is defined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from arami_db.files import SqlTree
from arami_db.verify.aside import Aside
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.rules import Rule


@dataclass(frozen=True)
class Report:
    """What was verified and what was found.

    Attributes:
        checked: what was looked at, with how many: files, facts, checks, attempts.
        skipped: what was not looked at, and why.
        findings: gravest first.
        aside: what was found and set aside.
        rules: what each source of findings looks for.
        root: the SQL directory, which the places of findings are in.
    """

    checked: dict[str, int]
    skipped: tuple[str, ...]
    findings: tuple[Finding, ...]
    aside: Aside
    rules: tuple[Rule, ...]
    root: Path

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of a severity or graver."""
        return tuple(f for f in self.findings if f.severity.rank <= severity.rank)


def placed(findings: Iterable[Finding], tree: SqlTree) -> tuple[Finding, ...]:
    """Findings with the lines that define what they are about.

    Args:
        findings: those of the report; without any, no file is parsed.
        tree: the SQL files; one that cannot be parsed names no line.

    Returns:
        The same findings, and their consequences, with a place where a file defines it.
    """
    findings = tuple(findings)
    if not findings:
        return ()
    from arami_db.files.definitions import Definitions

    definitions = Definitions((*tree.migrations, *tree.views))

    def place(finding: Finding) -> Finding:
        facts = finding.missing or finding.extra
        about: tuple[str, ...] = (finding.object,)
        if facts and facts[0].kind != "reach":
            properties = {fact.property for fact in facts}
            # Of a whole object what makes it, and not what says something of it.
            about = (*facts[0][:2][::-1], facts[0].property if len(properties) == 1 else "")
        return replace(
            finding,
            place=finding.place or definitions.place(*about),
            consequences=tuple(place(consequence) for consequence in finding.consequences),
        )

    return tuple(place(finding) for finding in findings)
