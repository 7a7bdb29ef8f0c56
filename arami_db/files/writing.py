"""Writing files so that one that is there is there whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory


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
    with TemporaryDirectory(prefix=".arami-db-", dir=folder) as apart:
        for name, text in texts.items():
            Path(apart, name).write_text(text, encoding="utf-8", newline="\n")
        for name in texts:
            Path(apart, name).replace(folder / name)
