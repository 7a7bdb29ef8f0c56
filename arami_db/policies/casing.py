"""Cases: for each branch a world in which it is true, and one in which it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

from arami_db.database.connect import Connection
from arami_db.policies.claims import claim_of
from arami_db.policies.measuring import Server
from arami_db.policies.model import Branch, Case, Cases, Gap, Policies, Policy
from arami_db.policies.owners import owner_columns
from arami_db.policies.parents import ACCOUNTS, ordered
from arami_db.policies.parsing import expression
from arami_db.policies.places import ROW, usual_claims
from arami_db.policies.resolving import of_policy, resolved
from arami_db.policies.solver import HOW, ImpossibleError, is_installed, solved
from arami_db.policies.solving import Search
from arami_db.policies.splitting import denied
from arami_db.policies.spots import Goal
from arami_db.policies.tree import Expr, joined, mapped, walk
from arami_db.policies.worlds import World
from arami_db.rows.tables import Check, Path

_WORLDS = 24  # measured for one branch
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
    server = Server(connection, tables, frozenset(owned | accounts))
    maker = _Maker(server, policies)
    with connection.transaction(force_rollback=True):
        made = [
            maker.made(branch, holds) for branch in policies.branches for holds in (True, False)
        ]
    return Cases(
        tuple(one for one in made if isinstance(one, Case)),
        tuple(one for one in made if isinstance(one, Gap)),
    )


@dataclass(frozen=True)
class _Maker:
    server: Server
    policies: Policies
    _known: dict[Path, list[tuple[Expr, set[str]]]] = field(default_factory=dict)

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
        wanted = "true" if holds else "false"
        try:
            world = next(self._worlds(branch, holds), None) or self._solved(branch, holds)
        except ImpossibleError:
            return Gap(branch, holds, f"it is proved never to be {wanted}", impossible=True)
        if world is None:
            reason = _UNTRIED.format(wanted)
            return Gap(branch, holds, reason if is_installed() else f"{reason}; {HOW}")
        return self._case(branch, holds, world)

    def _solved(self, branch: Branch, holds: bool) -> World | None:
        """A world that z3 finds, which the server confirms as it does every other."""
        if not is_installed():
            return None
        part = branch.expression if holds else denied(branch.expression)
        goals: list[Goal] = [(part, {branch.table[1]: ROW})]
        checks = self._checks(branch.table)
        read = {one.path[-1] for one in walk(part) if one.kind == "column"}
        touched = [check for check, names in checks if names & read]
        found = solved(self.server, self._begin(branch), goals, touched)
        if found is None:
            return None
        tried = Search(self.server).worlds(*found)
        return next((w for w in tried if self._is_so(branch, w, checks) is holds), None)

    def _begin(self, branch: Branch) -> World:
        return World({ROW: self.server.tables[branch.table]}, {}, usual_claims(branch.roles))

    def _is_so(
        self, branch: Branch, world: World, checks: list[tuple[Expr, set[str]]]
    ) -> bool | None:
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

    def _case(self, branch: Branch, holds: bool, world: World) -> Case:
        others, first = ordered(world, self.server)
        return Case(branch, holds, world.row(ROW), world.claims, others, world.settings, first)

    def _worlds(self, branch: Branch, holds: bool) -> Iterator[World]:
        """Worlds in which the server says that the branch is true, or that it is not."""
        env = {branch.table[1]: ROW}
        checks = self._checks(branch.table)
        for wanted in self._wanted(branch, holds):
            goals: list[Goal] = [(one, env) for one in wanted]
            tried = Search(self.server).worlds(self._begin(branch), goals)
            for _, world in zip(range(_WORLDS), tried, strict=False):
                if self._is_so(branch, world, checks) is holds:
                    yield world
        if not holds and self._is_so(branch, self._begin(branch), checks) is holds:
            yield self._begin(branch)

    def _wanted(self, branch: Branch, holds: bool) -> Iterator[tuple[Expr, ...]]:
        """What must be true: for a branch to hold, what restrictive policies ask besides, too."""
        part = branch.expression
        if holds:
            besides = self._restrictive(branch) if branch.permissive else ()
            if besides:
                yield (part, *besides)
            yield (part,)
            return
        parts = part.args if part.kind == "and" else (part,)
        for place, one in enumerate(parts):  # all but one stays true
            yield (*parts[:place], *parts[place + 1 :], denied(one))
        if parts[1:]:
            yield (denied(joined("and", parts)),)

    def _restrictive(self, branch: Branch) -> tuple[Expr, ...]:
        def is_asked(policy: Policy) -> bool:
            commands = {branch.command, policy.command}
            return not policy.permissive and (len(commands) == 1 or "all" in commands)

        found = []
        for policy in filter(is_asked, self.policies.of(branch.table)):
            clause = (policy.check or policy.using) if branch.clause == "check" else policy.using
            if clause is not None:
                found.append(joined("or", tuple(one.expression for one in clause.branches)))
        return tuple(found)

    def _checks(self, path: Path) -> list[tuple[Expr, set[str]]]:
        """The table's own checks, and the columns of each."""
        if path not in self._known:
            table = self.server.tables[path]
            scope = of_policy(self.policies.catalog, path)
            self._known[path] = [
                (resolved(part, scope), names)
                for check in table.checks.values()
                for part, names in _rules(check)
            ]
        return self._known[path]


def _rules(check: Check) -> Iterator[tuple[Expr, set[str]]]:
    """A table's check, or that of a domain for each column of it, and the columns it reads."""
    if not check.definition.startswith("CHECK"):
        return
    part = expression(check.definition[5:].strip())
    value = Expr("column", path=("value",))
    if value not in walk(part):
        yield part, set(check.columns)
        return
    for name in check.columns:
        yield _put(part, value, Expr("column", path=(name,))), {name}


def _put(part: Expr, old: Expr, new: Expr) -> Expr:
    return new if part == old else mapped(part, lambda one: _put(one, old, new))
