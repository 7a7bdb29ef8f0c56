"""What a statement does to whoever uses the database: what `plan` says and a file may accept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# What a comment of a file says that accepts one of them.
ACCEPT = (
    r"accept +(?P<effect>data-loss|rewrite|long-read-write-block|long-write-block|brief)"
    r" +(?P<relation>[^:]*[^:\s])\s*:\s*(?P<reason>.+)"
)


class Effect(StrEnum):
    """Classes of statements, worst first; a statement is of the first that fits."""

    FAILS = "fails"
    DATA_LOSS = "data-loss"
    REWRITE = "rewrite"  # a heap gets a new file
    LONG_READ_WRITE_BLOCK = "long-read-write-block"
    LONG_WRITE_BLOCK = "long-write-block"
    BRIEF = "brief"  # somebody is shut out for an instant
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Effect).index(self)


class Risk(StrEnum):
    """What may come of a statement, least first."""

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
        relation: on which relation, as `plan` names it.
        reason: why.
        line: where in the file.
    """

    effect: Effect
    relation: str
    reason: str
    line: int
