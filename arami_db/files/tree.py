"""The SQL directory: migrations/, views/, seeds/ and others, each of which may be missing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from arami_db.errors import Refusal, RefusedFileError, UsageError
from arami_db.files.folder import NOT_SKIPPED, read_folder, require_file
from arami_db.files.sqlfile import SqlFile, read_file

_OF_VIEWS = "distributed/views"  # each replaces the view with the same number
_OF_MONITOR = "distributed/monitor"  # the same for monitor/
_FOLDERS = (
    *("migrations", "views", "seeds", "demo", "catalog", "checks", "monitor"),
    *("distributed", _OF_VIEWS, "distributed/catalog", "distributed/checks", _OF_MONITOR),
)
SNAPSHOT = "schema.snapshot"


@dataclass(frozen=True)
class SqlTree:
    """The SQL directory; each part is read when it is first used.

    Attributes:
        root: the directory.
        first_version: the declared number of the first migration, if any.
        is_distributed: whether it is for a distributed database, with the files of distributed/.
    """

    root: Path
    first_version: int | None = None
    is_distributed: bool = False

    @cached_property
    def migrations(self) -> tuple[SqlFile, ...]:
        """Migrations by ascending version."""
        return read_folder(self.root / "migrations", "migration")

    @cached_property
    def views(self) -> tuple[SqlFile, ...]:
        """Read models by ascending version."""
        return read_folder(self.root / "views", "view")

    @cached_property
    def distributed(self) -> tuple[SqlFile, ...]:
        """The files that distribute a migrated database with Citus, by ascending version."""
        return read_folder(self.root / "distributed", "distributed")

    @cached_property
    def distributed_views(self) -> tuple[SqlFile, ...]:
        """The read models of a distributed database: those of views/ or their replacements."""
        replaced = {file.version: file for file in self.views}
        replaced |= {file.version: file for file in read_folder(self.root / _OF_VIEWS, "view")}
        return tuple(replaced[version] for version in sorted(replaced))

    @cached_property
    def seeds(self) -> tuple[SqlFile, ...]:
        """Seed data by ascending version."""
        return read_folder(self.root / "seeds", "seed")

    @cached_property
    def demo(self) -> tuple[SqlFile, ...]:
        """The files that make a batch of demo users, by ascending version."""
        return read_folder(self.root / "demo", "demo")

    @cached_property
    def checks(self) -> tuple[SqlFile, ...]:
        """Verification queries by ascending version."""
        return self._both("checks", "check")

    @cached_property
    def monitor(self) -> tuple[SqlFile, ...]:
        """The monitoring queries, by ascending version."""
        return read_folder(self.root / "monitor", "monitor")

    @cached_property
    def distributed_monitor(self) -> tuple[SqlFile, ...]:
        """The monitoring queries that replace those of the same version with Citus."""
        return read_folder(self.root / _OF_MONITOR, "monitor")

    @cached_property
    def catalog(self) -> tuple[SqlFile, ...]:
        """The queries that state the facts of a schema, one kind of object each."""
        return tuple(file for file in self._catalog if file.version)

    @cached_property
    def prelude(self) -> SqlFile | None:
        """catalog/000_prelude.sql, which precedes each query of catalog/ and checks/."""
        return next((file for file in self._catalog if not file.version), None)

    @cached_property
    def _catalog(self) -> tuple[SqlFile, ...]:
        return self._both("catalog", "catalog")

    def _both(self, folder: str, kind: str) -> tuple[SqlFile, ...]:
        roots = (self.root, self.root / "distributed")[: 1 + self.is_distributed]
        return tuple(file for root in roots for file in read_folder(root / folder, kind))

    @property
    def snapshot(self) -> Path:
        """The path of the snapshot."""
        return self.root / ("distributed" if self.is_distributed else "") / SNAPSHOT

    @cached_property
    def auth_stub(self) -> SqlFile | None:
        """The substitute for Supabase's auth schema, or None."""
        path = self.root / "auth_stub.sql"
        if not os.path.lexists(path):
            return None
        require_file(path)
        return read_file(path, kind="stub", version=0, name="auth_stub")


def discover(
    root: Path, *, may_be_empty: bool = False, first_version: int | None = None
) -> SqlTree:
    """Open a SQL directory.

    Args:
        root: the directory.
        may_be_empty: whether it may hold no part of a project yet.
        first_version: as in SqlTree.first_version.

    Raises:
        UsageError: there is no such directory, or it has no files of a project.
        RefusedFileError: SQL files are in a folder inside a folder.
    """
    if wrong := _closed(root):
        raise UsageError(f"{str(root)[:200]}: {wrong}", hint="Name another with --sql-dir DIR.")
    for folder in _FOLDERS:
        if os.path.lexists(root / folder) and (wrong := _closed(root / folder)):
            raise RefusedFileError(f"{root / folder}: {wrong}", hint=NOT_SKIPPED)
        hint = f"Move it to {root / folder}; nothing is skipped silently."
        found = sorted(_sql_files(root / folder, "*/*"))
        nested = [
            path for path in found if path.parent.relative_to(root).as_posix() not in _FOLDERS
        ]
        if nested:
            reason = "is in a folder inside the folder, where no files are read"
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
    """Why a directory cannot be read, if it cannot."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        return "no such directory"
    except OSError as error:
        return f"cannot be read as a directory: {error.strerror}"
    return None


def _has_parts(root: Path) -> bool:
    return any(_sql_files(root / folder, "*") for folder in _FOLDERS)


def _sql_files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in folder.glob(pattern) if path.suffix.lower() == ".sql"]
