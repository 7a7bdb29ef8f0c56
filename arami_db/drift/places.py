"""Where the files define the objects of findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from arami_db.drift.findings import Finding
from arami_db.files import SqlTree


def placed(findings: Iterable[Finding], tree: SqlTree) -> tuple[Finding, ...]:
    """Findings with the lines that define their objects.

    Args:
        findings: those of the report; no file is parsed for none.
        tree: the SQL files; one that cannot be parsed names no line.

    Returns:
        The same findings, and their consequences, with a place if a file defines the object.
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
            # For a whole object the statement that creates it, not one that alters it.
            about = (*facts[0][:2][::-1], facts[0].property if len(properties) == 1 else "")
        return replace(
            finding,
            place=finding.place or definitions.place(*about),
            consequences=tuple(place(consequence) for consequence in finding.consequences),
        )

    return tuple(place(finding) for finding in findings)
