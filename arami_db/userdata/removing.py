"""Deleting all rows about a person, and the proof that none is left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg.sql import SQL, Composed, Identifier

from arami_db.database.connect import Connection, query
from arami_db.errors import AramiError
from arami_db.userdata.conditions import Conditions, source
from arami_db.userdata.model import UserTable


def remove(connection: Connection, conditions: Conditions) -> dict[UserTable, int]:
    """Delete all rows that go with a person, and prove that no row names them any more.

    Args:
        connection: in a transaction, with login and profile locked.
        conditions: those of erasing.

    Returns:
        Of each log, how many lines went that were there before.

    Raises:
        AramiError: a row would be left.
        psycopg.Error: the server refused something.
    """
    holdings = conditions.holdings
    ids = _delete(connection, conditions, holdings.reached)
    # Rows that no key leads to, copies that a trigger has just made among them.
    ids += _delete(connection, conditions, _left(connection, conditions))
    logs = [table for table in holdings.asked if table.is_log]
    lines = {log: _forget(connection, conditions, log, ids) for log in logs}
    for table in _left(connection, conditions):
        _clear(connection, conditions, table)
    connection.execute("set constraints all immediate")
    _require_nothing(_left(connection, conditions))
    return lines


def _delete(
    connection: Connection, conditions: Conditions, tables: Iterable[UserTable]
) -> list[Any]:
    """Delete all rows that go with the person, and return the ids that they had.

    One statement, in which every part sees the rows as they were, so that no order matters, not
    even where tables refer to each other in a circle: Postgres asks at its end what refers to what.

    Raises:
        AramiError: a trigger or a rule kept rows.
    """
    logs = conditions.holdings.logs
    # Where this role may not delete, a key's cascade may: what that leaves, the proof finds.
    deletable = [table for table in tables if table.may_delete and table not in logs]
    if not deletable:
        return []
    pairs = [_deletion(conditions, table, number) for number, table in enumerate(deletable)]
    parts, asked = zip(*pairs, strict=True)
    statement = SQL("with {} {}").format(SQL(", ").join(parts), SQL(" union all ").join(asked))
    found = connection.execute(statement).fetchall()
    if kept := [table for table, before, went, _ in found if went < before]:
        raise AramiError(
            f"rows of {', '.join(kept)} were not deleted: a trigger or a rule keeps them, or"
            " somebody else has just changed them; nothing was erased",
            hint="Run it again; if it says the same, see the triggers of that table.",
        )
    return [one for *_, ids in found for one in ids if one is not None]


def _deletion(conditions: Conditions, table: UserTable, number: int) -> tuple[Composed, Composed]:
    """The parts of a statement that delete a table's rows, and what asks how many they were."""
    rows, theirs = source(table, "a"), conditions.theirs(table)
    before, gone = Identifier(f"before_{number}"), Identifier(f"gone_{number}")
    own_id = SQL("a.id" if table.has_id else "null::uuid")
    part = SQL(
        "{before} as (select count(*) from {rows} where {theirs}),"
        " {gone} as (delete from {rows} where {theirs} returning {own_id} as id)"
    )
    asked = SQL(
        "select {name}, (table {before}), (select count(*) from {gone}), array(table {gone})"
    )
    return (
        part.format(before=before, gone=gone, rows=rows, theirs=theirs, own_id=own_id),
        asked.format(name=str(table), before=before, gone=gone),
    )


def _forget(connection: Connection, conditions: Conditions, log: UserTable, ids: list[Any]) -> int:
    """Delete a log's lines about the person's rows, and say how many were there before.

    The others are those of this very deletion. Where the log says whose a row was, in user_id, so
    go lines about rows that were deleted long ago.
    """
    whose = conditions.says_theirs(log)
    if log.says_whose:
        statement = SQL("delete from {} where {}").format(source(log, "a"), whose)
        return connection.execute(statement).rowcount
    statement = SQL(query("userdata_forget")).format(source(log, "a"), whose)
    return int(connection.execute(statement, {"ids": ids}).fetchall()[0][0])


def _clear(connection: Connection, conditions: Conditions, table: UserTable) -> None:
    """Take the person's id out of rows that are somebody else's."""
    others = SQL("true") if table in conditions.holdings.logs else conditions.names_others(table)
    for column in conditions.holdings.claims(table):
        claimed = SQL("{} and {}").format(conditions.claimed(column), others)
        values = [source(table, "a"), Identifier(column.name), claimed]
        statement = SQL("update {} set {} = null where {}")
        if column.required and table in conditions.holdings.logs:
            statement, values = SQL("delete from {} where {}"), [values[0], claimed]
        connection.execute(statement.format(*values))


def _left(connection: Connection, conditions: Conditions) -> dict[UserTable, int]:
    """How many rows of which tables name the person, by a key or by their id in a column."""
    asked = [
        SQL("select {}, count(*) from {} where {} having count(*) > 0").format(
            table.oid, source(table, "a"), conditions.named(table)
        )
        for table in conditions.holdings.asked
    ]
    found = connection.execute(SQL(" union all ").join(asked)).fetchall()
    return {conditions.holdings.tables[oid]: rows for oid, rows in found}


def _require_nothing(left: dict[UserTable, int]) -> None:
    """The proof: no row names the person any more.

    Raises:
        AramiError: some do.
    """
    if left:
        named = ", ".join(f"{table} ({rows})" for table, rows in left.items())
        raise AramiError(
            f"rows that name this person would be left, so nothing was erased: {named}",
            hint="A trigger has put them there or kept them, one behind a key is disabled, or this"
            " role may not delete them.",
        )
