"""The facts of a schema as a file: sorted, one a line, so that a reviewer can read its diff."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from arami_db.errors import RefusedFileError

_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


class Fact(NamedTuple):
    """One row of catalog.sql."""

    kind: str
    object: str
    property: str
    value: str


def dump(facts: frozenset[Fact]) -> str:
    """The text of a snapshot: four columns, tabs between, special characters escaped."""
    return "".join("\t".join(map(_escape, fact)) + "\n" for fact in sorted(facts))


def load(path: Path) -> frozenset[Fact]:
    """Read a snapshot.

    Raises:
        RefusedFileError: the file cannot be read, or a line of it is no fact; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFileError(f"{path}: cannot be read: {error}") from error
    facts = set()
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        columns = line.split("\t")
        if len(columns) != len(Fact._fields):
            raise RefusedFileError(
                f"{path}:{number}: not a fact of {len(Fact._fields)} columns",
                hint="Write it anew: arami-db snapshot",
            )
        facts.add(Fact._make(map(_unescape, columns) if "\\" in line else columns))
    return frozenset(facts)


def _escape(text: str) -> str:
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text


def _unescape(text: str) -> str:
    meanings = {escaped[1]: plain for plain, escaped in _ESCAPES}
    pieces = iter(text.split("\\"))
    unescaped = [next(pieces)]
    for piece in pieces:
        # Nothing between two backslashes: the first of them escapes the second.
        unescaped.append(meanings[piece[0]] + piece[1:] if piece else "\\" + next(pieces, ""))
    return "".join(unescaped)
