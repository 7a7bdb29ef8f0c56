"""Views that read with their owner's rights: A reads a row of B that the view shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
from psycopg import sql

from arami_db.policies import Case, Shown, cases, shown
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Result
from arami_db.prove.attempts.single import asked, perhaps
from arami_db.prove.branches.setup import placed
from arami_db.prove.branches.users import actor_of, named
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.parts import View
from arami_db.prove.schema.predicates import pinpoint
from arami_db.prove.schema.secrets import beyond_users
from arami_db.prove.verdicts.public import PERSONAL
from arami_db.rows.maker import Row
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Table
from arami_db.rows.values import word

_RELATED = (
    "it shows A what is in B's row ({}), which a row of A's leads to: whether that is meant, no"
    " policy says"
)


def run(scenario: Scenario) -> None:
    """Make a row of B's that each such view shows, and let A read the view.

    Args:
        scenario: in which A and B have rows.
    """
    policies = scenario.schema.policies
    for view in scenario.schema.views:
        guard = scenario.schema.guard((view.schema, view.name))
        roles = [r for r in ("authenticated", "anon") if guard.columns(r, "select")]
        if not view.as_owner or not roles:
            continue
        for one in shown(policies.catalog, (view.schema, view.name), (roles[0],)):
            made = cases(scenario.connection, replace(policies, policies=(one.policy,)))
            for case in made.made:
                if case.holds and case.branch.table in scenario.schema.tables:
                    _try(scenario, view, one, named(scenario, case))


def _try(scenario: Scenario, view: View, one: Shown, case: Case) -> None:
    table = scenario.schema.tables[case.branch.table]
    theirs = scenario.row(scenario.b, table.path)
    actor = actor_of(scenario, case)
    if theirs is None or beyond_users(case):
        return
    kept = dict(scenario.maker.made), dict(scenario.maker.drafts)
    try:
        with undone(scenario.connection, "arami_shown"):
            there = placed(scenario, table, case, actor)
            is_theirs = all(there.row[o.column] == theirs[o.column] for o in table.owners)
            if there.is_own or not there.by_attacker or not is_theirs or not table.owners:
                return
            if not _is_read(scenario, table, actor, there.row):
                _judge(scenario, view, case, actor, _seen(scenario, view, one, actor, there.row))
    except psycopg.Error:
        if scenario.connection.closed:
            raise
    finally:
        scenario.maker.made, scenario.maker.drafts = kept


def _judge(scenario: Scenario, view: View, case: Case, actor: Actor, seen: list[str]) -> None:
    """Write down that A saw columns of B's row, or name it where a row of A's leads to it."""
    is_related = any(scenario.a in str(row) for _, row in case.others)
    personal = [name for name in seen if PERSONAL.search(name)]
    if seen and is_related and not personal:
        scenario.untried.setdefault(view.label, _RELATED.format(", ".join(seen)))
    elif seen:
        leak = f"it shows what is in B's row: {', '.join(personal if is_related else seen)}"
        evidence = f"its query: {case.branch.text}"
        scenario.record(actor, "select", view.label, Result(1), leak, evidence)


def _is_read(scenario: Scenario, table: Table, actor: Actor, row: Row) -> bool:
    """Whether the actor may read the row in its table, too."""
    readable = scenario.schema.guard(table.path).columns(actor.role, "select")
    if not readable:
        return False
    where = pinpoint(table, row, readable)
    query = sql.SQL("select 1 from {} where {}").format(table.identifier, where)
    return bool(asked(scenario.connection, actor, query).rows)


def _seen(scenario: Scenario, view: View, one: Shown, actor: Actor, row: Row) -> list[str]:
    """The columns of a row whose values make a difference to what the actor reads in a view."""
    table = scenario.schema.tables[one.policy.table]
    read = sql.SQL("select r::text from ({}) as r").format(_whole(scenario, view, actor))
    before = asked(scenario.connection, actor, read)
    found = []
    for name, change in _changes(table, one, row):
        with undone(scenario.connection, "arami_changed"):
            statement = sql.SQL("{} returning 1").format(change)
            is_done = perhaps(scenario.connection, statement)
            after = asked(scenario.connection, actor, read)
        if is_done and before.sqlstate is None and sorted(after.rows) != sorted(before.rows):
            found.append(name)
    return found


def _whole(scenario: Scenario, view: View, actor: Actor) -> sql.Composed:
    readable = scenario.schema.guard((view.schema, view.name)).columns(actor.role, "select")
    columns = sql.SQL(", ").join(map(sql.Identifier, readable))
    name = sql.Identifier(view.schema, view.name)
    return sql.SQL("select {} from {}").format(columns, name)


def _changes(table: Table, one: Shown, row: Row) -> Iterator[tuple[str, sql.Composed]]:
    """Other values for the columns that are shown; without any, the row away."""
    held = {owner.column for owner in table.owners} | table.referring
    held |= {name for key in table.keys if key.primary for name in key.columns}
    where = pinpoint(table, row)
    names = [n for n in one.columns if n not in held and table.columns[n].category == "S"]
    for name in names:
        value = word()[: table.columns[name].length]
        yield name, make.update(table, {name: value}, where)
    if not names:
        yield ", ".join(one.columns), make.delete(table, where)
