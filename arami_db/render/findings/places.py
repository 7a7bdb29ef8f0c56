"""Places of findings, apart: the file and the line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding


def place_of(finding: Finding) -> tuple[str, int] | None:
    """The file and line of a finding; None where no file is to blame."""
    if finding.place is None:
        return None
    path, _, line = finding.place.rpartition(":")
    return path, int(line)


def is_in_checkout(path: str) -> bool:
    """Whether a path lies below the working directory, so that a code host can know it."""
    return not Path(path).is_absolute()
