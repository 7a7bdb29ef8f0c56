"""Rows of other tables that the attacker writes with own rights, where a case asks for them."""

from __future__ import annotations

import re

from psycopg import sql

from arami_db.prove.attempts.actors import RESET, Actor
from arami_db.prove.attempts.model import Attack
from arami_db.prove.branches.other_rows import LOGINS, another, put
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.predicates import pinpoint
from arami_db.rows.maker import Row, inserting
from arami_db.rows.tables import Path, Table

_OWN_IN_LOGIN = {"id", "raw_user_meta_data"}  # what people write of themselves, there
_RIGHTS = re.compile(
    r"role|admin|owner|manager|moderator|staff|level|rank|tier|perm|priv|access|can_"
)
_ACCEPTED = (
    "another user made A a member; A can change {} in that row, and then reaches rows of B's; that"
    " may accept an offer, or take a right"
)


def written(scenario: Scenario, path: Path, row: Row, actor: Actor) -> bool:
    """Let the attacker write a row of the attacker's, as the API lets; it is kept.

    Args:
        scenario: in which A and B have rows.
        path: the table.
        row: what the row must hold.
        actor: A.
    """
    if path[0] not in scenario.schema.exposed:
        if path == LOGINS and set(row) <= _OWN_IN_LOGIN:
            put(scenario, path, row, scenario.a)
            return True
        return False
    table = scenario.schema.tables[path]
    for statement in _ways(scenario, table, row, actor):
        write = Attack(actor, "write", table.label, statement, reads=True)
        [(_, result)] = scenario.run([write])
        if result.is_done:
            with scenario.connection.transaction():
                scenario.connection.execute(actor.become)
                scenario.connection.execute(statement)
                scenario.connection.execute(RESET)
            return True
    return False


def _ways(scenario: Scenario, table: Table, row: Row, actor: Actor) -> tuple[sql.Composed, ...]:
    ways: list[sql.Composed] = []
    mine = scenario.row(scenario.a, table.path)
    draft = another(scenario, table, scenario.a, row)
    given = make.allowed(scenario, table, actor.role, "insert", draft)
    if all(given.get(name) == value for name, value in row.items()):
        ways.append(inserting(table, given))
    if all(draft.get(n) == v for n, v in row.items()):
        ways.append(inserting(table, row))
    if mine is not None:
        new = {n: v for n, v in row.items() if mine.get(n) != v}
        if not new:
            ways.insert(0, make.update(table, row, pinpoint(table, mine)))
        else:
            ways.append(make.update(table, new, pinpoint(table, mine)))
    return tuple(ways)


def promoted(scenario: Scenario, path: Path, row: Row, read: Attack) -> bool:
    """Let the attacker, who is a member because somebody added A, change A's row to gain rights.

    To accept an offer is not an attack. It is one where the column is about rights, or where A
    could write the first row, too. Otherwise the table is named as not proved.

    Args:
        scenario: in which A and B have rows.
        path: the table.
        row: what the row must hold.
        read: what shows whether A reaches B's row before.
    """
    table = scenario.schema.tables.get(path)
    if table is None or path[0] not in scenario.schema.exposed:
        return False
    plain = scenario.maker.drafts.get((scenario.a, path), {})
    led = make.identity(
        table, dict.fromkeys(table.columns), [n for k in table.keys for n in k.columns if n]
    )
    may = scenario.schema.guard(path).columns(read.actor.role, "update")
    raised = {n: v for n, v in row.items() if n in may and n not in led and plain.get(n) != v}
    if not raised:
        return False
    start = {n: v for n, v in row.items() if n not in raised}
    begun = written(scenario, path, start, read.actor)
    if begun:
        _taken(scenario, table, start)
    else:
        put(scenario, path, start, scenario.a)
    [(_, seen)] = scenario.run([read])
    if seen.is_done or not written(scenario, path, row, read.actor):
        return False
    if begun or any(map(_RIGHTS.search, raised)):
        return True
    scenario.untried.setdefault(table.label, _ACCEPTED.format(", ".join(raised)))
    return False


def _taken(scenario: Scenario, table: Table, row: Row) -> None:
    """Take the row that A has just written for A's."""
    one = sql.SQL("select {} from {} where {}").format(
        table.texts, table.identifier, pinpoint(table, row, list(row))
    )
    if found := scenario.connection.execute(one).fetchone():
        held = dict(zip(table.columns, found, strict=True))
        scenario.maker.made = {**scenario.maker.made, (scenario.a, table.path): held}
