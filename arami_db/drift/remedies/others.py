"""Remedies for all kinds of objects, and for rare kinds: drops, renames, types, publications."""

from __future__ import annotations

from arami_db.drift.remedies.around import Objects
from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import literal, quoted
from arami_db.drift.remedies.parts import FIRING, holder
from arami_db.facts.names import head, listed, split, unquoted

_ON_TABLE = {"policy", "rule", "trigger"}
_ROWS = {
    "table": " /* its rows go with it */",
    "materialized view": " /* its rows go with it */",
    "column": " /* its values go with it */",
}
_DROPPED = {
    *("table", "view", "materialized view", "foreign table", "sequence", "index", "statistics"),
    *("function", "procedure", "aggregate", "type", "event trigger", "publication", "extension"),
    *("operator", "operator class", "operator family", "collation", "conversion", "cast"),
    *(f"text search {kind}" for kind in ("configuration", "dictionary", "parser", "template")),
}
_RENAMED = {"table", "view", "materialized view", "foreign table", "sequence", "index", "type"} | {
    *("statistics", "function", "procedure", "event trigger", "publication")
}
_OWNED = (_DROPPED | {"schema"}) - {"index", "cast", "extension"}
_DEPENDS, _MEMBER = "depends on extension ", "member of extension "
_FREED = {"function", "procedure", "materialized view", "index"}  # of an extension


def word(kind: str) -> str:
    """The DDL keyword of a kind."""
    return "function" if kind == "window function" else kind


def target(difference: Difference) -> str:
    """An object as COMMENT and SECURITY LABEL write it."""
    kind, name = word(difference.kind), difference.name
    if kind in _ON_TABLE:
        table, last = split(name)
        return f"{kind} {last} on {table}"
    if kind == "constraint":
        return f"constraint {split(name)[1]} on {holder(difference).removeprefix('table ')}"
    return f"{kind} {name}"


def drop(difference: Difference, *, if_exists: bool = False) -> str | None:
    """The statement that drops an object without cascade."""
    kind, name, exists = word(difference.kind), difference.name, " if exists" if if_exists else ""
    table, last = split(name)
    if kind in _ON_TABLE:
        return None if last == '"_RETURN"' else f"drop {kind}{exists} {last} on {table};"
    if kind == "constraint":
        return f"alter {holder(difference)} drop constraint{exists} {last};"
    if kind == "column":
        return f"alter table {table} drop column{exists} {last}{_ROWS[kind]};"
    if difference.now.get("kind") == "m" or kind not in _DROPPED:
        return None
    if "added to pg_catalog" in difference.now and not split(head(name))[0]:
        name = f"pg_catalog.{name}"
    name = quoted(name) if kind == "extension" else name
    kept = [change_any(difference.about(key)) for key in difference.now if key.startswith(_MEMBER)]
    return "\n".join([*filter(None, kept), f"drop {kind}{exists} {name}{_ROWS.get(kind, '')};"])


def rename(difference: Difference) -> str | None:
    """The statement that renames an object back."""
    kind, renamed = difference.kind, difference.around.renamed
    name = difference.name
    if not difference.wanted:
        name = next((n for (k, n), o in renamed.items() if (k, o) == (kind, name)), "")
    if (kind, name) not in renamed:
        return None
    other, last = renamed[kind, name], split(head(name))[1]
    table, now = split(other)
    if kind in {"constraint", "column"}:
        on = holder(difference) if kind == "constraint" else f"table {table}"
        return f"alter {on} rename {kind} {now} to {last};"
    if kind in _ON_TABLE:
        return f"alter {kind} {now} on {table} rename to {last};"
    return f"alter {kind} {other} rename to {last};" if kind in _RENAMED else None


def not_null(difference: Difference, column: str) -> str | None:
    """Making a NOT NULL constraint like that of a column definition (PostgreSQL 18)."""
    (table, last), now = split(column), difference.now["not null"]
    name, alter = split(difference.name)[1], f"alter table {table}"
    usual = quoted(f"{unquoted(split(table)[1])}_{unquoted(last)}_not_null")
    statements = [f"{alter} rename constraint {name} to {usual};"] if name != usual else []
    if ", not valid" in now:
        statements.append(f"{alter} validate constraint {usual};")
    if ", no inherit" in now:
        statements.append(f"{alter} alter constraint {usual} inherit;")
    return "\n".join(statements)


