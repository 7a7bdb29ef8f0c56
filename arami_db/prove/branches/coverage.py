"""Which branches of policies were true or false, and on which rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from arami_db.policies import Branch
from arami_db.prove.attempts.actors import Actor, owner
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.predicates import pinpoint
from arami_db.rows.maker import Row
from arami_db.rows.savepoints import undone
from arami_db.rows.tables import Path, Table

Key = tuple[Path, str, str, str]


def key_of(branch: Branch) -> Key:
    """What tells a branch from others."""
    return (branch.table, branch.policy, branch.clause, branch.text)


@dataclass
class BranchCoverage:
    """Which branches were seen true and false, and why others were not."""

    branches: dict[Key, Branch] = field(default_factory=dict)
    seen: dict[Key, set[bool]] = field(default_factory=dict)
    refuted: set[Key] = field(default_factory=set)
    why: dict[Key, str] = field(default_factory=dict)
    settled: set[Key] = field(default_factory=set)  # true only for the owner, by a column
    of_owners: set[Key] = field(default_factory=set)  # they say whose a row is
    unproved: set[Key] = field(default_factory=set)  # B's row for it could not be made, or is A's

    def sees(self, branch: Branch, value: bool | None) -> None:
        """Note what a branch was on some row."""
        if value is not None:
            self.seen.setdefault(key_of(branch), set()).add(value)

    def is_open(self, branch: Branch) -> bool:
        """Whether a case of the branch may show what the rows that are there did not."""
        key = key_of(branch)
        was_both = len(self.seen.get(key, set())) == len((True, False))
        return key in self.branches and not (was_both and key in self.settled)

    @property
    def untried(self) -> list[tuple[Branch, str]]:
        """The branches that were never true, or never of a row of B's, and why."""
        return [
            (branch, self.why.get(key, "no row and no claims were found that make it true"))
            for key, branch in self.branches.items()
            if key in self.unproved
            or (True not in self.seen.get(key, set()) and key not in self.refuted)
        ]


def begin(scenario: Scenario) -> BranchCoverage:
    """The branches of all that is tried, measured on A's row and on B's.

    Args:
        scenario: in which both have rows.
    """
    tried = {table.path for table in scenario.schema.tried}
    people = {"public", "anon", "authenticated"}
    branches = {
        key_of(branch): branch
        for branch in scenario.schema.policies.branches
        if branch.table in tried and people & set(branch.roles)
    }
    compared = [one for columns in scenario.schema.compared.values() for one in columns]
    direct = [one for one in compared if one.kind == "uid" and not one.via]
    coverage = BranchCoverage(
        branches,
        settled={key_of(branch) for column in direct for branch in column.branches},
        of_owners={key_of(branch) for column in compared for branch in column.branches},
    )
    actor = owner(scenario.a, scenario.claims)
    of: dict[Path, list[Branch]] = {}
    for branch in branches.values():
        of.setdefault(branch.table, []).append(branch)
    for path, its in of.items():
        for user in (scenario.a, scenario.b):
            if row := scenario.row(user, path):
                measure(scenario, coverage, actor, scenario.schema.tables[path], row, its)
    return coverage


def measure(
    scenario: Scenario,
    coverage: BranchCoverage,
    actor: Actor,
    table: Table,
    row: Row,
    branches: list[Branch],
) -> None:
    """Evaluate branches on a row, with the claims of an actor and all rights.

    Args:
        scenario: where the row is.
        coverage: takes the answers down.
        actor: whose claims.
        table: where the row is.
        row: the row.
        branches: of the table.
    """
    claimed = replace(actor, role="none")
    condition = pinpoint(table, row)
    query = sql.SQL("select {} from {} where {}")
    texts = sql.SQL(", ").join(sql.SQL("({})").format(sql.SQL(b.text)) for b in branches)
    try:
        with undone(scenario.connection, "arami_measured"):
            scenario.connection.execute(claimed.become)
            found = scenario.connection.execute(query.format(texts, table.identifier, condition))
            values = found.fetchone() or ()
        for branch, value in zip(branches, values, strict=False):
            coverage.sees(branch, bool(value))
    except psycopg.Error as error:
        if scenario.connection.closed:
            raise
        if len(branches) == 1:
            coverage.why.setdefault(key_of(branches[0]), str(error).strip().split("\n")[0])
            return
        for branch in branches:
            measure(scenario, coverage, actor, table, row, [branch])


def let(scenario: Scenario, coverage: BranchCoverage) -> set[tuple[str, str]]:
    """What A may do by table, as branches that were true say: if it fails, a promise is broken.

    Args:
        scenario: in which it was seen.
        coverage: what was seen.
    """
    found = set()
    for key, branch in coverage.branches.items():
        if branch.permissive and True in coverage.seen.get(key, set()):
            table = scenario.schema.tables[branch.table]
            [policy] = [p for p in scenario.schema.guard(table.path).policies if p.name == key[1]]
            ruling = ["select", "update", "delete"] if branch.clause == "using" else []
            if branch.clause == "check" or policy.check is None:
                ruling.append("insert")
            found |= {(table.label, c) for c in ruling if branch.command in {c, "all"}}
    return found
