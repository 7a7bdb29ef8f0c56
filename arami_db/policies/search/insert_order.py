"""The rows of a case in an order in which they can be inserted: parents first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from arami_db.policies.model import ATTACKER, VICTIM
from arami_db.policies.search.evaluator import Evaluator
from arami_db.policies.search.places import ROW
from arami_db.policies.search.worlds import CaseWorld
from arami_db.rows.tables import Path, Table

ACCOUNTS = (("auth", "users"), ("public", "users"))
Row = tuple[Path, dict[str, str | None]]


def ordered(world: CaseWorld, server: Evaluator) -> tuple[tuple[Row, ...], int]:
    """The rows beside the policy's own, parents before children.

    Args:
        world: where they are.
        server: knows the tables.

    Returns:
        The rows, and how many of them the policy's own row refers to: they come first.
    """
    rows: list[Row] = []
    for name, table in world.tables.items():
        if name != ROW:
            rows.append((table.path, _apart(world.row(name), table, rows)))
    own = (world.tables[ROW].path, world.row(ROW))
    made: list[Row] = []
    before = _with_parents(own, [*rows], server, made)[:-1]
    made = list(before)
    for row in rows:
        if not any(one is row for one in made):
            _with_parents(row, [own, *rows], server, made, own)
    return tuple(row for row in made if row is not own), len(before)


def _apart(row: dict[str, str | None], table: Table, rows: list[Row]) -> dict[str, str | None]:
    """A row that is not the same as another one of the table, by its key."""
    if (table.path, row) not in rows:
        return row
    free = [n for key in table.keys if key.primary for n in key.columns if n not in row]
    made = {n: str(uuid.uuid4()) for n in free if table.columns[n].type == "uuid"}
    numbers = {n: str(900 + len(rows)) for n in free if table.columns[n].category == "N"}
    return {**row, **made, **numbers}


def _with_parents(
    row: Row, known: list[Row], server: Evaluator, made: list[Row], own: Row | None = None
) -> list[Row]:
    """Append a row, behind all that it refers to; the policy's own is made by others."""
    for parent in _parents(row, server.tables[row[0]], server):
        there = next((one for one in known if _is_same(one, parent)), None)
        there = there or next((one for one in made if _is_same(one, parent)), None)
        if there is row or (there is not None and (there in made or there is own)):
            continue
        _with_parents(there or parent, known, server, made, own)
    if not any(one is row for one in made):  # another one may be just like it
        made.append(row)
    return made


def _is_same(row: Row, parent: Row) -> bool:
    return row[0] == parent[0] and parent[1].items() <= row[1].items()


def _parents(row: Row, table: Table, server: Evaluator) -> Iterator[Row]:
    """What a row's foreign keys refer to, but for the two who sign in: they are there."""
    for key in table.foreign_keys:
        pairs = list(zip(key.references, key.columns, strict=True))
        values = {there: row[1].get(here) for there, here in pairs}
        is_there = key.parent in ACCOUNTS and {ATTACKER, VICTIM} & set(values.values())
        if None not in values.values() and not is_there and key.parent in server.tables:
            yield key.parent, values
