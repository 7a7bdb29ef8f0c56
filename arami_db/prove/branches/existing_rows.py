"""Use rows that exist already in the place of rows that a case asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from psycopg import sql

from arami_db.policies import Branch
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.predicates import pinpoint
from arami_db.rows.maker import Row
from arami_db.rows.tables import Path, Table

_WHOLE = {"smallint", "integer", "bigint"}


def with_names(row: Mapping[str, str | None], names: Mapping[str, str]) -> Row:
    """A row with other keys in the place of some.

    Args:
        row: the row.
        names: the keys, by those that they stand for.
    """
    return {n: names.get(v, v) if v else v for n, v in row.items()}


def known(scenario: Scenario, branch: Branch, path: Path, row: Row) -> dict[str, str]:
    """The key of a row that a case asks for, and the key of B's row that can take its place.

    It cannot where the branch itself compares the key, or where the key says whose the row is.

    Args:
        scenario: in which B has rows.
        branch: what is to be true.
        path: where.
        row: what is asked of it.
    """
    table, theirs = scenario.schema.tables.get(path), scenario.row(scenario.b, path)
    if table is None or theirs is None:
        return {}
    found = {}
    for key in table.keys:
        if key.primary and len(key.columns) == 1:
            wanted, there = row.get(key.columns[0]), theirs[key.columns[0]]
            is_text = table.columns[key.columns[0]].category == "S"
            is_said = re.search(rf"(?<!\w){re.escape(wanted or '')}(?!\w)", branch.text)
            is_told = is_said or (is_text and scenario.a in (wanted or ""))
            if wanted and there and not is_told:
                found[wanted] = there
    return found


def own_key(scenario: Scenario, path: Path, row: Row) -> dict[str, str]:
    """The key of a row of A's that is to be there, and that of A's row there, which will do.

    Args:
        scenario: in which A has rows.
        path: where.
        row: what is asked of it; a unique column names A, as of a profile.
    """
    table, there = scenario.schema.tables.get(path), scenario.row(scenario.a, path)
    if table is None or there is None:
        return {}
    single = [key for key in table.keys if len(key.columns) == 1]
    if not any(row.get(key.columns[0]) == scenario.a for key in single if not key.primary):
        return {}
    pairs = ((row.get(k.columns[0]), there[k.columns[0]]) for k in single if k.primary)
    return {wanted: held for wanted, held in pairs if wanted and held}


def is_there(scenario: Scenario, path: Path, row: Row) -> bool:
    """Whether A has a row as asked, of which no more is asked than that it is A's: a profile.

    Args:
        scenario: in which A has rows.
        path: where.
        row: what is asked of it.
    """
    table, there = scenario.schema.tables.get(path), scenario.row(scenario.a, path)
    if table is None or there is None or any(there.get(n) != v for n, v in row.items()):
        return False
    single = {key.columns[0] for key in table.keys if len(key.columns) == 1}
    return set(row) <= single and scenario.a in row.values()


def may_meet(scenario: Scenario, table: Table, theirs: Row, path: Path, row: Row) -> bool:
    """Whether A's row could be as a case asks by chance: by the number that the server gives it.

    It could where the number is compared with the number of something else: both count by
    themselves, so that they meet some day, and no operator decides it.

    Args:
        scenario: in which A has rows.
        table: the one that is read.
        theirs: what is asked of B's row there.
        path: where A's row is.
        row: what is asked of it.
    """
    other, mine = scenario.schema.tables.get(path), scenario.row(scenario.a, path)
    if other is None or mine is None or path == table.path:  # there it would be the very row
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
    """Statements that insert A's row again with another number; a row that has it is removed first.

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
