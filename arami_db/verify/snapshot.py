"""The facts of a schema as a file: sorted, one a line, so that a reviewer can read its diff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from arami_db.errors import RefusedFileError
from arami_db.files import SqlFile
from arami_db.files.sqlfile import ALGORITHM

Fact = tuple[str, str, str, str]  # a row of catalog.sql: kind, object, property, value

_CHECK = "check"  # the kind of a line that is about a check
_ESCAPES = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))


@dataclass(frozen=True)
class Snapshot:
    """What a database should state.

    Attributes:
        facts: the rows of catalog.sql.
        silent: of each check that finds nothing in these facts, that it does.
    """

    facts: frozenset[Fact]
    silent: frozenset[Fact]

    @classmethod
    def of(cls, facts: frozenset[Fact], silent: Iterable[SqlFile]) -> Snapshot:
        """A snapshot of these facts, and of the checks that found nothing in them."""
        return cls(facts, frozenset(map(_silence, silent)))

    def silences(self, check: SqlFile) -> bool:
        """Whether this very text of a check found nothing in the facts."""
        return _silence(check) in self.silent


def dump(snapshot: Snapshot) -> str:
    """The text of a snapshot: four columns, tabs between, special characters escaped."""
    lines = sorted(snapshot.facts | snapshot.silent)
    return "".join("\t".join(map(_escape, line)) + "\n" for line in lines)


def load(path: Path) -> Snapshot:
    """Read a snapshot.

    Raises:
        RefusedFileError: the file cannot be read, or a line of it is no fact; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedFileError(f"{path}: cannot be read: {error}") from error
    lines = text.split("\n")
    rows = [tuple(_columns(line) if "\\" in line else line.split("\t")) for line in lines if line]
    if set(map(len, rows)) - {4}:
        number = next(n for n, line in enumerate(lines, 1) if line and line.count("\t") != 3)
        raise RefusedFileError(
            f"{path}:{number}: not a fact of four columns",
            hint="Write it anew: arami-db snapshot",
        )
    facts = cast("list[Fact]", rows)
    silent = frozenset(fact for fact in facts if fact[0] == _CHECK)
    return Snapshot(frozenset(facts) - silent, silent)


def _silence(check: SqlFile) -> Fact:
    return _CHECK, check.path.stem, "finds nothing", f"{ALGORITHM}:{check.checksum}"


def _escape(text: str) -> str:
    for plain, escaped in _ESCAPES:
        text = text.replace(plain, escaped)
    return text


def _columns(line: str) -> list[str]:
    # Between two backslashes nothing is escaped, and after the pair everything starts anew.
    return ["\\".join(map(_unescape, column.split(r"\\"))) for column in line.split("\t")]


def _unescape(text: str) -> str:
    for plain, escaped in _ESCAPES[1:]:
        text = text.replace(escaped, plain)
    return text
