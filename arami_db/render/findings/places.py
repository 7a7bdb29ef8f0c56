"""Places of findings, split into file and line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding


def place_of(finding: Finding, root: Path) -> tuple[str, int] | None:
    """The file of a finding, as a path that can be opened, and the line; None without a file.

    Args:
        finding: the finding.
        root: the SQL directory of its place.
    """
    if finding.place is None:
        return None
    path, _, line = finding.place.rpartition(":")
    return seen_from_here(root / path), int(line)


def seen_from_here(path: Path) -> str:
    """A path, relative to the working directory if it is below that."""
    relative = os.path.relpath(path)
    return str(path.absolute()) if relative.startswith("..") else relative


def is_in_checkout(path: str) -> bool:
    """Whether a path is below the working directory, and so in the repository."""
    return not Path(path).is_absolute()
