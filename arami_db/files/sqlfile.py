"""One SQL file: its text as it will be executed, and the checksum of this text."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from arami_db.errors import Refusal, RefusedFileError

ALGORITHM = "sha256"
_QUERIES = {"catalog", "check", "monitor"}
# Numbers of this many digits are dates, as the Supabase CLI and Rails write them: gaps mean nothing
# between them.
DATE_DIGITS = 8


@dataclass(frozen=True)
class SqlFile:
    """A numbered SQL file.

    Attributes:
        path: its path.
        kind: its kind in the ledger: "migration", "view", "distributed", "seed" or "stub".
        version: the number at the beginning of its name.
        name: the rest of its name, without the suffix.
        text: its text without byte order mark and with newlines only.
        checksum: lower-case hexadecimal SHA-256 of that text in UTF-8.
    """

    path: Path
    kind: str
    version: int
    name: str
    text: str
    checksum: str

    @cached_property
    def label(self) -> str:
        """The path within the SQL directory, independent of where that directory is."""
        return _label(self.path, self.kind)

    @property
    def title(self) -> str:
        """The label without the suffix, such as migrations/001_x."""
        return self.label[: -len(self.path.suffix)]

    @property
    def number(self) -> str:
        """The version as it is written, with its zeros."""
        return re.split("[_-]", self.path.name)[0]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset from 0."""
        line = bisect_left(self._line_ends, offset)
        return line + 1, offset - (self._line_ends[line - 1] if line else -1)

    @cached_property
    def _line_ends(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self.text)]


def folder_of(kind: str) -> str:
    """The folder for the files of a kind."""
    return kind if kind == "distributed" else f"{kind}s"


def _label(path: Path, kind: str) -> str:
    if kind == "stub":
        return path.name
    folder = path.parent.name
    if kind == "view" and path.parent.parent.name == "distributed":
        folder = f"distributed/{folder}"
    return f"{folder}/{path.name}"


def read_file(path: Path, *, kind: str, version: int, name: str) -> SqlFile:
    """Read and normalise one file.

    Args:
        path: the file.
        kind: as in SqlFile.kind.
        version: as in SqlFile.version.
        name: as in SqlFile.name.

    Returns:
        The file, its text normalised: no byte order mark, CRLF turned into LF.

    Raises:
        RefusedFileError: unreadable, not UTF-8, holding a NUL byte, or a query that is
            empty; names the line.
    """
    label = _label(path, kind)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _refused(label, f"cannot be read: {error.strerror}") from error
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: byte 0x{data[error.start]:02x}"
        raise _refused(label, reason, "Save the file as UTF-8.", data[: error.start]) from error
    if (nul := data.find(0)) >= 0:
        hint = "Postgres text cannot hold NUL; save the file as UTF-8 (not UTF-16) without it."
        raise _refused(label, "holds a NUL byte", hint, data[:nul])
    if kind in _QUERIES and not text.strip():
        raise _refused(label, "is empty", "Write its query, or delete the file.")
    return SqlFile(path, kind, version, name, text, hashlib.sha256(data).hexdigest())


def _refused(
    label: str, reason: str, hint: str | None = None, before: bytes | None = None
) -> RefusedFileError:
    """The error for a file, at the place after these bytes."""
    line = column = None
    if before is not None:
        lines = before.decode().split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    return RefusedFileError(refusals=[Refusal(label, line, column, reason, hint)])
