"""The parts of a relation: constraints, indexes, triggers, policies, rules, statistics."""

from __future__ import annotations

import re

from arami_db.drift.remedies.difference import Difference
from arami_db.drift.remedies.names import quoted
from arami_db.facts.names import split, unquoted

FIRING = {
    "origin": "enable",
    "replica": "enable replica",
    "always": "enable always",
    "disabled": "disable",
}
_SILENT = re.compile(r' on ((?:"(?:[^"]|"")*"|[^":,])+): (?:disabled|replica|always)')
_TARGET = re.compile(r"(\d+): (-?\d+)")


def holder(difference: Difference) -> str:
    """The object of a constraint: "table public.users", "domain public.mood"."""
    table = split(difference.name)[0]
    sides = (difference.around.wanted, difference.around.actual)
    return f"{'domain' if any(('type', table) in side for side in sides) else 'table'} {table}"


def create_policy(difference: Difference) -> str:
    """A whole policy."""
    table, policy = split(difference.name)
    wanted, around = difference.wanted, difference.around
    kind = "permissive" if wanted.get("permissive") == "true" else "restrictive"
    roles = ", ".join(around.role(role) for role in wanted.get("roles", "public").split(", "))
    parts = [
        f"create policy {policy} on {table} as {kind}",
        f"for {wanted.get('command', 'all')} to {roles}",
    ]
    parts += [
        f"{clause} {_within(wanted[clause])}"
        for clause in ("using", "with check")
        if clause in wanted
    ]
    return " ".join(parts) + ";"


def _within(expression: str) -> str:
    return expression if expression.startswith("(") else f"({expression})"


def create_by_definition(difference: Difference) -> str | None:
    """An index, trigger, rule or statistics object, as Postgres writes it."""
    definition = difference.wanted.get("definition")
    return f"{definition.rstrip(';')};" if definition else None


def create_constraint(difference: Difference) -> str | None:
    """A constraint of a table or domain."""
    table, last = split(difference.name)
    if column := difference.wanted.get("not null"):
        usual = quoted(f"{unquoted(split(table)[1])}_{column}_not_null")
        rename = f"alter table {table} rename constraint {usual} to {last};"
        return None if ", " in column else rename
    if "definition" not in difference.wanted:
        return None
    definition = difference.wanted["definition"]
    if definition.startswith("TRIGGER"):
        return None
    unproved = " not valid" if difference.wanted.get("validated") == "false" else ""
    return f"alter {holder(difference)} add constraint {last} {definition}{unproved};"


def change_enabled(difference: Difference) -> str | None:
    """When a trigger or rule fires; the caller re-creates its definition."""
    if difference.key != "enabled":
        return None
    table, last = split(difference.name)
    return f"alter table {table} {FIRING[difference.value or 'origin']} {difference.kind} {last};"


def change_constraint(difference: Difference) -> str | None:
    """Whether a constraint is validated, and whether its triggers fire."""
    last = split(difference.name)[1]
    if difference.key == "validated" and difference.value is None:
        return f"alter {holder(difference)} validate constraint {last};"
    if difference.key == "internal triggers":
        return _firing_again(difference)
    return None


def _firing_again(difference: Difference) -> str | None:
    tables = sorted(set(_SILENT.findall(difference.actual or "")))
    if not tables or difference.value is not None:
        return None
    statements = [f"alter table {table} enable trigger all;" for table in tables]
    for (kind, name), properties in difference.around.wanted.items():
        if kind == "trigger" and split(name)[0] in tables and "enabled" in properties:
            statements.append(change_enabled(difference.of(kind, name, "enabled")) or "")
    return "\n".join(statements)


def change_index(difference: Difference) -> str | None:
    """The changes that an index allows in place."""
    key, name, value = difference.key or "", difference.name, difference.value
    if key in {"valid", "ready", "live"}:
        return f"reindex index {name} /* writes wait for it */;"
    if key == "statistics targets":
        targets = dict.fromkeys((n for n, _ in _TARGET.findall(difference.actual or "")), "-1")
        targets.update(_TARGET.findall(value or ""))
        return "\n".join(
            f"alter index {name} alter column {column} set statistics {target};"
            for column, target in targets.items()
        )
    table = difference.around.relation_of("index", name)
    if key == "clustered" and table:
        return f"alter table {table} " + (
            f"cluster on {split(name)[1]};" if value else "set without cluster;"
        )
    if key == "replica identity" and table:
        using = f"using index {split(name)[1]}" if value else "default"
        return f"alter table {table} replica identity {using};"
    return None


def change_statistics(difference: Difference) -> str | None:
    """The statistics target of extended statistics."""
    if difference.key != "target":
        return None
    return f"alter statistics {difference.name} set statistics {difference.value or -1};"
