"""The report of a verification: what was examined, found and excluded."""

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
class Occasion:
    """Where and when a verification was made.

    Attributes:
        server: the version of Postgres.
        database: its name there.
        role: of the connection.
        moment: when it was done, in UTC.
    """

    server: str
    database: str
    role: str
    moment: str


@dataclass(frozen=True)
class VerifyReport:
    """The result of a verification.

    Attributes:
        checked: how many files, facts, checks and attempts were examined.
        skipped: what was not examined, and why.
        findings: most severe first.
        aside: excluded findings.
        rules: what each source of findings looks for.
        root: the SQL directory of the places of findings.
        proof: what --prove-rls tried; None without it.
        occasion: where and when; None for findings of other operations.
    """

    checked: dict[str, int]
    skipped: tuple[str, ...]
    findings: tuple[Finding, ...]
    aside: Aside
    rules: tuple[Rule, ...]
    root: Path
    proof: Proof | None = None
    occasion: Occasion | None = None

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of a severity or higher."""
        return tuple(f for f in self.findings if f.severity.rank <= severity.rank)
