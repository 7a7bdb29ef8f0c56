"""Who may do what with a relation: grants first, then the policies of row level security."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arami_db.docs.parts import Access, Answer, Cell
from arami_db.docs.predicates import NO, PERHAPS, YES, Reading, both, either
from arami_db.docs.words import Words, joined, listed

COMMANDS = ("select", "insert", "update", "delete")
# Roles of Postgres's own with rights on every table, and the use of every schema.
_EVERYWHERE = {("pg_read_all_data", "select")} | {
    ("pg_write_all_data", command) for command in COMMANDS[1:]
}


@dataclass(frozen=True)
class Role:
    """A role: whose rights it has, itself included, and whether policies hold it back."""

    name: str
    acts_as: frozenset[str]
    bypasses: bool


@dataclass(frozen=True)
class Rule:
    """A policy as far as access is concerned: what it reads, and what it writes by."""

    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: Reading
    check: Reading


@dataclass(frozen=True)
class Grants:
    """What roles were granted on a relation.

    Attributes:
        whole: roles and privileges on all of it.
        columns: for role and privilege, the columns it was granted on.
        usage: the roles that may use its schema.
        owner: the role that may do everything with it.
        forced: whether policies hold the owner back, too.
    """

    whole: frozenset[tuple[str, str]]
    columns: Mapping[tuple[str, str], tuple[str, ...]]
    usage: frozenset[str]
    owner: str | None = None
    forced: bool = False

    def whole_for(self, role: Role) -> set[str]:
        """The privileges that a role has on all of it."""
        own = set(COMMANDS) if self.owner in role.acts_as else set[str]()
        held = self.whole | _EVERYWHERE
        return own | {privilege for name, privilege in held if name in role.acts_as}


def matrix(
    roles: Iterable[Role], grants: Grants, rules: tuple[Rule, ...] | None, *, is_view: bool
) -> tuple[Access, ...]:
    """What each role may do; for who is signed in, with rows of theirs and of others.

    Args:
        roles: those asked for.
        grants: what they were granted.
        rules: the policies; None where row level security is off.
        is_view: whether it is a view, whose rows are whatever it shows.

    Returns:
        A row for each, and two for who is signed in where rows may be theirs.
    """
    found = []
    for role in roles:
        is_user = role.name == "authenticated" and not is_view
        for view, who in (
            (("own", "signed-in user, own rows"), ("others", "signed-in user, others' rows"))
            if is_user
            else (("anybody", role.name),)
        ):
            cells = tuple(_cell(role, one, grants, rules, view) for one in COMMANDS)
            found.append(Access("signed-in user" if who == "authenticated" else who, cells))
    return tuple(found)


def _cell(
    role: Role, command: str, grants: Grants, rules: tuple[Rule, ...] | None, view: str
) -> Cell:
    everywhere = {name for name, _ in _EVERYWHERE}
    if not role.acts_as & (grants.usage | everywhere | {grants.owner}):
        return Cell(NO)
    condition: Words = ()
    if command not in grants.whole_for(role):
        columns = {c for name in role.acts_as for c in grants.columns.get((name, command), ())}
        if not columns:
            return Cell(NO)
        condition = ("only ", *listed(sorted(columns)))
    is_owner = grants.owner in role.acts_as and not grants.forced
    if rules is None or role.bypasses or is_owner:
        return Cell(YES, condition)
    answer, given = _by_policies(role, command, rules, view)
    if answer is NO:
        return Cell(NO)
    if answer is PERHAPS:
        condition = joined((one for one in (condition, given) if one), ", ")
    return Cell(answer, condition)


def _by_policies(
    role: Role, command: str, rules: tuple[Rule, ...], view: str
) -> tuple[Answer, Words]:
    """What policies leave of a grant, one that permits and all that restrict, and under which
    condition.
    """
    mine = [
        rule
        for rule in rules
        if rule.command in {command, "all"} and role.acts_as & set(rule.roles)
    ]
    allowed = NO
    for rule in mine:
        if rule.permissive:
            allowed = either(allowed, _answer(rule, command, view, role))
    for rule in mine:
        if not rule.permissive:
            allowed = both(allowed, _answer(rule, command, view, role))
    return allowed, _given(mine[0], command) if len(mine) == 1 and view == "own" else ()


def _answer(rule: Rule, command: str, view: str, role: Role) -> Answer:
    """Whether a policy lets rows through."""
    if command == "insert":
        return _whose(rule.check, view, role)
    found = _whose(rule.using, view, role)
    if command != "update" or found is NO:
        return found
    # A row that is found may be given to somebody else, where the check lets it.
    return found if _whose(rule.check, view, role) is YES else PERHAPS


def _given(rule: Rule, command: str) -> Words:
    """What has to be so of own rows, where a policy says that of those read and written alike."""
    parts = {"insert": {rule.check.besides}, "update": {rule.using.besides, rule.check.besides}}
    found = parts.get(command, {rule.using.besides})
    words = found.pop()
    return ("where ", *words) if words and not found else ()


def _whose(reading: Reading, view: str, role: Role) -> Answer:
    # Of a role other than the API's it is not known who is signed in.
    if view == "anybody" and role.name != "anon" and reading.owners:
        return PERHAPS
    answer: Answer = getattr(reading, view)
    return answer
