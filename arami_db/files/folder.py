"""A folder of numbered SQL files: their names are valid, and their numbers unique."""

from __future__ import annotations

import os
import re
from pathlib import Path

from arami_db.errors import Refusal, RefusedFileError
from arami_db.files.sqlfile import SqlFile, read_file

_NAME = re.compile(r"([0-9]+)[_-](.+)\.sql", re.ASCII)
_UNDOING = (".down", ".undo")
NOT_SKIPPED = "Fix it, or move it out of the folder; nothing is skipped silently."
BIGINT_MAX = 2**63 - 1


def read_folder(folder: Path, kind: str) -> tuple[SqlFile, ...]:
    """The files of a folder by ascending version; none where it is missing.

    Args:
        folder: the folder.
        kind: the kind of all its files, as in SqlFile.kind.

    Raises:
        RefusedFileError: some cannot be read or have a wrong name, or two have the same number;
            has every place.
    """
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        found = [e for e in entries if e.name.lower().endswith(".sql") and e.name[0] != "."]
    files: dict[int, SqlFile] = {}
    refusals: list[Refusal] = []
    for entry in sorted(found, key=lambda entry: entry.name):
        try:
            version, name = _number(entry)
            file = read_file(Path(entry.path), kind=kind, version=version, name=name)
        except RefusedFileError as error:
            if not error.refusals:
                raise
            refusals += error.refusals
            continue
        if (other := files.setdefault(version, file)) is not file:
            reason = f"two files have version {version}: {other.path.name} and {entry.name}"
            hint = "Renumber the one that has not been applied yet."
            refusals.append(Refusal(str(folder), None, None, reason, hint))
    if refusals:
        raise RefusedFileError(refusals=refusals)
    return tuple(files[version] for version in sorted(files))


def _number(entry: os.DirEntry[str]) -> tuple[int, str]:
    """Version and name of a file, from NNN_name.sql."""
    path = Path(entry.path)
    require_file(path)
    match = _NAME.fullmatch(entry.name)
    if match is None:
        raise _refused(
            path,
            "is not named NNN_name.sql",
            f"Rename it. {NOT_SKIPPED}",
        )
    if match[2].lower().endswith(_UNDOING):
        raise _refused(
            path,
            "is named like a file that undoes a migration",
            "Move it out of the folder: every file in it is run.",
        )
    if (version := int(match[1])) > BIGINT_MAX:
        hint = f"The largest is {BIGINT_MAX}; a date and time have 14 digits."
        raise _refused(path, "the version number does not fit a bigint", hint)
    return version, match[2]


def _refused(path: Path, reason: str, hint: str | None) -> RefusedFileError:
    return RefusedFileError(refusals=[Refusal(str(path), None, None, reason, hint)])


def require_file(path: Path) -> None:
    """Refuse a path that is not a file, or whose name is not UTF-8.

    Raises:
        RefusedFileError: names the path.
    """
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise _refused(path, "its name is not UTF-8", "Rename it.") from None
    if not os.path.isfile(path):
        reason = "is not a file, but a directory, a pipe or a broken link"
        raise _refused(path, reason, NOT_SKIPPED)
