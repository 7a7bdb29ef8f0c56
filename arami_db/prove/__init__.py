"""The proof of row level security: two users get rows, and every actor attacks them.

`schema` reads what can be attacked and `scenario` makes the rows. `attacks`, `branches`, `answers`,
`calls` and `triggers` are five kinds of attack, `verdicts` judges them, and `promises` makes sure
that users can use their own rows. Start with `proving`, which calls them in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

from arami_db.database.connect import Connection, lost
from arami_db.policies import Branch
from arami_db.prove.attempts.model import Attempt
from arami_db.prove.branches.coverage import BranchCoverage
from arami_db.prove.citus import prove_there
from arami_db.prove.proving import attempt_all
from arami_db.prove.scenario import Scenario
from arami_db.prove.schema.exposed import Exposed, exposed
from arami_db.prove.schema.reading import read

__all__ = ["Attempt", "Existence", "Proof", "Untried", "prove"]

_MADE_UP = "called with made-up arguments only: no row of anybody's has their like"
READ_ONLY = "nothing can be tried: the server or its database is read-only; name the primary"


@dataclass(frozen=True)
class Untried:
    """What the proof knows that it has not proved: of what, and why."""

    object: str
    reason: str


@dataclass(frozen=True)
class Existence:
    """What reveals that another user's row exists, and nothing else of it."""

    object: str
    by: str
    how: str


@dataclass(frozen=True)
class Proof:
    """Everything that was tried, and why anything was not.

    Attributes:
        attempts: all that was tried.
        unattempted: what stood in the way of whole tables or roles: the proof fails.
        policies: how many there are.
        branches: how many ways they have of being true.
        untried: branches that were never true, functions without arguments of anybody's.
        oracles: what tells that a row exists.
        public: the tables that a policy opens to everybody, and which.
        called: functions that were called with somebody's values.
        made_up: functions that were called with made-up arguments only.
        objects: what the API exposes.
    """

    attempts: tuple[Attempt, ...]
    unattempted: tuple[str, ...]
    policies: int = 0
    branches: int = 0
    untried: tuple[Untried, ...] = ()
    oracles: tuple[Existence, ...] = ()
    public: tuple[tuple[str, str], ...] = ()
    called: tuple[str, ...] = ()
    made_up: tuple[str, ...] = ()
    objects: tuple[Exposed, ...] = ()

    @property
    def leaks(self) -> tuple[Attempt, ...]:
        """Attempts that reached somebody else's rows."""
        return tuple(attempt for attempt in self.attempts if attempt.leaked)

    @property
    def failures(self) -> tuple[Attempt, ...]:
        """What a user must be able to do with own rows, and could not."""
        return tuple(attempt for attempt in self.attempts if attempt.outcome == "failed")

    @property
    def holds(self) -> bool:
        """Whether nothing leaked, nothing failed and nothing stood in the way."""
        return not (self.leaks or self.failures or self.unattempted)

    @property
    def untried_branches(self) -> int:
        """How many branches were never true."""
        return sum(gap.object.startswith("policy ") for gap in self.untried)

    @property
    def coverage(self) -> str:
        """How many branches were tried, for people."""
        tried = self.branches - self.untried_branches
        return f"policies {self.policies}, branches {tried} of {self.branches} tried"


_NOTHING = "nothing could be tried: run it as the owner of the tables, or as a superuser"

# What could stop or bend it, and what the answers are read by.
_SETTINGS = """
    set local lock_timeout = '3s';
    set local row_security = off;
    set local datestyle = 'ISO, YMD';
    set local intervalstyle = 'postgres';
    set local quote_all_identifiers = off;
    set local search_path = public, extensions;
    set local jit = off;
"""


def prove(
    connection: Connection,
    *,
    on_citus: bool = False,
    begin: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Try to reach one user's rows as everybody else, in a transaction that is rolled back.

    Citus refuses two roles in one transaction: there each role has its own, in which its users make
    the rows; anon, who may not, is tried on rows that are there.

    Args:
        connection: as a superuser, or as the owner of the tables and member of the API roles.
        on_citus: whether the tables are distributed.
        begin: called with each step as it begins, for progress.

    Raises:
        ConnectionFailedError: the connection was lost; the server has rolled back.
    """
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(_SETTINGS)
            if connection.execute("show transaction_read_only").fetchone() == ("on",):
                return Proof((), (READ_ONLY,))
            if not on_citus:
                scenario = Scenario(connection, read(connection), begin=begin)
                return _proof([scenario], attempt_all(scenario))
        return _proof(prove_there(connection, _SETTINGS, begin), None)
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from None
        return Proof((), (f"the proof was cut short: {str(error).strip()}",))


def _proof(scenarios: list[Scenario], coverage: BranchCoverage | None) -> Proof:
    branches = coverage.branches.values() if coverage else ()
    called = {name for scenario in scenarios for name in scenario.called}
    oracles = {key: how for scenario in scenarios for key, how in scenario.oracles.items()}
    public = {name: policy for scenario in scenarios for name, policy in scenario.public.items()}
    attempts = tuple(attempt for scenario in scenarios for attempt in scenario.attempts)
    reasons = dict.fromkeys(reason for one in scenarios for reason in one.unattempted)
    if not attempts and any(scenario.schema.tried for scenario in scenarios):
        reasons |= {_NOTHING: None}
    return Proof(
        attempts,
        tuple(reasons),
        len({(branch.table, branch.policy) for branch in branches}),
        len(branches),
        tuple(dict.fromkeys(_untried(scenarios, coverage, called))),
        tuple(Existence(*key, how) for key, how in oracles.items()),
        tuple(public.items()),
        tuple(sorted(called)),
        tuple(sorted({name for one in scenarios for name in one.made_up} - called)),
        exposed(scenario.schema for scenario in scenarios),
    )


def _untried(
    scenarios: list[Scenario], coverage: BranchCoverage | None, called: set[str]
) -> Iterator[Untried]:
    for branch, why in coverage.untried if coverage else ():
        yield Untried(_name(branch), why)
    for scenario in scenarios:
        for name, why in scenario.untried.items():
            yield Untried(name, why)
        for name in scenario.made_up:
            if name not in called:
                yield Untried(name, _MADE_UP)
        for name, why in scenario.failing.items():
            if name not in called and name not in scenario.made_up:
                yield Untried(name, f"every call failed: {why}")


def _name(branch: Branch) -> str:
    """A branch, for people."""
    label = ".".join(branch.table)
    return f"policy {branch.policy} on {label}, {branch.clause}: {branch.text}"
