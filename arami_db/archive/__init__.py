"""Archiving: old sessions moved out of the live tables batch by batch, and back again."""

from __future__ import annotations

from arami_db.archive.aside import unless_signalled
from arami_db.archive.cutoff import fix_cutoff, moment
from arami_db.archive.model import (
    Estimate,
    Moved,
    Options,
    Outcome,
    Progress,
    Result,
    Selection,
    SteppedOver,
)
from arami_db.archive.patience import patiently
from arami_db.archive.record import history, require_ready
from arami_db.archive.run import run
from arami_db.archive.stop import listening
from arami_db.archive.task import Task, archiving, restoring

__all__ = [
    "Estimate",
    "Moved",
    "Options",
    "Outcome",
    "Progress",
    "Result",
    "Selection",
    "SteppedOver",
    "Task",
    "archiving",
    "fix_cutoff",
    "history",
    "listening",
    "moment",
    "patiently",
    "require_ready",
    "restoring",
    "run",
    "unless_signalled",
]
