"""What a question was answered with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arami_db.files.question import MonitorQuery

NOTE = "note"


@dataclass(frozen=True)
class Problem:
    """Why a question was not answered.

    Attributes:
        sqlstate: the server's code; None where the server was not asked.
        message: what is wrong.
        remedy: the way out, where it is known.
    """

    sqlstate: str | None
    message: str
    remedy: str | None


@dataclass(frozen=True)
class Answer:
    """What there was to a question.

    Attributes:
        question: which.
        columns: the names of what was returned, without the note.
        rows: as many as were wanted, in the question's order.
        left_out: how many more there are.
        notes: what the question says besides, such as what it could not see.
        problem: why there are no rows, if it could not be answered.
    """

    question: MonitorQuery
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    left_out: int = 0
    notes: tuple[str, ...] = ()
    problem: Problem | None = None


def answer(
    question: MonitorQuery, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], limit: int
) -> Answer:
    """Make an answer of rows; those that only have a note are none.

    Args:
        question: what was asked.
        columns: their names.
        rows: all that came back.
        limit: how many rows are wanted.

    Returns:
        The answer, or one with a problem where the columns are not what the file declares.
    """
    if wrong := _undeclared(question, columns, rows):
        return Answer(question, problem=Problem(None, f"{question.file.label}: {wrong}", None))
    place = columns.index(NOTE) if NOTE in columns else None
    notes, kept = [], []
    for row in rows:
        values = [_plain(value) for number, value in enumerate(row) if number != place]
        if place is not None and row[place] is not None:
            notes.append(str(row[place]))
        else:
            kept.append(tuple(values))
    shown = tuple(name for name in columns if name != NOTE)
    left_out = max(len(kept) - limit, 0)
    return Answer(question, shown, tuple(kept[:limit]), left_out, tuple(dict.fromkeys(notes)))


def _undeclared(
    question: MonitorQuery, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> str | None:
    """What a file promises of its columns and does not keep."""
    declared = (*question.labels, *(metric.column for metric in question.metrics))
    if missing := [name for name in declared if name not in columns]:
        returned = ", ".join(columns) or "nothing"
        return f"declares the column {missing[0]}, and returns {returned}"
    for metric in question.metrics:
        place = columns.index(metric.column)
        for row in rows:
            if not isinstance(row[place], int | float | Decimal | None):
                return f"the column {metric.column} is a {metric.kind}, and no number: {row[place]}"
    return None


def _plain(value: Any) -> Any:
    """A number as JSON has it; all that is not a number, text or truth as its text."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, int | float | str | None) else str(value)
