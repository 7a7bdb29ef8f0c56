"""Columns."""

from __future__ import annotations

from arami_db.drift.remedies.around import Properties
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import literal, quoted
from arami_db.facts.names import listed, split, unquoted

_MAIN = ("numeric", "inet", "cidr")  # types that Postgres stores in the table if it can


def definition(column: str, wanted: Properties) -> str:
    """A column as CREATE TABLE and ADD COLUMN write it."""
    parts = [split(column)[1], wanted["type"]]
    parts += [f"collate {wanted['collation']}"] if "collation" in wanted else []
    if "generated kind" in wanted:
        parts += [f"generated always as ({wanted.get('default')}) {wanted['generated kind']}"]
    elif "default" in wanted:
        parts += [f"default {wanted['default']}"]
    parts += [f"generated {wanted['identity']} as identity"] if "identity" in wanted else []
    parts += ["not null"] if "not null" in wanted else []
    return " ".join(parts)


def create_column(difference: Difference) -> str | None:
    """Adding a column at the end of its table, with missing ones before it; else None.

    Also None where existing rows could not have it.
    """
    around, (table, last) = difference.around, split(difference.name)
    names = listed(around.wanted.get(("table", table), {}).get("columns", ""))
    if last not in names:
        return None
    place, columns = names.index(last), [("column", f"{table}.{name}") for name in names]
    after = next((i for i, c in enumerate(columns) if around.is_missing(c)), place)
    if any(not around.is_missing(column) for column in columns[after:]):
        return None
    added = [(name, around.wanted["column", name]) for _, name in columns[after : place + 1]]
    if any(needs_values(wanted) for _, wanted in added):
        return None
    return "\n".join(
        f"alter table {table} add column if not exists {definition(name, wanted)};"
        for name, wanted in added
    )


def needs_values(wanted: Properties) -> bool:
    """Whether each row needs a value before the column can be as expected."""
    return "not null" in wanted and not {"default", "identity"} & wanted.keys()


def change_column(difference: Difference) -> str | None:
    """One property of a column."""
    key, wanted, value = difference.key or "", difference.wanted, difference.value
    table, column = split(difference.name)
    change = f"alter table {table} alter column {column}"
    if "generated kind" in {**wanted, **difference.now} and key in {"type", "default", "collation"}:
        return None
    if key == "not null":
        return f"{change} {'set' if value else 'drop'} not null;"
    if key == "default":
        return f"{change} set default {value};" if value else f"{change} drop default;"
    if key in {"type", "collation"} and "type" in wanted:
        collate = f" collate {wanted['collation']}" if "collation" in wanted else ""
        kind = wanted["type"]
        return f"{change} type {kind}{collate} using {column}::{kind};"
    if key == "identity":
        return _identity(difference, change)
    return _kept(key, value, wanted, change)


def _kept(key: str, value: str | None, wanted: Properties, change: str) -> str | None:
    """How the values of a column are stored and sampled."""
    if key == "storage":
        usual = "main" if wanted.get("type", "").startswith(_MAIN) else "extended"
        return f"{change} set storage {value or usual};"
    if key == "compression":
        methods = {"p": "pglz", "l": "lz4", None: "default"}
        return f"{change} set compression {methods.get(value, value)};"
    if key == "statistics target":
        return f"{change} set statistics {value or -1};"
    if key.startswith("option "):
        name = quoted(key.removeprefix("option "))
        return f"{change} set ({name} = {value});" if value else f"{change} reset ({name});"
    return None


def _identity(difference: Difference, change: str) -> str:
    value, (table, column) = difference.value, split(difference.name)
    if value is None:
        return f"{change} drop identity;"
    if difference.actual is not None:
        return f"{change} set generated {value};"
    # A new sequence starts at 1, although rows exist.
    sequence = f"pg_get_serial_sequence({literal(table)}, {literal(unquoted(column))})"
    highest = f"(select coalesce(max({column}), 0) + 1 from {table})"  # noqa: S608 - to be read
    return (
        f"{change} add generated {value} as identity;\n"
        f"select pg_catalog.setval(pg_catalog.{sequence}, {highest}, false);"
    )
