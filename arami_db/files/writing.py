"""Writing files so that one that is there is there whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_APART = ".arami-db-"


def write_whole(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files of a folder, each in a folder apart first, then renamed into place.

    The folder apart is this run's alone, so that two runs at once do not take each other's files.

    Args:
        folder: made where it is not there.
        texts: by file name.

    Raises:
        OSError: one cannot be written; those that have not their names yet are gone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_APART, dir=folder) as apart:
        for name, text in texts.items():
            Path(apart, name).write_text(text, encoding="utf-8", newline="\n")
        for name in texts:
            Path(apart, name).replace(folder / name)


@contextmanager
def private_folder(folder: Path) -> Iterator[Path]:
    """Make a folder that nobody else may enter, all of it or nothing.

    Args:
        folder: there must be nothing of this name; its parents are made where they are not there.

    Yields:
        Where to write meanwhile: beside it, under another name. An error takes that away again.

    Raises:
        OSError: it cannot be made, or something of this name is there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=_APART, dir=folder.parent) as apart:
        inner = Path(apart, folder.name)
        inner.mkdir(0o700)
        yield inner
        inner.rename(folder)  # refused by the system where a folder with files has come there


class PrivateFile:
    """A new file that nobody else may read, with its checksum at hand."""

    def __init__(self, path: Path) -> None:
        """Create it.

        Args:
            path: there must be nothing of this name.

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
        """The checksum of what was written."""
        return self._hash.hexdigest()
