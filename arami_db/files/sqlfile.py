"""One SQL file: its text as it will be executed, and the checksum of exactly that text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from arami_db.errors import RefusedFileError

ALGORITHM = "sha256"


@dataclass(frozen=True)
class SqlFile:
    """A numbered SQL file.

    Attributes:
        path: where it lies.
        kind: what it is to the ledger: "migration", "view", "seed" or "stub".
        version: the number its name starts with.
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
        """The path within the SQL directory, which is the same wherever that directory lies."""
        return _label(self.path, self.kind)

    @property
    def title(self) -> str:
        """The label without the suffix, such as migrations/001_x."""
        return self.label[: -len(self.path.suffix)]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset from 0."""
        line = self.text.count("\n", 0, offset) + 1
        return line, offset - self.text.rfind("\n", 0, offset)


def _label(path: Path, kind: str) -> str:
    return path.name if kind == "stub" else f"{path.parent.name}/{path.name}"


def read_file(path: Path, *, kind: str, version: int, name: str) -> SqlFile:
    """Read and normalise one file.

    Args:
        path: the file.
        kind: as SqlFile.kind.
        version: as SqlFile.version.
        name: as SqlFile.name.

    Returns:
        The file, its text normalised: no byte order mark, CRLF turned into LF.

    Raises:
        RefusedFileError: unreadable, empty, not UTF-8, or holding a NUL byte; names the line.
    """
    label = _label(path, kind)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RefusedFileError(f"{label}: cannot be read: {error.strerror}") from error
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise RefusedFileError(
            f"{label}:{_line(data, error.start)}: not UTF-8: byte 0x{data[error.start]:02x}",
            hint="Save the file as UTF-8.",
        ) from error
    if (nul := data.find(0)) >= 0:
        raise RefusedFileError(
            f"{label}:{_line(data, nul)}: holds a NUL byte",
            hint="Postgres text cannot hold NUL; save the file as UTF-8 (not UTF-16) without it.",
        )
    if not text.strip():
        raise RefusedFileError(f"{label}: is empty", hint="Write its SQL, or delete the file.")
    return SqlFile(path, kind, version, name, text, hashlib.sha256(data).hexdigest())


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
