"""Safer ways: SQL that comes to the same, and shuts nobody out for long."""

from arami_db.plan.safer.choosing import safer

__all__ = ["safer"]
