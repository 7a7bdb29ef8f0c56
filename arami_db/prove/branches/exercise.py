"""For each case of a branch: make its rows and claims, let A attack, and record what A reached."""

from __future__ import annotations

import re
from dataclasses import replace

import psycopg
from psycopg import sql

from arami_db.policies import Case, Gap, Policies
from arami_db.prove import promises
from arami_db.prove.attempts.actors import Actor
from arami_db.prove.attempts.model import MEANT, NOBODYS, SHARED, Attack
from arami_db.prove.branches import openings
from arami_db.prove.branches.coverage import BranchCoverage, key_of, measure
from arami_db.prove.branches.setup import Placed, placed
from arami_db.prove.branches.users import actor_of, named
from arami_db.prove.scenario import Scenario
from arami_db.prove.scenario import statements as make
from arami_db.prove.schema.secrets import beyond_users
from arami_db.prove.verdicts.judging import judged
from arami_db.prove.verdicts.public import is_meant
from arami_db.rows.maker import Row
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Path, Table

_OWN_ONLY = "it was true only of rows that A owns as well"
_ADDRESS = re.compile(r"'email'|auth\.email\(")
_BY_ADDRESS = (
    "a user with a matching address may change its rows, which have no owner; the policy does not"
    " say whether that is meant"
)


def open_ones(policies: Policies, coverage: BranchCoverage) -> Policies:
    """The policies with branches of which existing rows did not show enough.

    Args:
        policies: all of them.
        coverage: what was seen.
    """
    kept = tuple(p for p in policies.policies if any(map(coverage.is_open, p.branches)))
    return replace(policies, policies=kept)


def run(scenario: Scenario, coverage: BranchCoverage, cases: list[Case], gaps: list[Gap]) -> None:
    """Make each case that is not covered yet, and let A attack what it opens.

    Args:
        scenario: in which A and B have rows.
        coverage: as begin() has it.
        cases: the cases of policies.
        gaps: the branches that there is no case for.
    """
    for gap in gaps:
        if gap.holds and gap.impossible:
            coverage.refuted.add(key_of(gap.branch))
        elif gap.holds:
            coverage.why.setdefault(key_of(gap.branch), gap.reason)
    every = [named(scenario, case) for case in cases]
    of: dict[Path, list[Case]] = {}
    for case in every:
        of.setdefault(case.branch.table, []).append(case)
    for case in every:
        seen = coverage.seen.get(key_of(case.branch), set())
        if coverage.is_open(case.branch) and (case.holds or False not in seen):
            _try(scenario, coverage, case, openings.ends(scenario, case, of[case.branch.table]))


def _try(scenario: Scenario, coverage: BranchCoverage, case: Case, ends: list[Row]) -> None:
    table = scenario.schema.tables[case.branch.table]
    if scenario.row(scenario.b, table.path) is None:
        coverage.why.setdefault(key_of(case.branch), "no valid row could be made for B")
        return
    actor = actor_of(scenario, case)
    if case.holds and case.branch.clause == "check":
        _change(scenario, table, case, actor)
    kept = dict(scenario.maker.made), dict(scenario.maker.drafts)
    try:
        with undone(scenario.connection, "arami_case"):
            there = placed(scenario, table, case, actor)
            here = replace(coverage, seen={})
            measure(scenario, here, actor, table, there.row, [case.branch])
            coverage.sees(case.branch, *here.seen.get(key_of(case.branch), (None,)))
            if case.holds and True in here.seen.get(key_of(case.branch), set()):
                _attack(scenario, table, case, actor, there, ends)
                _own(scenario, table, case, actor, ends)
                if there.is_own and key_of(case.branch) not in coverage.of_owners:
                    coverage.unproved.add(key_of(case.branch))
                    coverage.why.setdefault(key_of(case.branch), _OWN_ONLY)
    except psycopg.Error as error:
        if scenario.connection.closed:
            raise
        said = str(error).strip().split("\n")[0]
        coverage.why.setdefault(key_of(case.branch), f"the case could not be made: {said}")
        if case.holds:
            coverage.unproved.add(key_of(case.branch))
    finally:
        scenario.maker.made, scenario.maker.drafts = kept


