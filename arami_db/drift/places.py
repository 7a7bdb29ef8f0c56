"""Where the files define what findings are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from arami_db.drift.findings import Finding
from arami_db.files import SqlTree


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
