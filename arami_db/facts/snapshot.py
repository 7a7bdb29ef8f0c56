"""The facts of a schema as a file: sorted, one a line, so that a reviewer can read the diff."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from arami_db.errors import RefusedFileError

_ESCAPES = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))


class Fact(NamedTuple):
    """One fact of a schema.

    Attributes:
        kind: the kind of object, such as "table" or "grant".
        object: its name, quoted and qualified for SQL.
        property: the property that is stated.
        value: its value.
    """

    kind: str
    object: str
    property: str
    value: str


def dump(facts: Iterable[Fact]) -> str:
    """The text of a snapshot: four columns separated by tabs, special characters escaped."""
    return "".join("\t".join(map(_escape, fact)) + "\n" for fact in sorted(facts))


def load(path: Path) -> frozenset[Fact]:
    """Read a snapshot.

    Raises:
        RefusedFileError: the file cannot be read, or a line is not a fact; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFileError(f"{path}: cannot be read: {error}") from error
    facts = set[Fact]()
    for number, line in enumerate(text.split("\n"), 1):
        columns = [_unescape(column) for column in line.split("\t")] if line else []
        if not columns:
            continue
        # No line may switch a check off.
        if len(columns) != len(Fact._fields) or columns[0] == "check":
            raise RefusedFileError(
                f"{path}:{number}: not a fact of four columns",
                hint="Write it again: arami-db snapshot",
            )
        facts.add(Fact(*columns))
    return frozenset(facts)


def _escape(text: str) -> str:
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text


def _unescape(text: str) -> str:
    # A pair of backslashes is one escaped backslash: split there, its second escapes nothing.
    pieces = text.split(r"\\")
    for plain, escaped in _ESCAPES[1:]:
        pieces = [piece.replace(escaped, plain) for piece in pieces]
    return "\\".join(pieces)
