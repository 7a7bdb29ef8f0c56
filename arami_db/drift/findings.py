"""What verification finds, and how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arami_db.facts import Fact


class Severity(StrEnum):
    """How much a finding matters, gravest first."""

    SECURITY = "security"  # somebody may see or do what they must not
    INTEGRITY = "integrity"  # data may come to be wrong, or the schema is not what the files say
    PERFORMANCE = "performance"  # right, but slow
    COSMETIC = "cosmetic"  # names and comments
    LOW = "low"  # somebody may learn that something exists, and no more
    UNTRIED = "untried"  # nothing is known to be wrong, and nothing was proved

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: one cause, with what follows from it.

    Attributes:
        severity: how much it matters.
        source: what found it: "ledger", "facts", the name of a check, or "rls".
        object: what it is about, by a name a human can find.
        message: what is wrong, in one sentence.
        expected: what should be there, where that can be said.
        actual: what is there instead.
        remedy: SQL that makes the finding go, where it can be derived.
        advice: what to do instead, where there is no such SQL.
        place: the file and line that define the object, as "migrations/003_users.sql:12".
        cause: what it follows from, as "table public.users"; None where it is its own cause.
        consequences: findings of their own that are there because of this one.
        missing: the facts that should be there and are not, where facts are what it is about.
        extra: the facts that are there and should not be; of what changed, both are there.
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
    """How findings are sorted: gravest first."""
    return finding.severity.rank, finding.source, finding.object, finding.message
