"""Archiving: old sessions moved out of the live tables batch by batch, and back again."""

from __future__ import annotations

from arami_db.archive.estimate import Estimate, ObstacleError, estimate
from arami_db.archive.history import (
    ArchiveResult,
    FailedSessions,
    Moved,
    Outcome,
    past_runs,
    require_ready,
)
from arami_db.archive.question import ask
from arami_db.archive.run import run
from arami_db.archive.selection import RESTORE, Selection, fix_cutoff, live_tables, moment
from arami_db.archive.verification import Verification
from arami_db.archive.work import ArchiveOptions, Stop, stoppable

__all__ = [
    "RESTORE",
    "ArchiveOptions",
    "ArchiveResult",
    "Estimate",
    "FailedSessions",
    "Moved",
    "ObstacleError",
    "Outcome",
    "Selection",
    "Stop",
    "Verification",
    "ask",
    "estimate",
    "fix_cutoff",
    "live_tables",
    "moment",
    "past_runs",
    "require_ready",
    "run",
    "stoppable",
]
