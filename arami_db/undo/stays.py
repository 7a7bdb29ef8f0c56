"""What statements do not bring back: rows, values, labels of an enum, what no fact tells of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from arami_db.drift.remedies.around import Objects, Sides, by_object
from arami_db.escape import visible
from arami_db.facts import Fact
from arami_db.facts.names import split, unquoted

if TYPE_CHECKING:
    from arami_db.files.script import Script, Statement

LABEL = re.compile(r"E?'(?:[^']|'')*'")
_RENAMES = re.compile(
    r"^alter (?:table|foreign table|sequence) (\S+) rename (?:column (\S+) )?to (\S+);",
    re.MULTILINE,
)
_WRITES = {
    "insert_stmt": "rows it inserted stay",
    "update_stmt": "what it overwrote stays overwritten",
    "delete_stmt": "rows it deleted stay away",
    "merge_stmt": "rows it changed stay as they are",
    "truncate_stmt": "rows it removed stay away",
    "copy_stmt": "rows it copied stay",
}
_UNSEEN = {
    "do_stmt": "a block",
    "call_stmt": "a procedure",
    "select_stmt": "a query",
}
_MAY = "may have changed rows; if it did, they stay as they are"
_BEYOND = {  # what facts do not tell of
    *("create_role_stmt", "alter_role_stmt", "drop_role_stmt", "alter_role_set_stmt"),
    *("grant_role_stmt", "alter_database_stmt", "alter_database_set_stmt", "alter_system_stmt"),
    *("create_fdw_stmt", "alter_fdw_stmt", "create_foreign_server_stmt"),
    *("alter_foreign_server_stmt", "create_user_mapping_stmt", "alter_user_mapping_stmt"),
    *("drop_user_mapping_stmt", "create_subscription_stmt", "alter_subscription_stmt"),
    *("drop_subscription_stmt", "create_plang_stmt", "create_am_stmt", "create_table_space_stmt"),
    *("import_foreign_schema_stmt", "create_conversion_stmt", "create_transform_stmt"),
    *("alter_tsconfiguration_stmt", "alter_tsdictionary_stmt", "reassign_owned_stmt"),
    *("drop_owned_stmt", "set_operation_stmt"),
}


def set_aside(wanted: frozenset[Fact], now: frozenset[Fact]) -> frozenset[Fact]:
    """What can be reached: an enum keeps the labels that were added to it.

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


def stays(
    script: Script, goal: frozenset[Fact], now: frozenset[Fact], wanted: frozenset[Fact]
) -> list[str]:
    """What a migration did that no statement takes back, a line each.

    Args:
        script: the migration.
        goal: the facts that can be reached.
        now: the facts with the migration.
        wanted: the facts without it.
    """
    before, after = by_object(goal), by_object(now)
    for (kind, name), other in Sides(before, after).renamed.items():  # it gets its name back
        del before[kind, name], after[kind, other]
    lines = [*_labels(goal, wanted), *_emptied(before, after), *_gone(before, after)]
    lines += _converted(before, after)
    return [*lines, *_done(script)]


def _labels(goal: frozenset[Fact], wanted: frozenset[Fact]) -> Iterator[str]:
    was = {fact[:3]: fact for fact in wanted}
    for kind, name, key, value in sorted(goal - wanted):
        known = set(LABEL.findall(was[kind, name, key].value))
        new = ", ".join(label for label in LABEL.findall(value) if label not in known)
        yield f"{kind} {name} keeps the value {new}: Postgres takes none away."


def _emptied(before: Objects, after: Objects) -> Iterator[str]:
    for kind, name in sorted(before.keys() - after.keys()):
        table = split(name)[0]
        if kind == "table":
            yield f"table {name} comes back without the rows it had."
        elif kind == "column" and ("table", table) in after:
            if "generated kind" not in before[kind, name]:
                yield f"column {name} comes back without the values it had."
        elif kind == "sequence":
            yield f"sequence {name} starts anew."


def _gone(before: Objects, after: Objects) -> Iterator[str]:
    for kind, name in sorted(after.keys() - before.keys()):
        is_kept = kind == "column" and ("table", split(name)[0]) in before
        if kind == "table":
            yield f"table {name} goes, with the rows it holds by then."
        elif is_kept and "generated kind" not in after[kind, name]:
            yield f"column {name} goes, with the values it holds by then."


def _converted(before: Objects, after: Objects) -> Iterator[str]:
    for (kind, name), properties in sorted(before.items()):
        now = after.get((kind, name), {})
        is_there = kind == "column" and ("table", split(name)[0]) in after
        if is_there and now.get("type", properties["type"]) != properties["type"]:
            yield (
                f"column {name}: values are cast back from {now['type']}; what the change took from"
                " them stays away, and one that cannot be cast fails the file."
            )


def _done(script: Script) -> Iterator[str]:
    for statement in script.statements:
        which = statement.node.WhichOneof("node") or ""
        if said := _WRITES.get(which):
            yield f"{_place(script, statement)}: {said}."
        elif which in _UNSEEN and not _is_quiet(statement):
            yield f"{_place(script, statement)}: {_UNSEEN[which]}: {_MAY}."
        elif which in _BEYOND:
            first = visible(" ".join(statement.text.split()[:3]))
            yield f"{_place(script, statement)}: {first}: nothing here takes it back."


def guessed(script: Script, statements: Sequence[str]) -> Iterator[str]:
    """Names given back to what may be something else that is alike, and keeps its rows.

    Args:
        script: the migration.
        statements: what takes it back.
    """
    renamed = {
        statement.node.rename_stmt.newname
        for statement in script.statements
        if statement.node.HasField("rename_stmt")
    }
    for sql in statements:
        for table, column, name in _RENAMES.findall(sql):
            now = f"{table}.{column}" if column else table
            last = unquoted(split(now)[1])
            if last not in renamed and not name.endswith(("_before_undo", '_before_undo"')):
                yield f"{now} is taken for what was called {name}, and keeps what is in it now."


def _is_quiet(statement: Statement) -> bool:
    """Whether a query only sets something of the session."""
    return "set_config" in statement.text


def _place(script: Script, statement: Statement) -> str:
    return f"{script.file.label}:{script.file.place(statement.offset)[0]}"
