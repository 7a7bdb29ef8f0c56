"""SQL statements that read and write the rows of a user."""

from __future__ import annotations

from collections.abc import Collection

from psycopg import sql

from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.parts import View
from arami_db.prove.schema.predicates import pinpoint
from arami_db.rows.maker import Row, inserting
from arami_db.rows.tables import Table

_CURSOR = sql.Identifier("arami_prove")
CURRENT = sql.SQL("current of {}").format(_CURSOR)


def assign(row: Row) -> sql.Composed:
    """The assignments of an update."""
    return sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in row.items()
    )


def allowed(scenario: Scenario, table: Table, role: str, privilege: str, row: Row) -> Row:
    """The columns of a row that a role may give; all where it may give none, to be refused."""
    columns = scenario.schema.guard(table.path).columns(role, privilege)
    kept = {name: value for name, value in row.items() if name in columns}
    return kept or row


def insert(scenario: Scenario, table: Table, role: str, row: Row) -> sql.Composed:
    """The insert of a row, as far as a role may give its columns."""
    return inserting(table, allowed(scenario, table, role, "insert", row))


def select(scenario: Scenario, table: Table, role: str, user: str) -> sql.Composed:
    """What reads a user's row, and no other that looks like it."""
    readable = scenario.schema.guard(table.path).columns(role, "select")
    row = scenario.maker.made[user, table.path]
    condition = pinpoint(table, row, readable or None)
    names = sql.SQL(", ").join(map(sql.Identifier, readable)) if readable else sql.SQL("1")
    return sql.SQL("select {} from {} where {}").format(names, table.identifier, condition)


def read_view(scenario: Scenario, view: View, role: str) -> sql.Composed:
    """What reads all that a role may read of a view."""
    readable = scenario.schema.guard((view.schema, view.name)).columns(role, "select")
    columns = sql.SQL(", ").join(map(sql.Identifier, readable))
    name = sql.Identifier(view.schema, view.name)
    return sql.SQL("select {} from {} limit 1").format(columns, name)


def update(table: Table, row: Row, where: sql.Composable) -> sql.Composed:
    """An update of a table."""
    return sql.SQL("update {} set {} where {}").format(table.identifier, assign(row), where)


def delete(table: Table, where: sql.Composable) -> sql.Composed:
    """A delete from a table."""
    return sql.SQL("delete from {} where {}").format(table.identifier, where)


def point(scenario: Scenario, table: Table, user: str) -> sql.Composable:
    """Put a cursor on a user's row: what follows needs no right to read, and touches no other."""
    script = sql.SQL("declare {0} cursor for select from {1} where {2}; fetch {0}")
    where = scenario.pinpoint(table, user)
    return scenario.acting(user, script.format(_CURSOR, table.identifier, where))


def changed_column(scenario: Scenario, table: Table, role: str) -> str:
    """A column to update: one the role may, and that no key holds, if there is one."""
    columns = scenario.schema.guard(table.path).columns(role, "update") or list(table.columns)
    writable = [name for name in columns if table.columns[name].writable] or columns
    return next((name for name in writable if name not in table.leading), writable[0])


def identity(table: Table, row: Row, besides: Collection[str] = ()) -> Row:
    """What makes a row its user's: the owners, and the keys to the user's other rows."""
    names = table.referring | {owner.column for owner in table.owners} | set(besides)
    return {name: row[name] for name in names if table.columns[name].writable}
