"""The facts of a schema as a file: sorted, one a line, so that a reviewer can read its diff."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from arami_db.errors import RefusedFileError

_ESCAPES = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))


class Fact(NamedTuple):
    """One thing that is so in a schema.

    Attributes:
        kind: the kind of object, such as "table" or "grant".
        object: its name, quoted and qualified as SQL has it.
        property: what of it is stated.
        value: what it is.
    """

    kind: str
    object: str
    property: str
    value: str


def dump(facts: Iterable[Fact]) -> str:
    """The text of a snapshot: four columns, tabs between, special characters escaped."""
    return "".join("\t".join(map(_escape, fact)) + "\n" for fact in sorted(facts))


def load(path: Path) -> frozenset[Fact]:
    """Read a snapshot.

    Raises:
        RefusedFileError: the file cannot be read, or a line of it is no fact; names the line.
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
        # Until 0.2.0 such lines could keep a check from being asked.
        if len(columns) != len(Fact._fields) or columns[0] == "check":
            raise RefusedFileError(
                f"{path}:{number}: not a fact of four columns",
                hint="Write it anew: arami-db snapshot",
            )
        facts.add(Fact(*columns))
    return frozenset(facts)


def _escape(text: str) -> str:
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text


def _unescape(text: str) -> str:
    # Between two backslashes nothing is escaped, and after the pair everything starts anew.
    pieces = text.split(r"\\")
    for plain, escaped in _ESCAPES[1:]:
        pieces = [piece.replace(escaped, plain) for piece in pieces]
    return "\\".join(pieces)
