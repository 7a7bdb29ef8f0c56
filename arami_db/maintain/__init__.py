"""VACUUM (ANALYZE) of the tables that need it, and how long the record is kept."""

from __future__ import annotations

from arami_db.maintain.model import Holder, Job, TableStatistics, Upkeep
from arami_db.maintain.retention import YOUNGEST, Old, Retention, retain
from arami_db.maintain.run import maintain
from arami_db.maintain.tables import tables

__all__ = [
    "YOUNGEST",
    "Holder",
    "Job",
    "Old",
    "Retention",
    "TableStatistics",
    "Upkeep",
    "maintain",
    "retain",
    "tables",
]
