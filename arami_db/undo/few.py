"""Kinds that are few: publications, labels of enums, attributes of composite types, schemas."""

from __future__ import annotations

import re

from arami_db.drift.remedies.around import Objects, Sides
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import replaced
from arami_db.facts.names import schema_of, split

_LABEL = re.compile(r"E?'(?:[^']|'')*'")
_TABLE, _SCHEMA = "table ", "schema "


def publication(difference: Difference) -> str:
    """A publication that sends nothing yet, or all tables; what it sends comes after."""
    wanted = difference.wanted
    everything = " for all tables" if "all tables" in wanted else ""
    options = [f"publish = '{wanted['operations']}'"] if "operations" in wanted else []
    options += ["publish_via_partition_root = true"] if "via root" in wanted else []
    with_ = f" with ({', '.join(options)})" if options else ""
    return f"create publication {difference.name}{everything}{with_};"


def published(difference: Difference) -> str | None:
    """What of a publication can be changed in place."""
    key, value, name = difference.key or "", difference.value, difference.name
    alter = f"alter publication {name}"
    if key == "operations" and value is not None:
        return f"{alter} set (publish = '{value}');"
    if key == "via root":
        return f"{alter} set (publish_via_partition_root = {str(value is not None).lower()});"
    is_there = key in difference.now
    if key.startswith(_SCHEMA) and value is not None:
        return f"{alter} add tables in schema {key.removeprefix(_SCHEMA)};"
    if not key.startswith(_TABLE):
        return None
    table = key.removeprefix(_TABLE)
    sql = [f"{alter} drop table only {table};"] if is_there else []
    if value is not None:
        columns, _, where = value.partition(" where ")
        listed = "" if columns == "all columns" else f" ({columns})"
        filtered = f" where {where}" if where.startswith("(") else f" where ({where})"
        sql.append(f"{alter} add table only {table}{listed}{filtered if where else ''};")
    return "\n".join(sql)


def relabelled(difference: Difference) -> str | None:
    """The labels of an enum renamed back, where there are as many, or given back."""
    name = difference.name
    before = _LABEL.findall(difference.wanted.get("labels", ""))
    after = _LABEL.findall(difference.now.get("labels", ""))
    gone = [label for label in before if label not in after]
    if len(before) == len(after) and gone:
        pairs = zip(before, after, strict=True)
        return "\n".join(f"alter type {name} rename value {n} to {w};" for w, n in pairs if w != n)
    if [label for label in before if label in after] != after:
        return None
    sql = []
    for label in gone:
        place = before.index(label)
        where = f"after {before[place - 1]}" if place else f"before {after[0]}"
        sql.append(f"alter type {name} add value {label} {where};")
    return "\n".join(sql) or None


def attribute(difference: Difference) -> str | None:
    """An attribute of a composite type given back, taken away or of its former type."""
    around, (owner, last) = difference.around, split(difference.name)
    item = ("type", owner)
    if difference.kind != "column" or item not in around.wanted or item not in around.actual:
        return None
    alter, wanted = f"alter type {owner}", difference.wanted
    collate = f" collate {wanted['collation']}" if "collation" in wanted else ""
    if not wanted:
        return f"{alter} drop attribute {last};"
    if not difference.now:
        return f"{alter} add attribute {last} {wanted['type']}{collate};"
    if difference.key not in {"type", "collation"}:
        return None
    return f"{alter} alter attribute {last} type {wanted['type']}{collate};"


def renamed_schema(difference: Difference) -> str | None:
    """The name of a schema given back, where all is in one of another name."""
    around, name = difference.around, difference.name
    if difference.kind != "schema":
        return None
    missing, extra = around.missing["schema"], _extra_schemas(around)
    if len(missing) != 1 or len(extra) != 1 or name not in {*missing, *extra}:
        return None
    was, now = missing[0], extra[0]
    before, after = _inside(around.wanted, was), _inside(around.actual, now)
    if before != {(kind, replaced(inner, now, was)) for kind, inner in after}:
        return None
    return f"alter schema {now} rename to {was};"


def _extra_schemas(around: Sides) -> list[str]:
    return [n for kind, n in around.actual if kind == "schema" and around.is_extra((kind, n))]


def _inside(side: Objects, schema: str) -> set[tuple[str, str]]:
    kinds = {"schema", "grant", "default privilege", "reach"}
    return {(k, n) for k, n in side if k not in kinds and schema_of(n) == schema}
