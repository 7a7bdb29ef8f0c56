"""What statements do not bring back: rows, values, labels of an enum, what no fact states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from arami_db.drift.remedies.around import Objects, Sides, by_object
from arami_db.facts import Fact
from arami_db.facts.names import listed, split
from arami_db.undo.trying import NAME, Done
from arami_db.undo.types import LABEL
from arami_db.undo.unstated import replaced, unstated

if TYPE_CHECKING:
    from arami_db.files.script import Script

_RENAMES = re.compile(
    r"^alter (?:table|foreign table|sequence) (\S+) rename (?:column (\S+) )?to (\S+);",
    re.MULTILINE,
)
_REFERENCES = re.compile(r" REFERENCES (\S+?)\(((?:\"(?:[^\"]|\"\")*\"|[^\")])*)\)")


def stays(
    script: Script, goal: frozenset[Fact], now: frozenset[Fact], wanted: frozenset[Fact]
) -> list[str]:
    """What a migration did that no statement reverts, a line each.

    Args:
        script: the migration.
        goal: the facts that can be reached.
        now: the facts with the migration.
        wanted: the facts without it.
    """
    before, after = by_object(goal), by_object(now)
    for (kind, name), other in Sides(before, after).renamed.items():  # its name is restored
        del before[kind, name], after[kind, other]
    lines = [*_labels(goal, wanted), *_emptied(before, after), *_gone(before, after)]
    lines += [*_converted(before, after), *_inherited(before, after), *_pointing(before, after)]
    return [*lines, *replaced(script, before.keys() & after.keys()), *unstated(script)]


def _labels(goal: frozenset[Fact], wanted: frozenset[Fact]) -> Iterator[str]:
    was = {fact[:3]: fact for fact in wanted}
    for kind, name, key, value in sorted(goal - wanted):
        known = set(LABEL.findall(was[kind, name, key].value))
        new = ", ".join(label for label in LABEL.findall(value) if label not in known)
        yield f"{kind} {name} keeps the value {new}: Postgres cannot drop it."


def _emptied(before: Objects, after: Objects) -> Iterator[str]:
    for kind, name in sorted(before.keys() - after.keys()):
        table = split(name)[0]
        if kind == "table":
            yield f"table {name} comes back without its old rows."
        elif kind == "column" and ("table", table) in after:
            if "generated kind" not in before[kind, name]:
                yield f"column {name} comes back without its old values."
        elif kind == "sequence":
            yield f"sequence {name} starts again."


def _gone(before: Objects, after: Objects) -> Iterator[str]:
    for kind, name in sorted(after.keys() - before.keys()):
        is_kept = kind == "column" and ("table", split(name)[0]) in before
        if kind == "table":
            yield f"table {name} is dropped, with its rows."
        elif is_kept and "generated kind" not in after[kind, name]:
            yield f"column {name} is dropped, with its values."


def _converted(before: Objects, after: Objects) -> Iterator[str]:
    for (kind, name), properties in sorted(before.items()):
        now = after.get((kind, name), {})
        is_there = kind == "column" and ("table", split(name)[0]) in after
        if is_there and now.get("type", properties["type"]) != properties["type"]:
            yield (
                f"column {name}: values are cast back from {now['type']}; parts that the change cut"
                " off stay lost, and a value that cannot be cast fails the file."
            )


def _inherited(before: Objects, after: Objects) -> Iterator[str]:
    for (kind, name), properties in sorted(before.items()):
        now = after.get((kind, name), {})
        for key in properties if kind == "table" and "partition bound" not in properties else ():
            if key.startswith("inherits ") and key not in now:
                parent = key.removeprefix("inherits ")
                yield (
                    f"columns of {name} inherited from {parent} become its own, too: they stay"
                    f" when {parent} drops them."
                )


def _pointing(before: Objects, after: Objects) -> Iterator[str]:
    """Foreign keys from tables with rows to tables or columns that come back without rows."""
    back = {item for item in before.keys() - after.keys() if item[0] in {"table", "column"}}
    for (kind, name), properties in sorted(before.items()):
        found = (
            _REFERENCES.search(properties.get("definition", "")) if kind == "constraint" else None
        )
        table = split(name)[0]
        is_partition = "partition bound" in before.get(("table", table), {})
        if found is None or is_partition or ("table", table) not in after:
            continue
        keys = {("column", f"{found[1]}.{column}") for column in listed(found[2])}
        if back & {("table", found[1]), *keys}:
            yield (
                f"constraint {name} fails while {table} has rows that refer to rows which"
                " are not restored: restore those first."
            )


def guessed(statements: Iterable[Done]) -> Iterator[str]:
    """Restored names that may be of a different object that looks the same, and keeps its rows.

    A rename by the migration itself is certain; what it made under the old name is dropped.

    Args:
        statements: those of the undo.
    """
    for about, sql in statements:
        if about[0] == NAME:
            if sql.startswith("drop table "):
                name = sql.removeprefix("drop table ").removesuffix(";")
                yield f"table {name}, made under a renamed name, is dropped, with its rows."
            continue
        for table, column, name in _RENAMES.findall(sql):
            if not name.endswith(("_before_undo", '_before_undo"')):
                now = f"{table}.{column}" if column else table
                yield f"{now} is assumed to be the former {name}, and keeps its content."
