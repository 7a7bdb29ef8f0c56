"""Answers as an exposition of OpenMetrics 1.0, for Prometheus and similar collectors.

The format: https://prometheus.io/docs/specs/om/open_metrics_spec/. The lines of a family are
together, every series occurs once, names and labels are as declared; no statement's text is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arami_db.files.question import Metric, unit_of

if TYPE_CHECKING:
    from arami_db.monitor.model import Answer

_ANSWERED = Metric(
    "answered", "gauge", "1 if the query succeeded, else 0", "arami_monitor_answered"
)
_LEFT_OUT = Metric(
    "left_out", "gauge", "rows of the query beyond the limit", "arami_monitor_left_out"
)
_Series = tuple[Mapping[str, Any], Any]


def exposition(answers: Sequence[Answer], database: str) -> str:
    """The exposition, ending in # EOF.

    Args:
        answers: the answer to each query.
        database: its name, a label of every series.
    """
    lines = [line for answer in answers for line in _of(answer, database)]
    asked = [
        ({"database": database, "topic": a.question.topic, "question": a.question.name}, a)
        for a in answers
    ]
    lines += _family(_ANSWERED, [(labels, a.problem is None) for labels, a in asked])
    lines += _family(_LEFT_OUT, [(labels, a.left_out) for labels, a in asked])
    return "\n".join([*lines, "# EOF"])


def _of(answer: Answer, database: str) -> Iterator[str]:
    question = answer.question
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    for metric in question.metrics:
        series = [
            (
                {"database": database, **{label: row[label] for label in question.labels}},
                row[metric.column],
            )
            for row in rows
        ]
        yield from _family(metric, series)


def _family(metric: Metric, series: Iterable[_Series]) -> list[str]:
    """A family's lines; only the first of two series with the same labels, none for a null."""
    samples: dict[str, Any] = {}
    for labels, value in series:
        if value is not None:
            named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            samples.setdefault(f"{metric.sample}{{{named}}}", value)
    unit = unit_of(metric.family)
    return [
        f"# TYPE {metric.family} {metric.kind}",
        *([f"# UNIT {metric.family} {unit}"] if unit else []),
        f"# HELP {metric.family} {_escaped(metric.help)}",
        *(f"{name} {_number(value)}" for name, value in samples.items()),
    ]


def _escaped(text: Any) -> str:
    plain = "" if text is None else str(text)
    return plain.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return repr(float(value)) if isinstance(value, float) else str(int(value))
