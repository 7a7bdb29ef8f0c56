"""What a difference follows from: where that is mended, this is."""

from __future__ import annotations

import re

from arami_db.drift.remedies.around import PARTS, RELATIONS, Object, Sides
from arami_db.drift.remedies.columns import create_column
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import mentions, mentions_column, quoted, replaced
from arami_db.facts.names import head, schema_of, split

_TARGET = re.compile(r"((?:materialized |foreign |window )?[a-z]+) (.*)", re.DOTALL)
_DEFINING = ("definition", "using", "with check")
# What names no schema of its own.
_GLOBAL = {"schema", "extension", "event trigger", "publication", "cast", "default privilege"}


def target_of(grant: str) -> Object:
    """The object that a grant is on."""
    found = _TARGET.fullmatch(grant)
    return (found[1], found[2]) if found else (grant, "")


def cause_of(difference: Difference) -> str | None:
    """What a difference follows from, as "table public.users"; None where it is its own cause."""
    around, kind, name = difference.around, difference.kind, difference.name
    if kind == "grant":
        return _cause_of_grant(difference)
    if kind not in _GLOBAL and around.is_missing(("schema", schema_of(name))):
        return f"schema {schema_of(name)}"
    return (
        _extension(difference)
        or _whole(around, kind, name)
        or _other_object(difference)
        or _other_name(difference)
        or _needed(difference)
    )


def _extension(difference: Difference) -> str | None:
    """An extension that is extra, of an object that came with it."""
    around = difference.around
    for key in difference.now:
        kind, _, name = key.removeprefix("member of ").partition(" ")
        if key.startswith("member of ") and around.is_extra((kind, name)):
            return f"{kind} {name}"
    return None


def _cause_of_grant(difference: Difference) -> str | None:
    around, (kind, name) = difference.around, target_of(difference.name)
    if kind != "schema" and around.is_missing(("schema", schema_of(name))):
        return f"schema {schema_of(name)}"
    if around.is_missing((kind, name)) or around.is_extra((kind, name)):
        return f"{kind} {name}"
    return _whole(around, kind, name) or _of_row_type(around, kind, name)


def _of_row_type(around: Sides, kind: str, name: str) -> str | None:
    return _of_any(around, name, RELATIONS) if kind == "type" else None


def _whole(around: Sides, kind: str, name: str) -> str | None:
    """The relation, or type, that is missing or extra as a whole."""
    relation = around.relation_of(kind, name) if kind in PARTS else None
    return _of_any(around, relation, (*RELATIONS, "type")) if relation else None


def _of_any(around: Sides, name: str, kinds: tuple[str, ...]) -> str | None:
    for kind in kinds:
        if around.is_missing((kind, name)) or around.is_extra((kind, name)):
            return f"{kind} {name}"
    return None


def _other_object(difference: Difference) -> str | None:
    """An index's constraint, a sequence's column, a view's definition."""
    around, kind, name, key = (
        difference.around,
        difference.kind,
        difference.name,
        difference.key,
    )
    if kind == "index" and key in {None, "definition", "unique", "primary", "nulls not distinct"}:
        constraint = around.constraint_of(name)
        return f"constraint {constraint}" if constraint else None
    if kind == "constraint" and "not null" in difference.now:
        named = column_of(difference)
        is_wanted = "not null" in around.wanted.get(("column", named), {})
        return None if is_wanted else f"column {named}"
    if kind == "sequence":
        column = around.identity_of(name)
        if key is None and column:
            return f"column {column}"
        return f"table {split(column)[0]}" if column and key == "owner" else None
    if kind == "column" and key in {None, "type", "collation"}:
        table = split(name)[0]
        views = [v for v in ("view", "materialized view", "type") if (v, table) in around.wanted]
        return f"{views[0]} {table}" if views else None
    return None


def column_of(not_null: Difference) -> str:
    """The column of a NOT NULL constraint."""
    name = not_null.now["not null"].split(", ")[0]
    return f"{split(not_null.name)[0]}.{quoted(name)}"


def _other_name(difference: Difference) -> str | None:
    """Something that was renamed, if a definition differs by its name only."""
    wanted, actual = difference.value, difference.actual
    if wanted is None or actual is None:
        return None
    for (kind, name), other in difference.around.renamed.items():
        old, new = (head(other), head(name))
        if kind == "column":
            old, new = split(old)[1], split(new)[1]
        if replaced(actual, old, new) == wanted:
            return f"{kind} {name}"
    return None


def _needed(difference: Difference) -> str | None:
    """A column that a definition names, or a view does, and that no remedy gives back."""
    if difference.key not in {None, *_DEFINING}:
        return None
    around, wanted = difference.around, difference.wanted
    definition = " ".join(wanted[key] for key in _DEFINING if key in wanted)
    relation = around.relation_of(difference.kind, difference.name)
    for table, columns in around.missing_columns.items():
        if table != relation and not mentions(definition, table):
            continue
        for last in columns:
            column = difference.of("column", f"{table}.{last}")
            if mentions_column(definition, last) and _is_lost(column):
                return f"column {column.name}"
    named = (view for view in around.missing["view"] if mentions(definition, view))
    causes = (_needed(difference.of("view", view)) for view in named if view != difference.name)
    return next(filter(None, causes), None)


def _is_lost(column: Difference) -> bool:
    item = column.kind, column.name
    return item not in column.around.renamed and create_column(column) is None
