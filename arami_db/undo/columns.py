"""Columns in their former order: those after the first that moved are rebuilt."""

from __future__ import annotations

from itertools import groupby

from arami_db.drift.remedies.around import Sides
from arami_db.drift.remedies.columns import definition
from arami_db.drift.remedies.names import quoted
from arami_db.facts.names import listed, unquoted

_KEPT = {"type", "collation", "generated kind"}  # properties in ADD COLUMN; others follow
_SAID = (
    "-- Rewrites the table, only for the order of its columns. Leave it out if you do not mind:",
    "-- verify then reports the order.",
)


def reordered(table: str, around: Sides) -> str | None:
    """SQL that restores the order of a table's columns, with their values.

    Args:
        table: its name.
        around: what should be and what is.

    Returns:
        SQL that rewrites the table once; None while columns are missing or too many.
    """
    columns = moved(table, around)
    if not columns:
        return None
    alter = f"alter table {table}"
    sql = [*_SAID, *_apart(table, around)]
    sql += [f"{alter} rename column {c} to {_aside(c)};" for c in columns]
    for is_generated, group in groupby(columns, lambda c: _is_generated(table, c, around)):
        names = list(group)
        sql += [f"{alter} add column {_plain(table, c, around)};" for c in names]
        sql += [] if is_generated else [_filled(table, names, around)]
    for (kind, name), properties in around.actual.items():
        column = properties.get("owned by", "")
        if kind == "sequence" and column in {f"{table}.{c}" for c in columns}:
            sql.append(f"alter sequence {name} owned by {column};")
    # Generated columns first: they may depend on the others.
    gone = sorted(columns, key=lambda c: not _is_generated(table, c, around))
    sql += [f"{alter} drop column {_aside(c)};" for c in gone]
    return "\n".join(sql)


def moved(table: str, around: Sides) -> list[str]:
    """The columns from the first in another place on; none while some are missing.

    Args:
        table: its name.
        around: what should be and what is.
    """
    before, after = (
        listed(side.get(("table", table), {}).get("columns", ""))
        for side in (around.wanted, around.actual)
    )
    if sorted(before) != sorted(after) or before == after:
        return []
    pairs = enumerate(zip(before, after, strict=True))
    return before[next(i for i, (was, now) in pairs if was != now) :]


def _filled(table: str, columns: list[str], around: Sides) -> str:
    """New columns with the values of the old ones: without triggers and policies."""
    types = []
    for column in columns:
        wanted = around.wanted["column", f"{table}.{column}"]
        collate = f" collate {wanted['collation']}" if "collation" in wanted else ""
        kind = f"{wanted['type']}{collate}"
        types.append(f"    alter column {column} type {kind} using {_aside(column)}")
    return f"alter table {table}\n" + ",\n".join(types) + ";"


def _is_generated(table: str, column: str, around: Sides) -> bool:
    return "generated kind" in around.wanted["column", f"{table}.{column}"]


def _apart(table: str, around: Sides) -> list[str]:
    """SQL that detaches a table from its parents: a child cannot rename inherited columns."""
    now = around.actual["table", table]
    parents = [key.removeprefix("inherits ") for key in now if key.startswith("inherits ")]
    if "partition bound" in now:
        return [f"alter table {parent} detach partition {table};" for parent in parents]
    return [f"alter table {table} no inherit {parent};" for parent in parents]


def _aside(column: str) -> str:
    return quoted(f"{unquoted(column)[:50]}_before_undo")


def _plain(table: str, column: str, around: Sides) -> str:
    wanted = around.wanted["column", f"{table}.{column}"]
    kept = {key: value for key, value in wanted.items() if key in _KEPT}
    if "generated kind" in wanted:
        kept["default"] = wanted["default"]
    return definition(f"{table}.{column}", kept)
