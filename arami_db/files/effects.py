"""What a statement does to whoever uses the database: what `plan` says and a file may accept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from arami_db.files.comments import ACCEPT, directives
from arami_db.files.sqlfile import SqlFile


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


def acceptances(file: SqlFile) -> Iterator[Acceptance]:
    """What the lines `-- arami: accept CLASS RELATION: REASON` of a file accept."""
    for offset, said in directives(file.text):
        if match := re.fullmatch(ACCEPT, said):
            line, _ = file.place(offset)
            yield Acceptance(Effect(match["effect"]), match["relation"], match["reason"], line)
