"""The columns that say whose a row is: by policies, else by foreign keys, defaults and names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from arami_db.prove.schema.policy_owners import Owners
from arami_db.rows.tables import Owner, Path, Table

ACCOUNTS = (("public", "users"), ("auth", "users"))


def _held(table: Table, owner: Owner) -> Owner:
    """In JSON an owner may have any key: only the row made for a user is known to be theirs."""
    is_json = table.columns[owner.column].type in {"json", "jsonb"}
    return replace(owner, kind="row") if is_json and not owner.is_element else owner


def with_owners(tables: dict[Path, Table], known_of: Owners) -> dict[Path, Table]:
    """Say whose rows are whose: by policies; by a key to the users, who writes them by default, or
    a column named like those that hold one; by what is inherited; by a parent that has an owner.

    Args:
        tables: all of them, by path.
        known_of: what policies say.

    Returns:
        The same, with owners where any can be told.
    """
    usual = Counter(c for t in tables.values() if t.name != "users" for c in _keyed(t))
    known: dict[Path, Table] = {}
    for path, table in tables.items():
        own = {key.columns for key in table.keys if key.primary}  # of its rows, not of people
        there = [c for c in usual if c in table.columns and (c,) not in own]
        named = [c for c in there if table.columns[c].type == "uuid"]
        columns = _keyed(table) or sorted(named, key=lambda c: -usual[c])[:1]
        told_of = tuple(_held(table, owner) for owner in known_of.get(path, ()))
        if owners := told_of or tuple(Owner(c, "id") for c in columns):
            known[path] = replace(table, owners=owners)
    for path, table in tables.items():
        if table.heir_of in known and table.heir_of is not None:
            known.setdefault(path, replace(table, owners=known[table.heir_of].owners))
    while found := dict(_indirect(tables, known)):
        known |= found
    for path, table in tables.items():
        if table.root in known and table.root is not None:
            known[path] = replace(table, owners=known[table.root].owners)
    return {path: known.get(path, table) for path, table in tables.items()}


def _keyed(table: Table) -> list[str]:
    """Columns that name a user by a foreign key of their own; the key of the users themselves.

    Without such a key: those that name who writes the row by default.
    """
    if table.path in ACCOUNTS:
        return ["id"]
    keyed = [
        key.columns[0]
        for key in table.foreign_keys
        if key.parent in ACCOUNTS and key.references == ("id",)
    ]
    kinds = {"uuid", "text", "character varying"}
    return keyed or [c.name for c in table.columns.values() if c.is_caller and c.type in kinds]


def _indirect(tables: dict[Path, Table], known: dict[Path, Table]) -> Iterable[tuple[Path, Table]]:
    for path, table in tables.items():
        for key in table.foreign_keys:
            if path not in known and key.parent in known:
                owners = tuple(Owner(column, "row") for column in key.columns)
                yield path, replace(table, owners=owners)
                break


def is_profile(table: Table) -> bool:
    """Whether a table has one row a user, by the user's id.

    Args:
        table: with its owners.
    """
    return any(o.kind == "id" and o.column in {"id", "user_id"} for o in table.owners) and any(
        key.primary and len(key.columns) == 1 for key in table.keys
    )


def names_two(table: Table) -> bool:
    """Whether a row refers to two rows of one table, which need not be of one user.

    Args:
        table: the table.
    """
    return max(Counter(key.parent for key in table.foreign_keys).values(), default=0) > 1
