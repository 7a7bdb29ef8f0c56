"""Answers as lines of text: a table for each query, or a list of its figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from arami_db.escape import visible
from arami_db.render.columns import cells, shortened
from arami_db.render.monitor.table import table, wrapped
from arami_db.render.monitor.values import heading, shown
from arami_db.render.output import count

if TYPE_CHECKING:
    from arami_db.monitor.model import Answer

_INDENT = "  "
_NARROW = 16  # columns that the description of a figure needs; with less it is left out


class Line(NamedTuple):
    """A line, and how a terminal may show it: "bold", "dim", "red" or as it is."""

    text: str
    style: str = ""


def as_lines(answers: Iterable[Answer], width: int) -> Iterator[Line]:
    """Answers as lines of at most a width.

    Args:
        answers: the answer to each query.
        width: how many columns a line may take.
    """
    for number, answer in enumerate(answers):
        if number:
            yield Line("")
        for text in wrapped(visible(answer.question.title), width):
            yield Line(text, "bold")
        yield from _body(answer, width)


def _body(answer: Answer, width: int) -> Iterator[Line]:
    if answer.problem is not None:
        yield from _said(f"not answered: {answer.problem.message}", width, "red")
        if answer.problem.remedy:
            yield from _said(answer.problem.remedy, width)
    elif answer.rows:
        is_list = answer.question.metrics and not answer.question.labels and len(answer.rows) == 1
        yield from _figures(answer, width) if is_list else _rows(answer, width)
    elif not answer.notes:
        yield from _said("none", width)
    if answer.left_out:
        yield from _said(f"and {count(answer.left_out, 'more row')}; --limit shows them", width)
    for note in answer.notes:
        yield from _said(note, width)


def _said(text: str, width: int, style: str = "") -> Iterator[Line]:
    return (Line(line, style) for line in wrapped(visible(text), width, _INDENT))


def _figures(answer: Answer, width: int) -> Iterator[Line]:
    """The only row of an answer, a figure a line, with its description if there is room."""
    helps = {metric.column: metric.help for metric in answer.question.metrics}
    pairs = zip(answer.columns, answer.rows[0], strict=True)
    rows = [
        (visible(heading(name)), shown(name, value), helps.get(name, "")) for name, value in pairs
    ]
    names, values = (max(cells(row[place]) for row in rows) for place in (0, 1))
    for name, value, told in rows:
        figure = f"{_INDENT}{name}{' ' * (names - cells(name))}  {value:>{values}}  "
        room = width - cells(figure)
        texts = wrapped(visible(told), room) if room >= _NARROW else []
        yield Line(shortened(f"{figure}{''.join(texts[:1])}".rstrip(), width))
        yield from (Line(" " * cells(figure) + text) for text in texts[1:])


def _rows(answer: Answer, width: int) -> Iterator[Line]:
    texts = [
        [shown(name, value) for name, value in zip(answer.columns, row, strict=True)]
        for row in answer.rows
    ]
    is_number = [
        all(isinstance(row[place], int | float | None) for row in answer.rows)
        for place in range(len(answer.columns))
    ]
    heads = [visible(heading(name)) for name in answer.columns]
    for text, is_head in table(heads, texts, is_number, width - len(_INDENT)):
        yield Line(f"{_INDENT}{text}".rstrip(), "dim" if is_head else "")
