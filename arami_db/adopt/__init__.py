"""Entering in the ledger what was done by other hands: baseline and repair."""

from arami_db.adopt.baseline import BaselineEntry, baseline
from arami_db.adopt.entries import Adopted
from arami_db.adopt.repair import repair

__all__ = ["Adopted", "BaselineEntry", "baseline", "repair"]
