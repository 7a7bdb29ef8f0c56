"""Whose the rows of a table are, as foreign keys and names say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arami_db.rows.tables import Table

_ACCOUNTS = (("public", "users"), ("auth", "users"))


def _direct(table: Table) -> list[str]:
    """Columns that name a user by a foreign key of their own; the key of the users themselves."""
    if table.path in _ACCOUNTS:
        return ["id"]
    return [
        key.columns[0]
        for key in table.foreign_keys
        if key.parent in _ACCOUNTS and key.references == ("id",)
    ]


def with_owners(tables: dict[tuple[str, str], Table]) -> dict[tuple[str, str], Table]:
    """Say whose rows are whose: a column, one named like it, or a parent that has an owner.

    Args:
        tables: all of them, by path.

    Returns:
        The same, with an owner where one can be told.
    """
    usual = Counter(c for t in tables.values() if t.name != "users" for c in _direct(t))
    known = {}
    for path, table in tables.items():
        named = [c for c in usual if c in table.columns and table.columns[c].type == "uuid"]
        if columns := _direct(table) or named:
            known[path] = replace(table, owner=(max(columns, key=lambda c: usual[c]),))
    while found := dict(_indirect(tables, known)):
        known |= found
    return {path: known.get(path, table) for path, table in tables.items()}


def _indirect(
    tables: dict[tuple[str, str], Table], known: dict[tuple[str, str], Table]
) -> Iterable[tuple[tuple[str, str], Table]]:
    for path, table in tables.items():
        for key in table.foreign_keys:
            if path not in known and key.parent in known:
                yield path, replace(table, owner=key.columns, via=key)
                break
