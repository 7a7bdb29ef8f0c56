"""Bring back an object that verify's remedies leave to the reader.

The file is tried, and can be read before it runs. So it may drop a schema that the migration made,
add a column whose values are to be filled in, or rewrite a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from arami_db.drift.findings import Finding
from arami_db.drift.remedies import others, parts
from arami_db.drift.remedies.around import Sides
from arami_db.drift.remedies.columns import definition, needs_values
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.words import PLACE
from arami_db.facts.names import split
from arami_db.undo.columns import reordered
from arami_db.undo.publications import publication, published
from arami_db.undo.types import attribute, relabelled

_Stated = Callable[[str, str], str | None]
_ALONE = {"sequence", "index"}
_OWNED = re.compile(r"^alter sequence .* owned by .*;\n?", re.MULTILINE)
_ONLY = re.compile(r"^(CREATE (?:UNIQUE )?INDEX .*?) ON ONLY ")
_INHERITS = "inherits "


def making(finding: Finding, around: Sides, stated: _Stated) -> str | None:
    """SQL for a difference that is not its remedy.

    Args:
        finding: the difference.
        around: what should be and what is.
        stated: the statement of a file that makes an object, by kind and name.

    Returns:
        The SQL; None where the finding's own remedy is used, or there is none; empty where
        other differences must be repaired first.
    """
    facts = finding.missing or finding.extra
    if not facts:
        return None
    kind, name, key, _ = facts[0]
    difference = Difference(kind, name, key, around.wanted.get((kind, name), {}), None, around)
    if kind == "column" and (sql := attribute(difference)):
        return sql
    if around.is_missing((kind, name)):
        return _missing(finding, difference, stated)
    if around.is_extra((kind, name)):
        return _dropped(difference)
    special = _special(difference)
    return special if special or finding.remedy else _changed(difference, stated)


def otherwise(finding: Finding, around: Sides) -> str | None:
    """Another way where a remedy failed: cast values through text, or detach a partition first.

    Args:
        finding: the difference.
        around: what should be and what is.
    """
    facts = finding.missing
    if finding.extra and around.is_extra(item := finding.extra[0][:2]) and item[0] == "table":
        taken_out = _partition(Difference(*item, None, {}, None, around))
        return f"{taken_out}\n{finding.remedy}" if taken_out else None
    if not facts or facts[0][::2] != ("column", "type") or not finding.extra:
        return None
    name, kind = facts[0].object, facts[0].value
    table, last = split(name)
    collation = around.wanted["column", name].get("collation")
    collate = f" collate {collation}" if collation else ""
    return (
        f"alter table {table} alter column {last} type {kind}{collate} using {last}::text::{kind};"
    )


def _dropped(difference: Difference) -> str | None:
    """SQL that drops an object which verify's remedies leave to the reader."""
    name = difference.name
    is_known = difference.kind in {"schema", "publication", "server", "user mapping"}
    return f"drop {difference.kind} {name};" if is_known else None


def _special(difference: Difference) -> str | None:
    """What only an undo does, or does differently."""
    kind, name, key = difference.kind, difference.name, difference.key or ""
    if kind == "table" and (key == "partition bound" or key.startswith(_INHERITS)):
        return _partition(difference)
    if kind == "publication":
        return published(difference)
    if key == "populated":
        unfilled = "" if difference.value == "true" else " with no data"
        return f"refresh materialized view {name}{unfilled};"
    if kind == "constraint" and key == "validated" and difference.value == "false":
        return f"{others.drop(difference)}\n{parts.create_constraint(difference)}"
    if key == PLACE:
        return reordered(split(name)[0], difference.around)
    return relabelled(difference) if key == "labels" else None


def _missing(finding: Finding, difference: Difference, stated: _Stated) -> str | None:
    kind, name, around = difference.kind, difference.name, difference.around
    is_generated = kind == "column" and "generated kind" in difference.wanted
    if is_generated and _has_other_types(split(name)[0], around):
        return ""  # nothing could change the types that it depends on
    if kind in {"schema", "publication"}:
        return f"create schema {name};" if kind == "schema" else publication(difference)
    if finding.remedy:
        # A sequence is created before its table; partitions may have the index.
        return _ONLY.sub(r"\1 ON ", _OWNED.sub("", finding.remedy)) if kind in _ALONE else None
    if kind == "grant":
        return None
    if kind == "column" and ("table", split(name)[0]) in around.actual:
        return _column(difference)
    return stated(kind, name)


def _column(difference: Difference) -> str | None:
    """A column at the end; rows need values before it can be NOT NULL."""
    (table, last), wanted = split(difference.name), difference.wanted
    if "type" not in wanted:
        return None
    text = definition(difference.name, wanted)
    if not needs_values(wanted):
        return f"alter table {table} add column {text};"
    nullable = text.removesuffix(" not null")
    return (
        f"alter table {table} add column {nullable};\n"
        f"-- Existing rows need values: write here the statement that fills {last}.\n"
        f"alter table {table} alter column {last} set not null;"
    )


def _has_other_types(table: str, around: Sides) -> bool:
    """Whether columns of a table still have the wrong type."""
    return any(
        split(item[1])[0] == table and properties.get(key) != around.wanted[item].get(key)
        for item, properties in around.actual.items()
        if item[0] == "column" and item in around.wanted
        for key in ("type", "collation")
    )


def _partition(difference: Difference) -> str | None:
    """SQL that attaches a table to its former parent, or detaches it."""
    name, wanted, now = difference.name, difference.wanted, difference.now
    if "partition bound" not in {*wanted, *now}:
        return None
    sql = [
        f"alter table {key.removeprefix(_INHERITS)} detach partition {name};"
        for key in now
        if key.startswith(_INHERITS) and "partition bound" in now
    ]
    made = [
        f"alter table {key.removeprefix(_INHERITS)} attach partition {name}"
        f" {wanted['partition bound']};"
        for key in wanted
        if key.startswith(_INHERITS) and "partition bound" in wanted
    ]
    return "\n".join([*sql, *made])


def _changed(difference: Difference, stated: _Stated) -> str | None:
    """Drop an object without rows, and create it again as in a file."""
    kind, name = difference.kind, difference.name
    if kind == "column":
        table, last = split(name)
        if "generated kind" not in difference.wanted:
            is_made = "generated kind" in difference.now
            return f"alter table {table} alter column {last} drop expression;" if is_made else None
        text = definition(name, difference.wanted)
        away = f"alter table {table} drop column {last};"
        return f"{away}\nalter table {table} add column {text};"
    if kind in {"aggregate", "cast", "event trigger", "collation", "operator"}:
        made = stated(kind, name)
        drop = others.drop(Difference(kind, name, None, {}, None, difference.around))
        return f"{drop}\n{made}" if made and drop else None
    return None
