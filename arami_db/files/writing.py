"""Writing files as a whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_APART = ".arami-db-"


def write_whole(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files of a folder: into a temporary folder first, then renamed into place.

    Each run has its own temporary folder, so that concurrent runs do not use each other's files.

    Args:
        folder: created if it does not exist.
        texts: the texts by file name.

    Raises:
        OSError: a file cannot be written; files that were not renamed yet are deleted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_APART, dir=folder) as apart:
        for name, text in texts.items():
            Path(apart, name).write_text(text, encoding="utf-8", newline="\n")
        for name in texts:
            Path(apart, name).replace(folder / name)


@contextmanager
def private_folder(folder: Path) -> Iterator[Path]:
    """Create a private folder, as a whole or not at all.

    Args:
        folder: it must not exist; missing parents are created.

    Yields:
        A temporary folder beside it to write into. An error deletes that again.

    Raises:
        OSError: it cannot be created, or the name exists.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_APART, dir=folder.parent) as apart:
        inner = Path(apart, folder.name)
        inner.mkdir(0o700)
        yield inner
        inner.rename(folder)  # fails if a folder with files exists there by now


class PrivateFile:
    """A new private file that computes its checksum."""

    def __init__(self, path: Path) -> None:
        """Create it.

        Args:
            path: it must not exist.

        Raises:
            OSError: it cannot be created.
        """
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def __enter__(self) -> PrivateFile:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._file.close()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append.

        Raises:
            OSError: it cannot be written, as on a full disk.
        """
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """The checksum of the written text."""
        return self._hash.hexdigest()
