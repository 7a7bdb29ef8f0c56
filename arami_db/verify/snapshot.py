"""The facts of a schema as a file: sorted, one a line, so that a reviewer can read its diff.

A fact is one string here and everywhere: thousands of them are compared, few are ever read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arami_db.errors import RefusedFileError
from arami_db.files import SqlFile
from arami_db.files.sqlfile import ALGORITHM

SEPARATOR = "\x1f"  # of the columns of a fact; ASCII's own, and in no name anybody would give

_SILENT = f"{SEPARATOR}finds nothing{SEPARATOR}"  # in what is stated of a check
_ESCAPES = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))


@dataclass(frozen=True)
class Snapshot:
    """What a database should state.

    Attributes:
        facts: the rows of catalog.sql, each joined by separators.
        silent: of each check that finds nothing in these facts, that it does.
    """

    facts: frozenset[str]
    silent: frozenset[str]

    @classmethod
    def of(cls, facts: frozenset[str], silent: Iterable[SqlFile]) -> Snapshot:
        """A snapshot of these facts, and of the checks that found nothing in them."""
        return cls(facts, frozenset(map(_silence, silent)))

    def silences(self, check: SqlFile) -> bool:
        """Whether this very text of a check found nothing in the facts."""
        return _silence(check) in self.silent


def columns(fact: str) -> tuple[str, str, str, str]:
    """Kind, object, property and value of a fact, or of what somebody made of its line."""
    kind, name, key, value, *_ = *fact.split(SEPARATOR, 3), "", "", ""
    return kind, name, key, value


def dump(snapshot: Snapshot) -> str:
    """The text of a snapshot: four columns, tabs between, special characters escaped."""
    lines = sorted(map(columns, snapshot.facts | snapshot.silent))
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
    lines = text.replace("\t", SEPARATOR).split("\n")
    facts = frozenset(_unescape(line) if "\\" in line else line for line in lines if line)
    if text.count("\t") != 3 * (len(lines) - lines.count("")):
        number = next(n for n, line in enumerate(lines, 1) if line and line.count(SEPARATOR) != 3)
        raise RefusedFileError(
            f"{path}:{number}: not a fact of four columns",
            hint="Write it anew: arami-db snapshot",
        )
    silent = frozenset(fact for fact in facts if _SILENT in fact)
    return Snapshot(facts - silent, silent)


def _silence(check: SqlFile) -> str:
    return f"check{SEPARATOR}{check.path.stem}{_SILENT}{ALGORITHM}:{check.checksum}"


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
