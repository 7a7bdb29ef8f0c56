"""Tables whose rows give rights by being there, and which only operators write: A is in none."""

from __future__ import annotations

from dataclasses import replace

import psycopg
from psycopg import sql

from arami_db.policies import standings
from arami_db.prove.actors import Actor
from arami_db.prove.scenario import Scenario
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Table

_WHY = (
    "who has a row here comes to others' rows in {}; users cannot write it, so A was given none:"
    " whether operators give one to everybody was not tried"
)


def dismiss(scenario: Scenario, actor: Actor) -> None:
    """Take A out of the tables by which alone, as made, A would come to rows of others.

    Args:
        scenario: in which A has rows.
        actor: A.
    """
    for standing in standings(scenario.schema.policies):
        tables = [
            table
            for path in standing.tables
            if (table := scenario.schema.tables.get(path)) and _is_operators(scenario, table)
        ]
        if not tables or not _is_so(scenario, actor, standing.text):
            continue
        for table in tables:
            reason = _WHY.format(".".join(standing.branch.table))
            scenario.untried.setdefault(table.label, reason)
            scenario.connection.execute(scenario.forgetting(table, scenario.a))
            scenario.maker.made.pop((scenario.a, table.path), None)


def _is_operators(scenario: Scenario, table: Table) -> bool:
    """Whether A has a row that no user writes, no trigger has made, and none refers to."""
    key = (scenario.a, table.path)
    others = scenario.schema.tables.values()
    return (
        key in scenario.maker.made
        and key not in scenario.making.adopted
        and bool(table.direct)
        and not scenario.schema.guard(table.path).promises("authenticated", "insert")
        and not any(k.parent == table.path for t in others for k in t.foreign_keys)
    )


def _is_so(scenario: Scenario, actor: Actor, condition: str) -> bool:
    """What a condition says of A, with all rights to look."""
    try:
        with undone(scenario.connection, "arami_standing"):
            scenario.connection.execute(replace(actor, role="none").become)
            found = scenario.connection.execute(sql.SQL("select ({})").format(sql.SQL(condition)))
            return found.fetchone() == (True,)
    except psycopg.Error:
        if scenario.connection.closed:
            raise
        return False
