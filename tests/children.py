"""A migration of an application: a table and a column that belong to sessions, with their twins."""

from __future__ import annotations

from pathlib import Path

CHILDREN = (Path(__file__).parent / "children.sql").read_bytes()
