"""Labels of enums and attributes of composite types, restored or dropped."""

from __future__ import annotations

import re

from arami_db.drift.remedies.difference import Difference
from arami_db.facts import Fact
from arami_db.facts.names import split

LABEL = re.compile(r"E?'(?:[^']|'')*'")


def relabelled(difference: Difference) -> str | None:
    """SQL that restores missing labels of an enum."""
    name = difference.name
    before = LABEL.findall(difference.wanted.get("labels", ""))
    after = LABEL.findall(difference.now.get("labels", ""))
    gone = [label for label in before if label not in after]
    if [label for label in before if label in after] != after:
        return None
    sql = []
    for label in gone:
        place = before.index(label)
        where = f"after {before[place - 1]}" if place else f"before {after[0]}"
        sql.append(f"alter type {name} add value {label} {where};")
    return "\n".join(sql) or None


def attribute(difference: Difference) -> str | None:
    """SQL that restores, drops or changes an attribute of a composite type."""
    around, (owner, last) = difference.around, split(difference.name)
    item = ("type", owner)
    if difference.kind != "column" or item not in around.wanted or item not in around.actual:
        return None
    alter, wanted = f"alter type {owner}", difference.wanted
    typed = any(properties.get("of type") == owner for properties in around.actual.values())
    end = " cascade;" if typed else ";"  # to the tables of that type
    collate = f" collate {wanted['collation']}" if "collation" in wanted else ""
    if not wanted:
        return f"{alter} drop attribute {last}{end}"
    if not difference.now:
        return f"{alter} add attribute {last} {wanted['type']}{collate}{end}"
    if difference.key not in {"type", "collation"}:
        return None
    return f"{alter} alter attribute {last} type {wanted['type']}{collate}{end}"


def set_aside(wanted: frozenset[Fact], now: frozenset[Fact]) -> frozenset[Fact]:
    """The facts that can be reached: an enum keeps its added labels.

    Args:
        wanted: the facts without the migration.
        now: the facts with it.
    """
    there = {fact[:3]: fact for fact in now if fact.property == "labels"}
    return frozenset(
        there[fact[:3]] if fact[:3] in there and _grew(fact, there[fact[:3]]) else fact
        for fact in wanted
    )


def _grew(before: Fact, after: Fact) -> bool:
    labels = (LABEL.findall(before.value), LABEL.findall(after.value))
    return set(labels[0]) < set(labels[1])
