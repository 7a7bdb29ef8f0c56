"""The migrations of a Supabase project: reading them, what was exported, and adding more."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from arami_db.errors import UsageError
from arami_db.files.exported import Header, headers
from arami_db.files.writing import write_whole

_NAME = re.compile(r"([0-9]+)_(.*)\.sql", re.ASCII)
_MOMENT = "%Y%m%d%H%M%S"
# Where the numbers of a first export begin: below the migrations that a team adds later, and the
# same for everybody.
_FIRST = "20250101000001"


@dataclass(frozen=True)
class Migration:
    """One migration of the project.

    Attributes:
        path: its file.
        version: its number in the Supabase CLI.
        headers: the exports in it; none in migrations of other origin.
    """

    path: Path
    version: str
    headers: tuple[Header, ...]


@dataclass(frozen=True)
class Draft:
    """A migration without a number yet."""

    name: str
    text: str


@dataclass(frozen=True)
class Project:
    """The migrations of a project, in the order in which the Supabase CLI applies them."""

    folder: Path
    migrations: tuple[Migration, ...]

    def number(self, drafts: Sequence[Draft]) -> dict[Path, str]:
        """Give migrations the numbers after the last, a second apart.

        Args:
            drafts: the migrations, in order.

        Returns:
            The text of each file.

        Raises:
            UsageError: no number of 14 digits can follow the last one.
        """
        files, last = {}, max((m.version for m in self.migrations), default="")
        for draft in drafts:
            version = _after(last) if last else _FIRST
            if len(version) != len(_FIRST) or version <= last:
                raise UsageError(
                    f"{self.folder}: the number {last} sorts after every date and time:"
                    " no number can follow it",
                    hint="Rename that migration: YYYYMMDDHHMMSS_name.sql.",
                )
            files[self.folder / f"{version}_{draft.name}.sql"] = draft.text
            last = version
        return files

    def write(self, files: Mapping[Path, str]) -> None:
        """Write migrations, each file as a whole or not at all.

        Args:
            files: the result of number().

        Raises:
            UsageError: a file cannot be written; files that were not renamed yet are deleted.
        """
        if not files:
            return
        try:
            write_whole(self.folder, {path.name: text for path, text in files.items()})
        except OSError as error:
            raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from error


def read_project(directory: Path) -> Project:
    """Read the migrations of a Supabase project.

    Args:
        directory: the project's; supabase/migrations in it may be missing.

    Raises:
        UsageError: it is the folder supabase or inside it, or a file cannot be read.
    """
    if inner := _inner(directory.absolute()):
        raise UsageError(
            f"{directory} is in the folder supabase of a project",
            hint=f"Name the directory that holds it: {inner.parent}",
        )
    folder = directory / "supabase" / "migrations"
    try:
        found = sorted(folder.iterdir()) if os.path.lexists(folder) else []
        migrations = tuple(_read(found))
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be read: {error.strerror}") from error
    return Project(folder, migrations)


def _inner(directory: Path) -> Path | None:
    """The folder supabase that a directory is or lies in, if any."""
    return next(
        (
            path
            for path in (directory, directory.parent)
            if path.name == "supabase"
            and ((path / "config.toml").is_file() or (path / "migrations").is_dir())
        ),
        None,
    )


def _read(paths: Sequence[Path]) -> Iterator[Migration]:
    """The files that the Supabase CLI would apply."""
    for path in paths:
        if match := _NAME.fullmatch(path.name):
            text = path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
            yield Migration(path, match[1], tuple(headers(text)))


def _after(version: str) -> str:
    """The next number: a second later; one more where the last is not a date from _FIRST on."""
    if version < _FIRST:
        return _FIRST
    try:
        return (datetime.strptime(version, _MOMENT) + timedelta(seconds=1)).strftime(_MOMENT)
    except (ValueError, OverflowError):
        return str(int(version) + 1)
