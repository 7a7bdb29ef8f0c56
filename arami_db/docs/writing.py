"""The directory of a reference: only our own files are replaced and removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from arami_db.errors import UsageError
from arami_db.files.writing import write_whole

MARKER = "<!-- Written by `arami-db docs`; the next run replaces this file. -->"
_HEAD = 400


@dataclass(frozen=True)
class Written:
    """What a run did, or would do, to a directory.

    Attributes:
        changed: files that are new or differ.
        removed: files of an earlier run that are no longer needed.
        unchanged: how many files did not change.
    """

    changed: tuple[Path, ...]
    removed: tuple[Path, ...]
    unchanged: int


def write(pages: Mapping[str, str], folder: Path, *, dry: bool = False) -> Written:
    """Bring a directory up to date; each file is written as a whole or not at all.

    Args:
        pages: texts by file name.
        folder: the directory; created if it does not exist.
        dry: whether to write nothing.

    Raises:
        UsageError: a file of another origin has one of the names, or one cannot be written.
    """
    try:
        there = {name: _read(folder / name) for name in pages}
        changed = [name for name in sorted(pages) if there[name] != pages[name]]
        foreign = [name for name in changed if not _is_ours(there[name])]
        if foreign:
            raise UsageError(
                f"{folder / foreign[0]}: was not written by `arami-db docs`",
                hint="Move it away, or name another directory with --output DIR.",
            )
        removed = [path for path in _earlier(folder, pages) if path.name not in pages]
        if not dry:
            write_whole(folder, {name: pages[name] for name in changed})
            for path in removed:
                path.unlink()
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from error
    paths = tuple(folder / name for name in changed)
    return Written(paths, tuple(removed), len(pages) - len(changed))


def _read(path: Path) -> str | None:
    """The text of a file, with any line ends of Git; None where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _is_ours(text: str | None) -> bool:
    return text is None or MARKER in text[:_HEAD]


def _earlier(folder: Path, pages: Mapping[str, str]) -> list[Path]:
    """Files of the same format from earlier runs."""
    endings = {Path(name).suffix for name in pages}
    found = [path for ending in endings for path in folder.glob(f"*{ending}") if path.is_file()]
    return sorted(path for path in found if MARKER in (_read(path) or "")[:_HEAD])
