"""Lines that fit the terminal; a pipe has no width, so nothing is cut there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TextIO

_GAP = 2


def width_of(stream: TextIO) -> int | None:
    """How many columns a line may take; None where no terminal shows it."""
    if not stream.isatty():
        return None
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named):
        return int(named)
    return os.get_terminal_size(stream.fileno()).columns or 80


def cells(text: str) -> int:
    """How many columns a text takes; an ideograph takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def shortened(text: str, width: int) -> str:
    """A text that is shortened in its second half to fit a number of columns.

    The beginning of a file's name has the number, its end says what it does.
    """
    short, kept = text, len(text)
    while cells(short) > width and kept > 2:
        kept -= 1
        short = f"{text[: kept - kept // 3]}…{text[len(text) - kept // 3 :]}"
    return short


def aligned(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """Rows of equal length as lines with aligned cells.

    Args:
        rows: the cells.
        width: the longest line; None for any. Columns that do not fit are left out from the right;
            the first two always stay, of which the second is shortened.
    """
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        while len(widths) > 2 and sum(widths) + _GAP * (len(widths) - 1) > width:
            widths.pop()
        widths[1] = min(widths[1], max(width - widths[0] - _GAP, 1))
    lines = []
    for row in rows:
        fitted = (shortened(cell, size) for cell, size in zip(row, widths, strict=False))
        padded = (
            cell + " " * (size - cells(cell)) for cell, size in zip(fitted, widths, strict=True)
        )
        lines.append((" " * _GAP).join(padded).rstrip())
    return lines
