"""Tables such as admins: a row there, which only operators write, gives rights. A gets none."""

from __future__ import annotations

from dataclasses import replace

import psycopg
from psycopg import sql

from arami_db.policies import Standing, standings
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.scenario import Scenario
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Table

_WHY = (
    "a row here gives access to others' rows in {}; only operators write it, so A has none; not"
    " tried: operators may give one to every user"
)
_OF_WHAT = (
    "its policy asks whether the caller has a row in {}, but not of which group; it does not say"
    " whether that is meant"
)


def dismiss(scenario: Scenario, actor: Actor) -> None:
    """Remove A from the tables whose rows alone would let A reach rows of others.

    Args:
        scenario: in which A has rows.
        actor: A.
    """
    for standing in standings(scenario.schema.policies):
        _name(scenario, standing)
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


def _name(scenario: Scenario, standing: Standing) -> None:
    """Name a table that members of anything come to: its policy may forget to ask of what."""
    table = scenario.schema.tables.get(standing.branch.table)
    if table is None:
        return
    above = {key.parent for key in table.foreign_keys}
    for path in standing.tables:
        members = scenario.schema.tables.get(path)
        if members and above & {key.parent for key in members.foreign_keys}:
            scenario.untried.setdefault(table.label, _OF_WHAT.format(members.label))


def _is_operators(scenario: Scenario, table: Table) -> bool:
    """Whether A has a row that no user writes, no trigger has made, and none refers to.

    Nor may it say of what A is a member: everybody is one of something.
    """
    key = (scenario.a, table.path)
    others = scenario.schema.tables.values()
    owners = {owner.column for owner in table.direct}
    leads = {name for foreign in table.foreign_keys for name in foreign.columns}
    leads |= {name for one in table.keys if len(one.columns) > 1 for name in one.columns if name}
    return (
        leads <= owners
        and key in scenario.maker.made
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
