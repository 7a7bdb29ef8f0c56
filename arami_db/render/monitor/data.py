"""Answers as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from arami_db.files.question import unit_of

if TYPE_CHECKING:
    from arami_db.monitor.model import Answer


def as_data(answers: Sequence[Answer], database: str) -> dict[str, Any]:
    """The answers, with what each column is.

    Args:
        answers: the answer to each query.
        database: its name.
    """
    return {
        "database": database,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "answers": [_answer(answer) for answer in answers],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    question, problem = answer.question, answer.problem
    metrics = {metric.column: metric for metric in question.metrics}
    return {
        "topic": question.topic,
        "name": question.name,
        "title": question.title,
        "columns": [
            {
                "name": column,
                "unit": unit_of(column),
                "metric": metrics[column].sample if column in metrics else None,
                "help": metrics[column].help if column in metrics else None,
            }
            for column in answer.columns
        ],
        "rows": [dict(zip(answer.columns, row, strict=True)) for row in answer.rows],
        "left_out": answer.left_out,
        "notes": list(answer.notes),
        "problem": None
        if problem is None
        else {
            "sqlstate": problem.sqlstate,
            "message": problem.message,
            "remedy": problem.remedy,
        },
    }
