"""The attacks on B's row that a case may let through."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from arami_db.policies import Branch, Case
from arami_db.prove.attacks.direct import takings
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import Attack
from arami_db.prove.branches.existing_rows import is_there
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.secrets import beyond_users
from arami_db.rows.maker import Row
from arami_db.rows.tables import Table


def ends(scenario: Scenario, case: Case, cases: list[Case]) -> list[Row]:
    """What an updated row may become, where the policy has another condition for new rows.

    Args:
        scenario: in which A has rows.
        case: what lets.
        cases: all of the table.
    """
    if case.branch.clause != "using" or not _updates(case.branch):
        return []
    return [
        dict(c.row)
        for c in cases
        if (c.holds and c.branch.clause == "check" and _updates(c.branch))
        and (c.row and c.branch.permissive and not beyond_users(c))
        and all(is_there(scenario, path, dict(row)) for path, row in c.others)
    ]


def _updates(branch: Branch) -> bool:
    return branch.command in {"update", "all"}


def attacks(
    scenario: Scenario, table: Table, case: Case, actor: Actor, ends: list[Row]
) -> Iterator[Attack]:
    """The attacks on B's row that a case may let A do.

    Args:
        scenario: in which the case is real.
        table: the branch's.
        case: the case.
        actor: who tries.
        ends: what rows may become.
    """
    row = scenario.maker.made[scenario.b, table.path]
    name = make.changed_column(scenario, table, actor.role)
    at: tuple[sql.Composable, ...] = (make.point(scenario, table, scenario.b),)
    read = make.select(scenario, table, actor.role, scenario.b)
    update = make.update(table, {name: row[name]}, make.CURRENT)
    yield Attack(actor, "select", table.label, read, reads=True)
    yield Attack(actor, "update blindly", table.label, update, at)
    yield Attack(actor, "delete blindly", table.label, make.delete(table, make.CURRENT), at)
    if case.branch.clause == "using" and _updates(case.branch):
        yield from takings(scenario, table, actor, row)
    draft = scenario.maker.drafts[scenario.b, table.path]
    insert = make.insert(scenario, table, actor.role, draft)
    clear = scenario.clearing(table, scenario.b)
    yield Attack(actor, "insert for B", table.label, insert, clear)
    yield from _ending(scenario, table, actor, ends)
    if case.branch.clause == "check" and scenario.row(scenario.a, table.path):
        new = {n: v for n, v in row.items() if n in make.identity(table, row, case.row)}
        may = make.allowed(scenario, table, actor.role, "update", new) if new else {}
        if not may:
            return
        clear = (*scenario.releasing(table, scenario.a), scenario.forgetting(table, scenario.b))
        give = make.update(table, may, make.CURRENT)
        at = (*clear, make.point(scenario, table, scenario.a))
        yield Attack(actor, "update to B", table.label, give, at)


def _ending(scenario: Scenario, table: Table, actor: Actor, ends: list[Row]) -> Iterator[Attack]:
    """Make B's row one that the condition for new rows lets through."""
    at = (make.point(scenario, table, scenario.b),)
    for row in ends:
        new = {n: v for n, v in row.items() if table.columns[n].writable}
        if may := make.allowed(scenario, table, actor.role, "update", new):
            is_taken = scenario.a in may.values()
            action = "update to A" if is_taken else f"update blindly to {', '.join(may)}"
            update = make.update(table, may, make.CURRENT)
            yield Attack(actor, action, table.label, update, at)


def own_ends(scenario: Scenario, table: Table, actor: Actor, ends: list[Row]) -> Iterator[Attack]:
    """Make A's row one that the condition for new rows lets through, as a change of state does.

    Args:
        scenario: in which A has rows.
        table: the branch's.
        actor: A.
        ends: what rows may become.
    """
    if scenario.row(scenario.a, table.path) is None:
        return
    held = {owner.column for owner in table.owners}
    held |= {name for key in table.keys for name in key.columns}
    for row in ends:
        new = {n: v for n, v in row.items() if table.columns[n].writable and n not in held}
        if new and (may := make.allowed(scenario, table, actor.role, "update", new)):
            update = make.update(table, may, scenario.pinpoint(table, scenario.a))
            yield Attack(actor, "update own", table.label, update)
