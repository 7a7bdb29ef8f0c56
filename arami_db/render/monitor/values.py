"""Values with their units, as text."""

from __future__ import annotations

from typing import Any

from arami_db.escape import visible
from arami_db.files.question import unit_of

NOTHING = "-"
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_LONGEST_TEXT = 240


def heading(column: str) -> str:
    """The head of a column: its name without the unit, which its values have."""
    unit = unit_of(column)
    return (column.removesuffix(f"_{unit}") if unit else column).replace("_", " ")


def shown(column: str, value: Any) -> str:
    """A value of a column, with the unit that the column's name ends in."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        text = visible(value)
        return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
    write = {"bytes": size, "seconds": duration, "ratio": share}.get(unit_of(column) or "", plain)
    return write(value)


def plain(number: float) -> str:
    """A number without a unit, with thousands separators."""
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"


def share(ratio: float) -> str:
    """A ratio, as percent."""
    return f"{ratio * 100:.1f} %" if abs(ratio) < 10 else f"{ratio * 100:,.0f} %"


def size(number: float) -> str:
    """Bytes, in units of 1024, as in Postgres; three or four digits."""
    sign, number = ("-", -number) if number < 0 else ("", number)
    for unit in _SIZES:
        if number < 1000 or unit == _SIZES[-1]:
            break
        number /= 1024
    digits = 0 if unit == "B" or number >= 100 else 1
    return f"{sign}{number:.{digits}f} {unit}"


def duration(seconds: float) -> str:
    """Seconds, in the two largest units they fill."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds < 1:
        milli = seconds * 1000
        return f"{sign}{milli:.0f} ms" if milli >= 10 or not milli else f"{sign}{milli:.2g} ms"
    if seconds < 60:
        return f"{sign}{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller, name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{sign}{whole // size} {unit}" + (f" {rest} {name}" if rest else "")
    return f"{sign}{whole} s"
