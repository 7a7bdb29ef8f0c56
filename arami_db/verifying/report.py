"""The report of a verification: what was looked at, what was found, and what was set aside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arami_db.drift.findings import Finding, Severity
from arami_db.verifying.aside import Aside
from arami_db.verifying.rules import Rule

if TYPE_CHECKING:
    from arami_db.prove import Proof


@dataclass(frozen=True)
class VerifyReport:
    """What was verified and what was found.

    Attributes:
        checked: what was looked at, with how many: files, facts, checks, attempts.
        skipped: what was not looked at, and why.
        findings: gravest first.
        aside: what was found and set aside.
        rules: what each source of findings looks for.
        root: the SQL directory, which the places of findings are in.
        proof: what --prove-rls tried; None without it.
    """

    checked: dict[str, int]
    skipped: tuple[str, ...]
    findings: tuple[Finding, ...]
    aside: Aside
    rules: tuple[Rule, ...]
    root: Path
    proof: Proof | None = None

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of a severity or graver."""
        return tuple(f for f in self.findings if f.severity.rank <= severity.rank)
