"""The ground for an attack: what must be in place or gone, lest keys stop what policies must."""

from __future__ import annotations

from psycopg import sql

from arami_db.prove.stage import Stage
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table

CURSOR = sql.Identifier("arami_prove")


def assign(row: Row) -> sql.Composed:
    """The assignments of an update."""
    return sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in row.items()
    )


def changed_column(stage: Stage, table: Table, role: str) -> str:
    """A column to update: one the role may, and that no key holds, if there is one."""
    allowed = stage.privileged(table.path, role, "update") or list(table.columns)
    held = {name for key in table.keys for name in key.columns}
    held |= {name for key in table.foreign_keys for name in key.columns}
    writable = [name for name in allowed if table.columns[name].writable] or allowed
    return next((name for name in writable if name not in held), writable[0])


def forget_children(stage: Stage, table: Table, user: str) -> None:
    """Delete a user's rows that refer to a table, lest keys protect what policies must."""
    for child in stage.catalog.owned:
        if child.path != table.path and any(k.parent == table.path for k in child.foreign_keys):
            stage.forget(child, user)


def point(stage: Stage, table: Table, user: str) -> None:
    """Put a cursor on a row: what follows needs no right to read, and touches no other row."""
    stage.act_for(user)
    script = sql.SQL("declare {0} cursor for select from {1} where {2}; fetch {0}")
    stage.connection.execute(script.format(CURSOR, table.identifier, stage.pinpoint(table, user)))


def clear(stage: Stage, table: Table) -> None:
    """Delete A's row, so that another of A's fits; not the account, all hangs on it."""
    if table.name != "users":
        stage.forget(table, stage.a)


def clear_for_giving(stage: Stage, table: Table) -> None:
    """Make room for A's row to become B's, and point at it."""
    forget_children(stage, table, stage.a)
    stage.forget(table, stage.b)
    point(stage, table, stage.a)


def clear_for_taking(stage: Stage, table: Table) -> None:
    """Make room for B's row to become A's, and point at it."""
    forget_children(stage, table, stage.b)
    stage.forget(table, stage.a)
    point(stage, table, stage.b)