def change_any(difference: Difference) -> str | None:
    """A property that objects of every kind may have."""
    key, value = difference.key or "", difference.value
    kind, name = word(difference.kind), difference.name
    if key == "comment":
        return f"comment on {target(difference)} is {_text(value)};"
    if key == "owner" and kind in _OWNED and value:
        is_public = (kind, name, value) == ("schema", "public", "owner")
        role = "pg_database_owner" if is_public else difference.around.role(value)
        return f"alter {kind} {name} owner to {role};"
    if key.startswith("security label of "):
        provider = key.removeprefix("security label of ")
        return f"security label for {provider} on {target(difference)} is {_text(value)};"
    if key.startswith(_DEPENDS) and (kind in _FREED or kind == "trigger"):
        on = target(difference) if kind == "trigger" else f"{kind} {name}"
        extension = quoted(key.removeprefix(_DEPENDS))
        return f"alter {on} {'' if value else 'no '}depends on extension {extension};"
    if key.startswith(_MEMBER) and value is None:
        return f"alter extension {quoted(key.removeprefix(_MEMBER))} drop {kind} {name};"
    return None


def _text(value: str | None) -> str:
    return "null" if value is None else literal(value)


def create_type(difference: Difference) -> str | None:
    """An enum, a domain or a composite type."""
    name, wanted = difference.name, difference.wanted
    if "labels" in wanted:
        return f"create type {name} as enum ({wanted['labels']});"
    if "base type" in wanted:
        parts = [f"create domain {name} as {wanted['base type']}"]
        parts += [f"collate {wanted['collation']}"] if "collation" in wanted else []
        parts += [f"default {wanted['default']}"] if "default" in wanted else []
        parts += ["not null"] if "not null" in wanted else []
        return " ".join(parts) + ";"
    columns = [f"{name}.{column}" for column in listed(wanted.get("columns", ""))]
    found = [(c, difference.around.wanted.get(("column", c), {})) for c in columns]
    if "composite" not in wanted or any("type" not in column for _, column in found):
        return None
    inside = ", ".join(f"{split(c)[1]} {column['type']}" for c, column in found)
    return f"create type {name} as ({inside});"


def change_type(difference: Difference) -> str | None:
    """The changes that a domain allows in place."""
    key, value, alter = difference.key, difference.value, f"alter domain {difference.name}"
    if "base type" not in difference.wanted:
        return None
    if key == "default":
        return f"{alter} set default {value};" if value else f"{alter} drop default;"
    return f"{alter} {'set' if value else 'drop'} not null;" if key == "not null" else None


def create_schema(_: Difference) -> None:
    """None: a missing schema was renamed, or its contents are lost."""


def create_extension(difference: Difference) -> str:
    """An extension; the default schema is public where there is no schema extensions."""
    schema = difference.wanted.get("schema", "default")
    where = "public" if schema == "default" else quoted(schema)
    return f"create extension {quoted(difference.name)} schema {where};"


def change_extension(difference: Difference) -> str | None:
    """The schema of an extension."""
    if difference.key != "schema" or difference.value is None:
        return None
    schema = "public" if difference.value == "default" else quoted(difference.value)
    return f"alter extension {quoted(difference.name)} set schema {schema};"


def change_event_trigger(difference: Difference) -> str | None:
    """When an event trigger fires."""
    if difference.key != "enabled" or difference.value is None:
        return None
    firing = FIRING[difference.value]
    return f"alter event trigger {difference.name} {firing};"


def unpublish(difference: Difference) -> str | None:
    """Removing the schema's tables from a publication, which may belong to the platform.

    One for all tables can only be re-created, without tables; subscriptions continue by its name.
    """
    name, now = difference.name, difference.now
    if "all tables" in now:
        options = [f"publish = '{now.get('operations', '')}'"]
        options += ["publish_via_partition_root = true"] if "via root" in now else []
        return f"drop publication {name};\ncreate publication {name} with ({', '.join(options)});"
    wanted = difference.around.wanted
    taken = [change_publication(difference.about(key)) for key in now if _is_ours(key, wanted)]
    return "\n".join(filter(None, taken)) or None


def _is_ours(key: str, wanted: Objects) -> bool:
    return key.startswith("schema ") or ("table", key.removeprefix("table ")) in wanted


def change_publication(difference: Difference) -> str | None:
    """The statement that removes a table from a publication."""
    key = difference.key or ""
    kind = "tables in schema" if key.startswith("schema ") else "table"
    if difference.value is not None or not key.startswith(("schema ", "table ")):
        return None
    return f"alter publication {difference.name} drop {kind} {key.split(' ', 1)[1]};"
