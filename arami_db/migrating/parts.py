"""A no-transaction file in parts: each statement, with the settings before it, and what is done."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arami_db.errors import LedgerError
from arami_db.files.transactions import is_setting

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement
    from arami_db.ledger import HistoryLine


@dataclass(frozen=True)
class FilePart:
    """One statement of a file, by itself.

    Attributes:
        number: of the statement, from 1; SET is not counted.
        settings: every SET before it.
        statement: None for what is set behind the last statement.
        checksum: of the statements up to this one, without SET, which leaves nothing.
    """

    number: int
    settings: tuple[Statement, ...]
    statement: Statement | None
    checksum: str


def parts_of(script: Script) -> list[FilePart]:
    """The parts of a file, in order."""
    found: list[FilePart] = []
    settings: list[Statement] = []
    digest = hashlib.sha256()
    for statement in script.statements:
        if is_setting(statement.node):
            settings.append(statement)
            continue
        digest.update(statement.text.encode() + b";\n")
        found.append(FilePart(len(found) + 1, tuple(settings), statement, digest.hexdigest()))
    if len(settings) > (len(found[-1].settings) if found else 0):
        found.append(FilePart(len(found) + 1, tuple(settings), None, digest.hexdigest()))
    return found


def finished(script: Script, parts: Sequence[FilePart], attempts: Sequence[HistoryLine]) -> int:
    """How many statements of a file runs that ended early have finished.

    Args:
        script: the file.
        parts: its parts; none where the file runs in a transaction.
        attempts: what was tried of it.

    Raises:
        LedgerError: what they finished is no longer what the file begins with.
    """
    last = next((a for a in reversed(attempts) if a.event == "finished"), None)
    if last is None or last.statement is None:
        return 0
    if len(parts) < last.statement or parts[last.statement - 1].checksum != last.checksum:
        raise LedgerError(
            f"{script.file.label}: changed after a run applied {_count(last.statement)} of it"
            " and went no further",
            hint="Restore the statements that are applied, and the line -- arami: no-transaction."
            " The statements after them may be changed. For any other change write a new"
            " migration.",
        )
    return last.statement


def was_tried(part: FilePart, attempts: Sequence[HistoryLine]) -> bool:
    """Whether a run has begun this statement, whatever became of it."""
    return any((a.event, a.checksum) == ("started", part.checksum) for a in attempts)


def was_broken_off(part: FilePart, attempts: Sequence[HistoryLine]) -> bool:
    """Whether the last thing known of this statement is that it was begun."""
    known = [attempt for attempt in attempts if attempt.event != "interrupted"]
    return bool(known) and (known[-1].event, known[-1].checksum) == ("started", part.checksum)


def remaining(script: Script, part: FilePart, parts: Sequence[FilePart], left: str | None) -> str:
    """What of a file stays where one of its statements failed.

    Args:
        script: the file.
        part: what failed.
        parts: all of them.
        left: what the failed statement itself has left, as a sentence.
    """
    told = [left] if left else []
    if part.number > 1:
        line, _ = script.file.place(part.statement.offset if part.statement else 0)
        next_one = f"line {line}" if part.statement else "its last SET"
        told.append(
            f"{part.number - 1} of {_count(len(parts))} of {script.file.label}"
            f" {'stays' if part.number == 2 else 'stay'} applied; the next run goes on with"
            f" {next_one}."
        )
    elif left:
        told.append("Files before it stay applied.")
    else:
        told.append(f"Nothing of {script.file.label} was applied; files before it stay applied.")
    return " ".join(told)


def _count(number: int) -> str:
    return f"{number} statement{'s' * (number != 1)}"
