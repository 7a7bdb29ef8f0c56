"""The facts of a schema as a file: sorted, one a line, so that a reviewer can read its diff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arami_db.errors import RefusedFileError
from arami_db.files import SqlFile
from arami_db.files.sqlfile import ALGORITHM

Fact = tuple[str, str, str, str]  # a row of catalog.sql: kind, object, property, value

_SILENT = ("check", "finds nothing")  # kind and property of a line that is about a check
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


@dataclass(frozen=True)
class Snapshot:
    """What a database should state.

    Attributes:
        facts: the rows of catalog.sql.
        silent: checks that find nothing in these facts, by name and checksum.
    """

    facts: frozenset[Fact]
    silent: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, facts: frozenset[Fact], silent: Iterable[SqlFile]) -> Snapshot:
        """A snapshot of these facts, and of the checks that found nothing in them."""
        return cls(facts, frozenset(map(_signature, silent)))

    def silences(self, check: SqlFile) -> bool:
        """Whether this very text of a check found nothing in the facts."""
        return _signature(check) in self.silent


def dump(snapshot: Snapshot) -> str:
    """The text of a snapshot: four columns, tabs between, special characters escaped."""
    kind, key = _SILENT
    lines = [*snapshot.facts, *((kind, name, key, value) for name, value in snapshot.silent)]
    return "".join("\t".join(map(_escape, line)) + "\n" for line in sorted(lines))


def load(path: Path) -> Snapshot:
    """Read a snapshot.

    Raises:
        RefusedFileError: the file cannot be read, or a line of it is no fact; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFileError(f"{path}: cannot be read: {error}") from error
    facts, silent = set(), set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line:
            continue
        try:
            columns = line.split("\t")
            kind, name, key, value = map(_unescape, columns) if "\\" in line else columns
        except ValueError as error:
            raise RefusedFileError(
                f"{path}:{number}: not a fact of four columns",
                hint="Write it anew: arami-db snapshot",
            ) from error
        if (kind, key) == _SILENT:
            silent.add((name, value))
        else:
            facts.add((kind, name, key, value))
    return Snapshot(frozenset(facts), frozenset(silent))


def _signature(check: SqlFile) -> tuple[str, str]:
    return check.path.stem, f"{ALGORITHM}:{check.checksum}"


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
