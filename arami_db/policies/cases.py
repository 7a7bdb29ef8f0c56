"""For each branch a case in which it is true, and one in which it is false."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import psycopg

from arami_db.database.connect import Connection
from arami_db.policies.expressions.claims import claim_of
from arami_db.policies.expressions.splitting import denied
from arami_db.policies.expressions.tree import renamed, walk
from arami_db.policies.model import Branch, Case, Cases, Gap, Policies
from arami_db.policies.owners import owner_columns
from arami_db.policies.requirements import of_victim, restrictive, seen_by_victim, wanted
from arami_db.policies.resolution.checks import Check, checks_of
from arami_db.policies.search.backtracking import Search
from arami_db.policies.search.candidates import is_person, likely_row
from arami_db.policies.search.evaluator import Evaluator
from arami_db.policies.search.goals import Goal, Spot, has_query
from arami_db.policies.search.insert_order import ACCOUNTS, ordered
from arami_db.policies.search.places import ROW, Env, usual_claims
from arami_db.policies.search.worlds import CaseWorld
from arami_db.policies.solver.solving import HOW, ImpossibleError, is_installed, solved
from arami_db.rows.tables import Path

_WORLDS = 24  # measured for one branch
# Conditions that a search looks at: z3 is asked in between, since it knows what can never be.
_QUICK, _THOROUGH = 40, 400
_WAYS = 3  # in which the victim may read the row, tried for one branch
# Whether it is certain, and what it is.
_FIXED = {
    (True, True): "it is always true",
    (True, False): "it is never true",
    (False, True): "it is true now, and asks neither the row nor the user",
    (False, False): "it is false now, and asks neither the row nor the user",
}
_UNTRIED = "no row and claims were found that make it {}"


def cases(connection: Connection, policies: Policies) -> Cases:
    """Make a case of each kind for each branch, and say which there is none for.

    Args:
        connection: to the database; it is left as it was.
        policies: as read() has them.

    Raises:
        psycopg.Error: the connection was lost.
    """
    tables = policies.catalog.tables
    owned = {
        (path, one.column)
        for path, columns in owner_columns(policies).items()
        for one in columns
        if one.kind == "uid" and not one.via and not one.is_element
    }
    accounts = {(path, "id") for path in ACCOUNTS if path in tables}
    with connection.transaction(force_rollback=True):
        maker = _Maker(Evaluator(connection, tables, frozenset(owned | accounts)), policies)
        made = [
            maker.made(branch, holds) for branch in policies.branches for holds in (True, False)
        ]
    return Cases(
        tuple(one for one in made if isinstance(one, Case)),
        tuple(one for one in made if isinstance(one, Gap)),
    )


@dataclass(frozen=True)
class _Maker:
    server: Evaluator
    policies: Policies
    _found: dict[Hashable, CaseWorld | tuple[str, bool]] = field(default_factory=dict)
    _known: dict[Path, list[Check]] = field(default_factory=dict)

    def made(self, branch: Branch, holds: bool) -> Case | Gap:
        """A case of a branch, or why there is none."""
        try:
            return self._made(branch, holds)
        except psycopg.OperationalError:
            raise
        except Exception as error:  # what is not understood is named, and stops nothing
            return Gap(branch, holds, f"it was not understood: {type(error).__name__}: {error}")

    def _made(self, branch: Branch, holds: bool) -> Case | Gap:
        if branch.table not in self.server.tables:
            return Gap(branch, holds, "rows can be made in tables only")
        if self._is_fixed(branch, holds):
            is_certain = not any(one.kind == "call" for one in walk(branch.expression))
            return Gap(branch, holds, _FIXED[is_certain, not holds], is_certain)
        key = self._like(branch, holds)
        if key not in self._found:
            self._found[key] = self._world(branch, holds)
        world = self._found[key]
        if isinstance(world, CaseWorld):
            table = self.server.tables[branch.table]
            return self._case(branch, holds, replace(world, tables={**world.tables, ROW: table}))
        return Gap(branch, holds, *world)

    def _world(self, branch: Branch, holds: bool) -> CaseWorld | tuple[str, bool]:
        """A world for a case; without one why there is none, and whether that is certain."""
        told = "true" if holds else "false"
        try:
            world = (
                next(self._worlds(branch, holds, _QUICK), None)
                or self._solved(branch, holds)
                or next(self._worlds(branch, holds, _THOROUGH), None)
            )
        except ImpossibleError:
            return f"it is proved never to be {told}", True
        if world is not None:
            return world
        reason = _UNTRIED.format(told)
        return (reason if is_installed() else f"{reason}; {HOW}"), False

    def _like(self, branch: Branch, holds: bool) -> Hashable:
        """What a case depends on: where it is the same for two tables, so is the case."""
        row, table = branch.table[1], self.server.tables[branch.table]
        parts = (branch.expression, *restrictive(branch, self.policies))
        inside = [one for part in parts for one in walk(part)]
        # A query may find the very row: what it finds depends on which table that is.
        is_seen = holds and any(seen_by_victim(branch, self.policies))
        if is_seen or any(one.kind in {"star", "opaque"} or has_query(one) for one in inside):
            return (branch, holds)
        names = {one.path[-1] for one in inside if one.kind == "column" and one.path[0] == row}
        columns = [
            (table.columns[name], is_person(table, name, self.server))
            for name in sorted(names & {*table.columns})
        ]
        checks = [check for check, read in self._checks(branch) if names & read]
        asked = tuple(renamed(part, row, "") for part in (*parts, *checks))
        return (asked, len(parts), holds, branch.roles, tuple(columns))

    def _solved(self, branch: Branch, holds: bool) -> CaseWorld | None:
        """A world that z3 finds, which the server confirms as it does every other."""
        if not is_installed():
            return None
        part = branch.expression if holds else denied(branch.expression)
        goals: list[Goal] = [(part, {branch.table[1]: ROW})]
        checks = self._checks(branch)
        read = {one.path[-1] for one in walk(part) if one.kind == "column"}
        touched = [check for check, names in checks if names & read]
        found = solved(self.server, self._begin(branch), goals, touched)
        if found is None:
            return None
        tried = Search(self.server).worlds(*found)
        return next((w for w in tried if self._is_so(branch, w, checks) is holds), None)

    def _begin(self, branch: Branch) -> CaseWorld:
        return CaseWorld({ROW: self.server.tables[branch.table]}, {}, usual_claims(branch.roles))

    def _is_so(self, branch: Branch, world: CaseWorld, checks: list[Check]) -> bool | None:
        """Whether the server says that a branch is true of a row that the table takes."""
        known = tuple(check for check, names in checks if names <= set(world.row(ROW)))
        return self.server.is_true(branch.expression, world, known)

    def _is_fixed(self, branch: Branch, holds: bool) -> bool:
        """Whether a branch asks neither of the row nor of the user, and is the other way."""
        parts = list(walk(branch.expression))
        if any(one.kind in {"column", "star", "opaque"} or claim_of(one) for one in parts):
            return False
        if any(one.query is not None for one in parts):
            return False
        return self.server.is_true(branch.expression, self._begin(branch)) is not holds

    def _case(self, branch: Branch, holds: bool, world: CaseWorld) -> Case:
        others, first = ordered(world, self.server)
        return Case(branch, holds, world.row(ROW), world.claims, others, world.settings, first)

    def _worlds(self, branch: Branch, holds: bool, patience: int) -> Iterator[CaseWorld]:
        """Worlds in which the server says that the branch is true, or that it is not."""
        env = {branch.table[1]: ROW}
        checks = self._checks(branch)
        begins = [self._begin(branch)]
        if holds and branch.permissive and (theirs := of_victim(branch, self.server)):
            begins.insert(0, replace(begins[0], values=theirs))
        if holds and patience == _QUICK and not has_query(branch.expression):
            yield from self._seen(branch, env)
        for asked in wanted(branch, self.policies, holds=holds):
            goals: list[Goal] = [(one, env) for one in asked]
            for begin in begins:
                tried = Search(self.server, patience).worlds(begin, goals)
                for _, world in zip(range(_WORLDS), tried, strict=False):
                    if self._is_so(branch, world, checks) is holds:
                        yield world
        plain = likely_row(branch.expression, Spot(self.server, begins[-1], {branch.table[1]: ROW}))
        if not holds and self._is_so(branch, plain, checks) is holds:
            yield plain

    def _seen(self, branch: Branch, env: Env) -> Iterator[CaseWorld]:
        """Worlds in which the branch is true, and the victim is who may read the row."""
        checks = self._checks(branch)
        for seen in islice(seen_by_victim(branch, self.policies), _WAYS):
            both = (seen, branch.expression)
            for asked in (both, both[::-1]):
                goals = [(one, env) for one in asked]
                tried = Search(self.server, _QUICK).worlds(self._begin(branch), goals)
                for _, world in zip(range(_WORLDS), tried, strict=False):
                    if all(self._is_so(replace(branch, expression=e), world, checks) for e in both):
                        yield world

    def _checks(self, branch: Branch) -> list[Check]:
        if branch.table not in self._known:
            table = self.server.tables[branch.table]
            self._known[branch.table] = checks_of(table, self.policies.catalog)
        return self._known[branch.table]
