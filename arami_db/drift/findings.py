"""What verification finds, and how severe it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arami_db.facts import Fact


class Severity(StrEnum):
    """How severe a finding is, highest first."""

    SECURITY = "security"  # a role may see or do what it must not
    INTEGRITY = "integrity"  # data may become wrong, or the schema differs from the files
    PERFORMANCE = "performance"  # correct, but slow
    COSMETIC = "cosmetic"  # names and comments
    LOW = "low"  # somebody may learn that something exists, and no more
    UNTRIED = "untried"  # nothing is known to be wrong, and nothing was proved

    @property
    def rank(self) -> int:
        """0 for the highest."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """One problem: a cause, with its consequences.

    Attributes:
        severity: how severe it is.
        source: what found it: "ledger", "facts", the name of a check, or "rls".
        object: the object it is about, by a name that a human can search for.
        message: what is wrong, in one sentence.
        expected: the expected value, where there is one.
        actual: the actual value.
        remedy: SQL that fixes the finding, where it can be derived.
        advice: what to do where there is no such SQL.
        place: the file and line that define the object, such as "migrations/003_users.sql:12".
        cause: its cause, such as "table public.users"; None where it is its own cause.
        consequences: findings that exist because of this one.
        missing: the missing facts, where it is about facts.
        extra: the extra facts; a changed fact is in both.
    """

    severity: Severity
    source: str
    object: str
    message: str
    expected: str | None = None
    actual: str | None = None
    remedy: str | None = None
    advice: str | None = None
    place: str | None = None
    cause: str | None = None
    consequences: tuple[Finding, ...] = ()
    missing: tuple[Fact, ...] = ()
    extra: tuple[Fact, ...] = ()


def gravity(finding: Finding) -> tuple[int, str, str, str]:
    """The sort key of findings: highest severity first."""
    return finding.severity.rank, finding.source, finding.object, finding.message
