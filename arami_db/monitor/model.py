"""The results of the queries of monitor/."""

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
    """Why a query has no result.

    Attributes:
        sqlstate: the server's code; None where nothing was sent.
        message: what is wrong.
        remedy: how to fix it, where that is known.
    """

    sqlstate: str | None
    message: str
    remedy: str | None


@dataclass(frozen=True)
class Answer:
    """The result of a query.

    Attributes:
        question: the query.
        columns: the names of the columns, without the note.
        rows: the first rows, in the query's order.
        left_out: how many more there are.
        notes: what the query adds, such as what it could not see.
        problem: why there are no rows, if it failed.
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
    """Make an answer from rows; a row that only has a note becomes a note.

    Args:
        question: the query.
        columns: the names of the columns.
        rows: all rows.
        limit: the maximum number of rows.

    Returns:
        The answer, or one with a problem where the columns are not as the file declares them.
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
    """How the columns differ from the file's declarations."""
    declared = (*question.labels, *(metric.column for metric in question.metrics))
    if missing := [name for name in declared if name not in columns]:
        returned = ", ".join(columns) or "nothing"
        return f"declares the column {missing[0]}, and returns {returned}"
    for metric in question.metrics:
        place = columns.index(metric.column)
        for row in rows:
            if not isinstance(row[place], int | float | Decimal | None):
                return f"the {metric.kind} {metric.column} is not a number: {row[place]}"
    return None


def _plain(value: Any) -> Any:
    """A value for JSON: all but numbers, texts and booleans become text."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, int | float | str | None) else str(value)
