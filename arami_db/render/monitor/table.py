"""A table that fits a width: long texts go below their row, and nothing is left out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from arami_db.render.columns import cells, shortened

_GAP = 2
_NARROWEST = 12  # columns that a shortened text keeps
_LONG = 24  # a text in a last column that is longer goes below its row
_LINES = 3  # of such a text


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], is_number: Sequence[bool], width: int
) -> Iterator[tuple[str, bool]]:
    """The lines of a table.

    Long texts in the last column that do not fit go below their row. Other texts then lose their
    middle; if that is not enough, each row becomes a list.

    Args:
        heads: the heads of the columns; their words are below each other.
        rows: the cells; all rows have the same length.
        is_number: for each column, whether it is aligned to the right.
        width: the longest line.

    Yields:
        Each line, and whether it belongs to the heads.
    """
    below = None
    widths = _widths(heads, rows)
    if _whole(widths) > width and not is_number[-1] and widths[-1] > _LONG:
        below = len(heads) - 1
        widths = widths[:-1]
    widths = _fitted(widths, is_number, width)
    if _whole(widths) > width:
        yield from ((line, False) for row in rows for line in _list(heads, row, width))
        return
    stacked = [_stacked(head, size) for head, size in zip(heads, widths, strict=False)]
    for level in range(max(map(len, stacked)), 0, -1):
        words = [words[-level] if len(words) >= level else "" for words in stacked]
        yield _line(words, widths, is_number), True
    for row in rows:
        yield _line(row, widths, is_number), False
        if below is not None:
            yield from ((line, False) for line in wrapped(row[below], width, "    ", most=_LINES))


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The width that each column needs for its values, and for the longest word of its head."""
    columns = zip(heads, *rows, strict=True)
    return [
        max(*(cells(word) for word in head.split(" ")), *(cells(value) for value in values))
        for head, *values in columns
    ]


def _whole(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _fitted(widths: Sequence[int], is_number: Sequence[bool], width: int) -> list[int]:
    """The widths, with those of the widest texts reduced as far as allowed."""
    fitted = list(widths)
    while (excess := _whole(fitted) - width) > 0:
        texts = [n for n, size in enumerate(fitted) if not is_number[n] and size > _NARROWEST]
        if not texts:
            break
        widest = max(texts, key=lambda number: fitted[number])
        fitted[widest] -= min(excess, fitted[widest] - _NARROWEST, 4)
    return fitted


def _stacked(head: str, size: int) -> list[str]:
    """The words of a head, in as few lines as its column allows."""
    return textwrap.wrap(head, max(size, 1), break_long_words=True) or [""]


def _line(row: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    parts = []
    for text, size, right in zip(row, widths, is_number, strict=False):
        short = shortened(text, size)
        blank = " " * (size - cells(short))
        parts.append(f"{blank}{short}" if right else f"{short}{blank}")
    return (" " * _GAP).join(parts).rstrip()


def _list(heads: Sequence[str], row: Sequence[str], width: int) -> Iterator[str]:
    """A row as a list of its cells, and an empty line."""
    for head, text in zip(heads, row, strict=True):
        yield from wrapped(f"{head}: {text}", width, "", "    ", most=_LINES)
    yield ""


def wrapped(
    text: str, width: int, first: str = "", rest: str | None = None, *, most: int | None = None
) -> list[str]:
    """A text in lines of at most a width, in which an ideograph takes two columns.

    Args:
        text: what to wrap.
        width: how many columns a line may take.
        first: what the first line begins with.
        rest: what the others begin with; None for the same.
        most: how many lines there may be; None for any number.
    """
    for room in range(max(width, 8), 7, -1):
        lines = textwrap.wrap(
            text,
            room,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            max_lines=most,
            placeholder=" …",
        )
        if all(cells(line) <= width for line in lines):
            break
    return lines
