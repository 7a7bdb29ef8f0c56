"""Who may do what with a relation: grants first, then the policies of row level security."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arami_db.docs.parts import Access, Answer, Cell
from arami_db.docs.predicates import NO, PERHAPS, YES, Reading, both, either
from arami_db.docs.words import Words, joined, listed

COMMANDS = ("select", "insert", "update", "delete")


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
    """

    whole: frozenset[tuple[str, str]]
    columns: Mapping[tuple[str, str], tuple[str, ...]]
    usage: frozenset[str]


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
    if not role.acts_as & grants.usage:
        return Cell(NO)
    condition: Words = ()
    if not any((name, command) in grants.whole for name in role.acts_as):
        columns = {c for name in role.acts_as for c in grants.columns.get((name, command), ())}
        if not columns:
            return Cell(NO)
        condition = ("only ", *listed(sorted(columns)))
    if rules is None or role.bypasses:
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