def _change(scenario: Scenario, table: Table, case: Case, actor: Actor) -> None:
    """Try to make B's row, as it is, one that the branch lets through."""
    row = {n: v for n, v in case.row.items() if table.columns[n].writable}
    may = make.allowed(scenario, table, actor.role, "update", row) if row else {}
    if not may or may.keys() - set(row) or scenario.a in str(may) or beyond_users(case):
        return
    at = (make.point(scenario, table, scenario.b),)
    update = make.update(table, may, make.CURRENT)
    action = f"update blindly to {', '.join(may)}"
    judged(scenario, [Attack(actor, action, table.label, update, at)])


def _attack(
    scenario: Scenario,
    table: Table,
    case: Case,
    actor: Actor,
    there: Placed,
    ends: list[Row],
) -> None:
    """Try B's row; a state that only an operator can cause is not a leak."""
    evidence = f"policy {case.branch.policy}: {case.branch.text}"
    beyond = beyond_users(case)
    todo = list(openings.attacks(scenario, table, case, actor, ends))
    for attack, result in scenario.run(todo):
        leak, why = None, _why_not(there, beyond)
        if not there.is_own and not beyond and there.by_attacker and result.sqlstate is None:
            if attack.reads and result.count and there.is_theirs:
                leak = f"{result.count} of B's rows visible"
            elif (
                table.owners and result.changed and (there.is_theirs or "to A" not in attack.action)
            ):
                leak = result.harm
            elif (
                there.is_hidden
                and result.count
                and attack.action in {"insert for B", "update to B"}
            ):
                leak = "a row was written that B may read and A may not"
            elif not table.owners and "blindly" in attack.action and result.count:
                if _ADDRESS.search(case.branch.text):
                    scenario.untried.setdefault(table.label, _BY_ADDRESS)
                else:
                    leak = "changes rows without an owner"
        if leak and attack.reads and is_meant(scenario, table, case.branch):
            leak, why = None, MEANT
        if not leak and result.is_done:
            scenario.kept[table.path, attack.action.split()[0]] = result
        scenario.record(actor, attack.action, table.label, result, leak, evidence, harmless=why)


def _why_not(there: Placed, beyond: str) -> str:
    """Why it does not count as a leak that a case lets A come to its row."""
    if there.is_own:
        return SHARED
    if beyond:
        return beyond
    if not there.by_attacker:
        return "A cannot write the rows elsewhere that the policy asks for"
    return "" if there.is_theirs else NOBODYS


def _own(scenario: Scenario, table: Table, case: Case, actor: Actor, ends: list[Row]) -> None:
    """What A could not do yet with own rows, with the claims and rows of this case."""
    drafts, key = scenario.maker.drafts, (scenario.a, table.path)
    there: tuple[sql.Composable, ...] = ()
    if key in drafts:  # the row that the branch asks for, as far as it can be A's
        mine = {n: v for n, v in case.row.items() if scenario.b not in (v or "")}
        wanted = {n: v for n, v in mine.items() if table.columns[n].writable}
        scenario.maker.drafts = {**drafts, key: {**drafts[key], **wanted}}
        held = {name for one in table.keys if one.primary for name in one.columns}
        if new := {n: v for n, v in wanted.items() if n not in held}:
            there = (make.update(table, new, scenario.pinpoint(table, scenario.a)),)
    open_ = [a for (path, a), r in scenario.kept.items() if path == table.path and not r.is_done]
    todo = [a for a in promises.own(scenario, table, actor) if a.action.split()[0] in open_]
    todo += openings.own_ends(scenario, table, actor, ends) if "update" in open_ else ()
    for place, attack in enumerate(todo):
        if attack.action != "insert own":
            todo[place] = replace(attack, prepare=(*there, *attack.prepare))
    for attack, result in scenario.run(todo):
        promises.keep(scenario, attack, result)
