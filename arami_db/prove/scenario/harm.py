"""Whether a change of B's row does harm, or is a counter or time that a trigger maintains."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg import sql

from arami_db.prove.attempts.actors import RESET, Actor
from arami_db.prove.attempts.model import Attack
from arami_db.prove.attempts.single import perhaps
from arami_db.prove.scenario.two_users import TwoUsers
from arami_db.prove.schema.predicates import pinpoint
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Table

_KINDS = {"N", "D"}  # numbers, dates and times, as Postgres has categories of types
_PEOPLE = ("anon", "authenticated")
Rows = dict[str, dict[str, Any]]


def harmed(users: TwoUsers, attack: Attack, changed: tuple[str, ...]) -> tuple[str, ...]:
    """The tables in which B's rows changed by more than a counter or a time.

    On a row that who attacks may read, a trigger may keep a number or a moment: one that nobody may
    write, or one that is not what the attack gave. Of a function callers choose whose row it is.

    Args:
        users: in which B has rows.
        attack: what changed them.
        changed: where.
    """
    tables = [t for t in users.schema.tables.values() if t.label in changed]
    set_off = {table.label for table in users.schema.tried} - {*changed}
    if attack.object not in set_off or len(tables) != len(changed):
        return changed
    compared = _compared(users, attack, tables)
    return (
        tuple(
            table.label
            for table, (is_seen, before, after) in zip(tables, compared, strict=False)
            if not is_seen or not _is_kept(users, attack, table, before, after)
        )
        if compared
        else changed
    )


def changes_of(users: TwoUsers, attack: Attack, changed: tuple[str, ...]) -> str:
    """What became of B's rows: "rows" where any is gone, says something else or has less; "numbers"
    where it has more, or others do; "nothing" where there are more of them.

    Args:
        users: in which B has rows.
        attack: what changed them.
        changed: where.
    """
    tables = [t for t in users.schema.tables.values() if t.label in changed]
    compared = _compared(users, attack, tables)
    if len(compared) != len(changed) or any(b.keys() - a.keys() for _, b, a in compared):
        return "rows"
    each = [
        (table, name, is_seen, value, after[key][name])
        for table, (is_seen, before, after) in zip(tables, compared, strict=True)
        for key, row in before.items()
        for name, value in row.items()
        if after[key][name] != value
    ]
    if any(_is_taken(*change) for change in each):
        return "rows"
    return "numbers" if each else "nothing"


def _is_taken(table: Table, name: str, is_seen: bool, before: object, after: object) -> bool:
    """Whether a change is more than a number or a moment, or makes less what A may not even see."""
    if name in table.leading or table.columns[name].category not in _KINDS:
        return True
    is_less = isinstance(before, int | float) and isinstance(after, int | float) and after < before
    return is_less and not is_seen


def _compared(
    users: TwoUsers, attack: Attack, tables: list[Table]
) -> list[tuple[bool, Rows, Rows]]:
    """Of each table, whether who attacks may read B's row, and B's rows before and after."""
    try:
        with undone(users.connection, "arami_counting"):
            for step in attack.prepare:
                perhaps(users.connection, step)
            before = [_rows(users, table) for table in tables]
            users.connection.execute(attack.actor.become)
            seen = [is_seen(users, attack.actor, table) for table in tables]
            users.connection.execute(sql.SQL("{}").format(attack.statement))
            users.connection.execute(RESET)
            after = [_rows(users, table) for table in tables]
            return list(zip(seen, before, after, strict=True))
    except psycopg.Error:
        if users.connection.closed:
            raise
        return []


def _rows(users: TwoUsers, table: Table) -> Rows:
    """B's rows by their keys."""
    query = sql.SQL("select to_jsonb(t) from {} as t where {}")
    found = users.connection.execute(
        query.format(table.identifier, users.where(table, users.b))
    ).fetchall()
    names = [name for key in table.keys if key.primary for name in key.columns]
    return {json.dumps([row[name] for name in names or row]): row for (row,) in found}


def is_seen(users: TwoUsers, actor: Actor, table: Table) -> bool:
    """Whether an actor, who is acting, may read B's row.

    Args:
        users: in which B has rows.
        actor: who.
        table: whose row.
    """
    row = users.row(users.b, table.path)
    readable = users.schema.guard(table.path).columns(actor.role, "select")
    if row is None or not readable:
        return False
    query = sql.SQL("select 1 from {} where {}")
    return bool(
        perhaps(users.connection, query.format(table.identifier, pinpoint(table, row, readable)))
    )


def _is_kept(users: TwoUsers, attack: Attack, table: Table, before: Rows, after: Rows) -> bool:
    """Whether all rows are there, and only such columns are not as before."""
    if not before.keys() <= after.keys():
        return False
    guard = users.schema.guard(table.path)
    writable = {name for role in _PEOPLE for name in guard.columns(role, "update")}
    given = attack.statement.as_string()
    changes = [
        (name, after[key][name])
        for key, row in before.items()
        for name, value in row.items()
        if after[key][name] != value
    ]
    return bool(changes) and all(
        table.columns[name].category in _KINDS
        and (name not in writable or f"'{value}'" not in given)
        for name, value in changes
    )
