"""What a run says of its files and statements, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.columns import cells, shortened
from arami_db.render.output import count, seconds

if TYPE_CHECKING:
    from arami_db.files import SqlFile
    from arami_db.files.script import Statement
    from arami_db.runner.session import Applied
    from arami_db.runner.watch import FileProgress

_NARROW = 64  # columns; below that a name needs them
_COLUMN = 40  # of the names that are shorter
_EXCERPT = 72  # characters of a statement


def applied_line(applied: Applied, width: int | None) -> str:
    """A file that is in, in a line no longer than a width; None for any.

    Of a long name the middle is left out, and on a narrow terminal the number of statements.
    """
    statements = f" {count(applied.statements, 'statement'):>14}"
    if width is not None and width < _NARROW:
        statements = ""
    details = f"{statements} {seconds(applied.seconds):>8}"
    name, column = visible(applied.file.title), _COLUMN
    if width is not None:
        room = width - len(f"applied  {details}")
        name, column = shortened(name, room), min(column, room)
    return f"applied  {name}{' ' * (column - cells(name))}{details}"


def ran_line(file: SqlFile, statement: Statement, took: float, width: int | None) -> str:
    """A statement that has ended, in a line no longer than a width; None for any."""
    time, place, text = f"{seconds(took):>8}  ", _place(file, statement), _excerpt(statement)
    if width is None:
        return f"{time}{place}  {text}"
    return time + live_line(place, f"  {text}", width - len(time))


def live_line(place: str, doing: str, width: int) -> str:
    """A place and what is done there, in so many columns; the place takes half of them at most."""
    whole = shortened(place, max(width // 2, 1) if doing else width) + doing
    while cells(whole) > max(width, 1):
        whole = f"{whole[:-2]}…"
    return whole


def where(standing: FileProgress) -> str:
    """The statement at work by file, line and column, or the file."""
    if standing.script is None:
        return ""
    file = standing.script.file
    return _place(file, standing.statement) if standing.statement else visible(file.title)


def doing(standing: FileProgress) -> str:
    """What is done there: the phase with its share, and the statement."""
    share = "" if standing.share is None else f" {standing.share:.0f}%"
    phase = f" ({standing.phase}{share})" if standing.phase else ""
    return f"{phase}: {_excerpt(standing.statement)}" if standing.statement else phase


def _place(file: SqlFile, statement: Statement) -> str:
    line, column = file.place(statement.offset)
    return f"{visible(file.label)}:{line}:{column}"


def _excerpt(statement: Statement) -> str:
    text = " ".join(statement.text.split())
    return visible(text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…")
