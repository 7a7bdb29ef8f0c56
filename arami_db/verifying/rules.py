"""The rules behind the findings: what each source looks for, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

from arami_db.files import SqlFile

_HEADER = re.compile(r"(?:--[^\n]*\n)+")
_NAMED = re.compile(r"(?:[\w-]+: )?(?P<title>.*?)(?:\s*\bWhy: (?P<why>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """What one source of findings looks for.

    Attributes:
        source: as Finding.source.
        title: what it finds, in a sentence.
        why: why that matters.
    """

    source: str
    title: str
    why: str


_OWN = (
    Rule(
        "ledger",
        "Files that were not applied, or not as they are now.",
        "Each file of migrations/ and views/ is compared with the row that the ledger keeps of it."
        " A file edited after it was applied is not what the database has.",
    ),
    Rule(
        "facts",
        "Differences between the schema that the files make and the one that is there.",
        "schema.snapshot states every column, constraint, policy, grant and so on of a database"
        " just migrated. What is missing, changed or added was done by hand, or by another tool.",
    ),
    Rule(
        "rls",
        "Rows or columns that somebody can reach, or change, who must not.",
        "With --prove-rls, what must be prevented is attempted as each role, in a transaction"
        " that is rolled back. No reading of policies proves as much.",
    ),
)


def rules_of(checks: tuple[SqlFile, ...]) -> tuple[Rule, ...]:
    """The rule of every source that findings may have.

    Args:
        checks: the check files; the comment that each begins with says what it finds, and why.

    Returns:
        Those of the ledger, the facts and the proof first.
    """
    return (*_OWN, *map(_rule, checks))


def _rule(check: SqlFile) -> Rule:
    header = _HEADER.match(check.text)
    lines = [line.removeprefix("--").strip() for line in header[0].splitlines()] if header else []
    match = _NAMED.fullmatch(" ".join(lines))
    title = match["title"] if match else ""
    title = title or f"What {check.path.stem} asks."
    why = (match and match["why"]) or title
    return Rule(check.path.stem, _sentence(title), _sentence(why))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
