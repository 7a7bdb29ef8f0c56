"""Numbers that count by themselves: two of them meet by chance, and no operator decides it."""

from __future__ import annotations

from psycopg import sql

from arami_db.prove import statements as make
from arami_db.prove.scenario import Scenario
from arami_db.prove.whose import pinpoint
from arami_db.rows.maker import Row
from arami_db.rows.tables import Path, Table

_WHOLE = {"smallint", "integer", "bigint"}


def may_meet(scenario: Scenario, table: Table, theirs: Row, path: Path, row: Row) -> bool:
    """Whether A's row elsewhere could be as asked by nothing but its number.

    It could where the number is compared with the number of something else.

    Args:
        scenario: in which A has rows.
        table: the one that is read.
        theirs: what is asked of B's row there.
        path: where A's row is.
        row: what is asked of it.
    """
    other, mine = scenario.schema.tables.get(path), scenario.row(scenario.a, path)
    if other is None or mine is None:
        return False
    asked = [name for name, value in row.items() if mine.get(name) != value]
    if len(asked) != 1 or not _counts(other, asked[0]):
        return False
    same = [name for name, value in theirs.items() if value and value == row[asked[0]]]
    leads = {n: key.parent for key in table.foreign_keys for n in key.columns}
    return any(leads[n] != path if n in leads else _counts(table, n) for n in same)


def _counts(table: Table, name: str) -> bool:
    """Whether a column is a number that the server gives to each row."""
    column = table.columns[name]
    is_led = any(name in key.columns for key in table.foreign_keys)
    is_key = any(key.primary and key.columns == (name,) for key in table.keys)
    return is_key and not is_led and column.type in _WHOLE and column.default


def met(scenario: Scenario, path: Path, row: Row) -> sql.Composable:
    """What inserts A's row again, by another number; who has that number makes room.

    Args:
        scenario: in which A has a row there.
        path: where.
        row: what is asked of it.
    """
    table, mine = scenario.schema.tables[path], scenario.maker.made[scenario.a, path]
    new: Row = {**scenario.maker.drafts[scenario.a, path], **row}
    asked = {name: value for name, value in row.items() if mine.get(name) != value}
    for where in (pinpoint(table, mine), pinpoint(table, asked)):
        scenario.connection.execute(make.delete(table, where))
    return sql.SQL("insert into {} ({}) overriding system value values ({})").format(
        table.identifier,
        sql.SQL(", ").join(map(sql.Identifier, new)),
        sql.SQL(", ").join(map(sql.Literal, new.values())),
    )
