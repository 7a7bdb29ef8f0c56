"""Whether a column of A's rows depends on what is in B's rows."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from arami_db.prove.attempts.single import perhaps
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario.harm import is_seen
from arami_db.prove.schema.predicates import pinpoint
from arami_db.prove.triggers.actions import Action
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Table

# Another value of the same type, for as many as a constraint refuses.
_OTHERS = {
    "N": ("{0} + 7", "{0} + 1", "{0} - 1"),
    "D": ("{0} + interval '40 days'", "{0} - interval '40 days'"),
    "B": ("not {0}",),
    "S": ("left(md5({0}), 8)",),
}
Changes = Sequence[Sequence[sql.Composable]]
_State = dict[str, list[str]]


def derived_columns(scenario: Scenario, action: Action) -> list[str]:
    """The columns of A's rows that change when B's rows do.

    Args:
        scenario: in which A and B have rows.
        action: a write of A's that names a row of B's.
    """
    if action.named is None or _is_read(scenario, action, action.named):
        return []
    changes = _changes(scenario, action.named)
    if not changes:
        return []
    once, again = _state(scenario, action, ()), _state(scenario, action, ())
    other = _state(scenario, action, changes)
    same = [name for name, values in once.items() if again.get(name) == values]
    found = [name for name in same if name in other and other[name] != once[name]]
    if found:  # what the change of B's row sets off by itself is not of A's doing
        before = _state(scenario, action, (), is_done=False)
        after = _state(scenario, action, changes, is_done=False)
        found = [name for name in found if before.get(name) == after.get(name)]
    return found


def _is_read(scenario: Scenario, action: Action, table: Table) -> bool:
    """Whether A may read B's row anyway."""
    with undone(scenario.connection, "arami_read"):
        scenario.connection.execute(action.attack.actor.become)
        return is_seen(scenario, action.attack.actor, table)


def _changes(scenario: Scenario, table: Table) -> Changes:
    """By column, the ways of having something else in B's row."""
    row = scenario.row(scenario.b, table.path)
    if row is None or not table.owners:
        return []
    where = pinpoint(table, row)
    return [
        [_change(table, column.name, other, where) for other in _OTHERS[column.category]]
        for column in table.columns.values()
        if column.writable and column.name not in table.leading and column.category in _OTHERS
    ]


def _change(table: Table, name: str, other: str, where: sql.Composable) -> sql.Composable:
    column = sql.Identifier(name)
    value = sql.SQL(other).format(column)
    change = sql.SQL("update {} set {} = {} where {} returning 1")
    return change.format(table.identifier, column, value, where)


def _state(scenario: Scenario, action: Action, changes: Changes, *, is_done: bool = True) -> _State:
    """What A's rows say after the changes, and after the action where it is done, by column."""
    connection, attack = scenario.connection, action.attack
    with undone(connection, "arami_reflected"):
        for step in attack.prepare:
            perhaps(connection, step)
        for ways in changes:
            any(perhaps(connection, way) for way in ways)
        connection.execute(attack.actor.become)
        if is_done:
            perhaps(connection, attack.statement)
        return {k: v for table in action.tables for k, v in _said(scenario, action, table).items()}


def _said(scenario: Scenario, action: Action, table: Table) -> _State:
    readable = scenario.schema.guard(table.path).columns(action.attack.actor.role, "select")
    found: _State = {}
    if table.direct and readable:
        columns = sql.SQL(", ").join(map(sql.Identifier, readable))
        where = scenario.where(table, scenario.a)
        query = sql.SQL("select {} from {} where {}").format(columns, table.identifier, where)
        for row in perhaps(scenario.connection, query):
            for name, value in zip(readable, row, strict=True):
                found.setdefault(f"{table.label}.{name}", []).append(str(value))
    return {name: sorted(values) for name, values in found.items()}
