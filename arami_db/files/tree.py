"""The SQL directory: migrations/, views/, seeds/ and the like; any of them may be missing."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from arami_db.errors import Refusal, RefusedFileError, UsageError
from arami_db.files.sqlfile import SqlFile, read_file

_NAME = re.compile(r"([0-9]+)[_-](.+)\.sql", re.ASCII)
_FOLDERS = ("migrations", "views", "seeds", "demo", "catalog", "checks", "monitor")
_BESIDES = ("distributed/catalog", "distributed/checks")
SNAPSHOT = "schema.snapshot"
_UNDOING = (".down", ".undo")
_NOT_SKIPPED = "Mend it, or move it out of the folder; nothing is skipped silently."
BIGINT_MAX = 2**63 - 1


@dataclass(frozen=True)
class SqlTree:
    """The SQL directory; each part is read when it is first asked for.

    Attributes:
        root: the directory.
        first_version: the number its migrations are declared to begin at, if they are.
        is_distributed: whether it is for a database on Citus, which distributed/ has more for.
    """

    root: Path
    first_version: int | None = None
    is_distributed: bool = False

    @cached_property
    def migrations(self) -> tuple[SqlFile, ...]:
        """Migrations by ascending version."""
        return _read_folder(self.root / "migrations", "migration")

    @cached_property
    def views(self) -> tuple[SqlFile, ...]:
        """Read models by ascending version."""
        return _read_folder(self.root / "views", "view")

    @cached_property
    def seeds(self) -> tuple[SqlFile, ...]:
        """Seed data by ascending version."""
        return _read_folder(self.root / "seeds", "seed")

    @cached_property
    def demo(self) -> tuple[SqlFile, ...]:
        """What makes a batch of demo users, by ascending version."""
        return _read_folder(self.root / "demo", "demo")

    @cached_property
    def checks(self) -> tuple[SqlFile, ...]:
        """Verification queries by ascending version."""
        return self._both("checks", "check")

    @cached_property
    def monitor(self) -> tuple[SqlFile, ...]:
        """The questions of whoever watches the database, by ascending version."""
        return _read_folder(self.root / "monitor", "monitor")

    @cached_property
    def catalog(self) -> tuple[SqlFile, ...]:
        """The queries that state the facts of a schema, a kind of object each."""
        return tuple(file for file in self._catalog if file.version)

    @cached_property
    def prelude(self) -> SqlFile | None:
        """catalog/000_prelude.sql: what each query of catalog/ and checks/ is run behind."""
        return next((file for file in self._catalog if not file.version), None)

    @cached_property
    def _catalog(self) -> tuple[SqlFile, ...]:
        return self._both("catalog", "catalog")

    def _both(self, folder: str, kind: str) -> tuple[SqlFile, ...]:
        roots = (self.root, self.root / "distributed")[: 1 + self.is_distributed]
        return tuple(file for root in roots for file in _read_folder(root / folder, kind))

    @property
    def snapshot(self) -> Path:
        """Where the facts of the migrated schema are kept."""
        return self.root / ("distributed" if self.is_distributed else "") / SNAPSHOT

    @cached_property
    def auth_stub(self) -> SqlFile | None:
        """The stand-in for Supabase's auth schema, or None."""
        path = self.root / "auth_stub.sql"
        if not os.path.lexists(path):
            return None
        _require_file(path)
        return read_file(path, kind="stub", version=0, name="auth_stub")


def discover(
    root: Path, *, may_be_empty: bool = False, first_version: int | None = None
) -> SqlTree:
    """Open a SQL directory.

    Args:
        root: the directory.
        may_be_empty: whether it need not hold any part of a project yet.
        first_version: as SqlTree.first_version.

    Raises:
        UsageError: there is no such directory, or nothing in it that would be read.
        RefusedFileError: SQL files lie a folder deeper than they are read.
    """
    if wrong := _closed(root):
        raise UsageError(f"{str(root)[:200]}: {wrong}", hint="Name another with --sql-dir DIR.")
    for folder in (*_FOLDERS, *_BESIDES):
        if os.path.lexists(root / folder) and (wrong := _closed(root / folder)):
            raise RefusedFileError(f"{root / folder}: {wrong}", hint=_NOT_SKIPPED)
        hint = f"Move it to {root / folder}; nothing is skipped silently."
        nested = sorted(_sql_files(root / folder, "*/*"))
        if nested:
            reason = "lies in a folder inside the folder, where no files are read"
            refusals = [Refusal(str(path), None, None, reason, hint) for path in nested]
            raise RefusedFileError(refusals=refusals)
    if not (may_be_empty or _has_parts(root)):
        near = next(filter(_has_parts, (root.parent, *sorted(root.glob("*/")))), None)
        folders = ", ".join(f"{folder}/" for folder in _FOLDERS)
        raise UsageError(
            f"{root}: holds no part of a project: no .sql file in {folders}",
            hint=f"{near} does: --sql-dir {near}" if near else "Name another with --sql-dir DIR.",
        )
    return SqlTree(root, first_version)


def _closed(folder: Path) -> str | None:
    """Why a directory cannot be read: what is behind its name may be anything, or nothing."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        return "no such directory"
    except OSError as error:
        return f"cannot be read as a directory: {error.strerror}"
    return None


def _require_file(path: Path) -> None:
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raise _refused(path, "its name is not UTF-8", "Rename it.") from None
    if not os.path.isfile(path):
        reason = "is not a file, but a directory, a pipe or a broken link"
        raise _refused(path, reason, _NOT_SKIPPED)


def _has_parts(root: Path) -> bool:
    return any(_sql_files(root / folder, "*") for folder in _FOLDERS)


def _sql_files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in folder.glob(pattern) if path.suffix.lower() == ".sql"]


def packaged_sql_dir() -> Path:
    """The SQL that came with this tool: the checkout's sql/ first, else the wheel's copy.

    An editable install leaves a stale copy inside the package, so the checkout wins.
    """
    package = Path(__file__).parent.parent
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "sql").is_dir():
        return checkout / "sql"
    return package / "sql"


def _read_folder(folder: Path, kind: str) -> tuple[SqlFile, ...]:
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
            reason = f"version {version} is there twice: {other.path.name} and {entry.name}"
            hint = "Renumber the one that has not been applied yet."
            refusals.append(Refusal(str(folder), None, None, reason, hint))
    if refusals:
        raise RefusedFileError(refusals=refusals)
    return tuple(files[version] for version in sorted(files))


def _number(entry: os.DirEntry[str]) -> tuple[int, str]:
    """Version and name of a file, from NNN_name.sql."""
    path = Path(entry.path)
    _require_file(path)
    match = _NAME.fullmatch(entry.name)
    if match is None:
        raise _refused(
            path,
            "is not named NNN_name.sql",
            f"Rename it. {_NOT_SKIPPED}",
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
