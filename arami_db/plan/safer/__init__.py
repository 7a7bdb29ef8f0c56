"""Safer ways: SQL with the same result that never blocks other sessions for long."""

from arami_db.plan.safer.choosing import safer

__all__ = ["safer"]
