"""Rows that a case asks for in other tables, written with all rights."""

from __future__ import annotations

import secrets
import uuid

import psycopg
from psycopg import sql

from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.predicates import pinpoint
from arami_db.rows.maker import Row, inserting
from arami_db.rows.tables import Path, Table
from arami_db.rows.values import word

LOGINS = ("auth", "users")


def put(scenario: Scenario, path: Path, values: Row, user: str) -> Row:
    """Make a row with given values, with all rights: change the user's row, or insert another one.

    Args:
        scenario: in which A and B have rows.
        path: the table.
        values: what the row must hold.
        user: whose row.

    Raises:
        psycopg.Error: it cannot be made.
    """
    if path not in scenario.schema.tables:
        return _put_outside(scenario, path, values, user)
    table = scenario.schema.tables[path]
    values = {n: v for n, v in values.items() if table.columns[n].writable}
    there = scenario.row(user, path)
    if there is not None and all(there[n] == v for n, v in values.items()):
        return there
    if there is not None:
        try:
            with scenario.connection.transaction():
                update = make.update(table, values, pinpoint(table, there))
                return kept(scenario, table, user, update)
        except psycopg.Error:
            if scenario.connection.closed:
                raise
    return kept(scenario, table, user, inserting(table, another(scenario, table, user, values)))


def _put_outside(scenario: Scenario, path: Path, values: Row, user: str) -> Row:
    """Have the user's row of a table outside the application: the login."""
    if path != LOGINS:
        raise psycopg.errors.NoData(f"rows of {'.'.join(path)} are not made")
    row: Row = {**values, "id": user}
    statement = sql.SQL("insert into auth.users ({}) values ({}) on conflict (id) do update set {}")
    scenario.connection.execute(
        statement.format(
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Literal, row.values())),
            make.assign(row),
        )
    )
    return row


def another(scenario: Scenario, table: Table, user: str, values: Row) -> Row:
    """A row like the user's with other keys, so that no unique key refuses it.

    Args:
        scenario: in which A and B have rows.
        table: the table.
        user: whose row it is like.
        values: what it must hold.
    """
    row = dict(scenario.maker.drafts.get((user, table.path), {}))
    for key in table.keys:
        for name in key.columns:
            column = table.columns.get(name)
            if column is None or name in {owner.column for owner in table.owners}:
                continue
            if any(name in foreign.columns for foreign in table.foreign_keys):
                continue
            if column.type == "uuid":
                row[name] = str(uuid.uuid4())
            elif column.category == "S" and name in row:
                row[name] = word()[: column.length]
            elif column.category == "N" and name in row:
                row[name] = str(secrets.randbelow(30_000))
    return {**row, **values}


def kept(scenario: Scenario, table: Table, user: str, statement: sql.Composable) -> Row:
    """Write a user's row, and remember it.

    Args:
        scenario: in which A and B have rows.
        table: the table.
        user: whose row.
        statement: an insert or an update.

    Returns:
        The row.

    Raises:
        psycopg.Error: it cannot be written.
    """
    written = sql.SQL("{} returning {}").format(statement, table.texts)
    found = scenario.connection.execute(written).fetchone()
    if found is None:
        raise psycopg.errors.NoData("the row was accepted, and no row came of it")
    row = dict(zip(table.columns, found, strict=True))
    scenario.maker.made = {**scenario.maker.made, (user, table.path): row}
    draft = {n: v for n, v in row.items() if table.columns[n].writable}
    scenario.maker.drafts = {**scenario.maker.drafts, (user, table.path): draft}
    return row
