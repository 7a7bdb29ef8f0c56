"""Places of findings, apart: the file and the line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding


def place_of(finding: Finding, root: Path) -> tuple[str, int] | None:
    """The file of a finding, for what opens it, and the line; None where no file is to blame.

    Args:
        finding: the finding.
        root: the SQL directory, which its place is in.
    """
    if finding.place is None:
        return None
    path, _, line = finding.place.rpartition(":")
    return seen_from_here(root / path), int(line)


def seen_from_here(path: Path) -> str:
    """A path relative to the working directory where it is below it, else the whole path."""
    relative = os.path.relpath(path)
    return str(path.absolute()) if relative.startswith("..") else relative


def is_in_checkout(path: str) -> bool:
    """Whether a path lies below the working directory, so that a code host can know it."""
    return not Path(path).is_absolute()
