"""Effects of a statement on users of the database: `plan` reports them, a file may accept them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# A comment that accepts an effect.
ACCEPT = (
    r"accept +(?P<effect>data-loss|rewrite|long-read-write-block|long-write-block|brief)"
    r" +(?P<relation>[^:]*[^:\s])\s*:\s*(?P<reason>.+)"
)


class Effect(StrEnum):
    """Classes of statements, worst first; the first that fits a statement is its class."""

    FAILS = "fails"
    DATA_LOSS = "data-loss"
    REWRITE = "rewrite"  # a heap gets a new file
    LONG_READ_WRITE_BLOCK = "long-read-write-block"
    LONG_WRITE_BLOCK = "long-write-block"
    BRIEF = "brief"  # other sessions are blocked for an instant
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Effect).index(self)


class Risk(StrEnum):
    """The risk of a statement, lowest first."""

    NONE = "none"
    WATCH = "watch"
    OUTAGE = "outage"
    DATA_LOSS = "data-loss"

    @property
    def rank(self) -> int:
        """0 for none."""
        return list(Risk).index(self)


@dataclass(frozen=True)
class Acceptance:
    """A line of a file that accepts an effect.

    Attributes:
        effect: the class.
        relation: the relation, as `plan` names it.
        reason: why it is accepted.
        line: its line in the file.
    """

    effect: Effect
    relation: str
    reason: str
    line: int
