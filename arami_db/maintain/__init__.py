"""VACUUM (ANALYZE) of the tables that need it, and what became of it."""

from __future__ import annotations

from arami_db.maintain.model import Holder, Job, Table, Upkeep
from arami_db.maintain.run import maintain
from arami_db.maintain.tables import tables

__all__ = ["Holder", "Job", "Table", "Upkeep", "maintain", "tables"]
