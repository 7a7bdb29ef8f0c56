"""States of B's rows that a function asks for before it changes them, such as a status."""

from __future__ import annotations

import re
from collections.abc import Iterator

from psycopg import sql

from arami_db.prove.arguments.user_values import MOMENTS
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.parts import ApiFunction
from arami_db.rows.tables import Column, Table

_AGO = "1000 days"
_SAID = r"\b{}\b(?:::\w+)?\s*(?:=|in\s*\()\s*'([^']*)'"


def states(
    scenario: Scenario, function: ApiFunction
) -> Iterator[tuple[str, tuple[sql.Composable, ...]]]:
    """States of B's rows, each with a name and the statements that make it.

    Args:
        scenario: in which B has rows.
        function: the body names the tables.
    """
    body = function.body.lower()
    made: dict[str, list[sql.Composable]] = {"old": [], "later": [], "other": []}
    for table in scenario.schema.tables.values():
        if scenario.row(scenario.b, table.path) is None or not _is_in(table.name, body):
            continue
        where = scenario.pinpoint(table, scenario.b)
        free = [c for c in table.columns.values() if c.writable and c.name not in table.leading]
        moments = [c.name for c in free if c.type in MOMENTS]
        for state, sign in (("old", "-"), ("later", "+")) if moments else ():
            made[state].append(_moved(table, moments, sign, where))
        if said := {c.name: v for c in free for v in _said(c, body)}:
            made["other"].append(make.update(table, said, where))
    made["old other"] = [*made["old"], *made["other"]] if made["old"] and made["other"] else []
    yield from ((state, tuple(steps)) for state, steps in made.items() if steps)


def _moved(table: Table, moments: list[str], sign: str, where: sql.Composable) -> sql.Composed:
    sets = sql.SQL(", ").join(
        sql.SQL("{0} = {0} {1} interval {2}").format(sql.Identifier(n), sql.SQL(sign), _AGO)
        for n in moments
    )
    return sql.SQL("update {} set {} where {}").format(table.identifier, sets, where)


def _said(column: Column, body: str) -> Iterator[str | None]:
    """The value with which a body compares a column."""
    name = re.escape(column.name.lower())
    if column.type == "boolean" and _is_in(column.name, body):
        yield "false" if re.search(rf"\bnot\s+(?:\w+\.)?{name}\b", body) else "true"
    elif found := re.findall(_SAID.format(name), body):
        yield found[-1]  # what is set comes before what is asked
    elif re.search(rf"\b{name}\s+is\s+null\b", body) and not column.required:
        yield None


def _is_in(name: str, body: str) -> bool:
    return re.search(rf"\b{re.escape(name.lower())}\b", body) is not None
