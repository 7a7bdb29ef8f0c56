"""Columns in their former order: those behind the first that moved are written anew."""

from __future__ import annotations

from arami_db.drift.remedies.around import Around
from arami_db.drift.remedies.columns import definition
from arami_db.drift.remedies.names import quoted
from arami_db.facts.names import listed, unquoted

_KEPT = {"type", "collation", "generated kind"}  # what a column is made with; the rest comes after


def reordered(table: str, around: Around) -> str | None:
    """What brings the columns of a table back into order, with their values.

    Args:
        table: its name.
        around: what should be and what is.

    Returns:
        SQL that rewrites the table once; None while it lacks columns, or has others.
    """
    before, after = (
        listed(side.get(("table", table), {}).get("columns", ""))
        for side in (around.wanted, around.actual)
    )
    if sorted(before) != sorted(after) or before == after:
        return None
    first = next(i for i, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1])
    moved = before[first:]
    values = [c for c in moved if "generated kind" not in around.wanted["column", f"{table}.{c}"]]
    alter = f"alter table {table}"
    sql = ["-- Rewrites the table, for the order of its columns alone: leave it out if that is no"]
    sql += ["-- matter; verify tells of the order then."]
    sql += [f"{alter} rename column {c} to {_aside(c)};" for c in moved]
    sql += [f"{alter} add column {_plain(table, c, around)};" for c in moved]
    types = [
        f"    alter column {c} type {around.wanted['column', f'{table}.{c}']['type']}"
        f" using {_aside(c)}"
        for c in values
    ]
    sql += [f"{alter}\n" + ",\n".join(types) + ";"] if types else []
    # What is generated goes first: it may be made of the others.
    gone = sorted(moved, key=lambda c: c in values)
    sql += [f"{alter} drop column {_aside(c)};" for c in gone]
    return "\n".join(sql)


def _aside(column: str) -> str:
    return quoted(f"{unquoted(column)[:50]}_before_undo")


def _plain(table: str, column: str, around: Around) -> str:
    wanted = around.wanted["column", f"{table}.{column}"]
    kept = {key: value for key, value in wanted.items() if key in _KEPT}
    if "generated kind" in wanted:
        kept["default"] = wanted["default"]
    return definition(f"{table}.{column}", kept)
