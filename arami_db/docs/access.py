"""Who may do what with a relation: grants first, then the policies of row level security."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arami_db.docs.parts import Access, Cell, RowAccess
from arami_db.docs.predicates import NO, PERHAPS, YES, Reading, both, either
from arami_db.docs.words import Code, Words, joined, listed

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
class PolicyAccess:
    """A policy as far as access is concerned: what it reads, and what it writes by."""

    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: Reading
    check: Reading


@dataclass(frozen=True)
class Grants:
    """What roles may do with a relation as far as grants go; its owner has what nobody revoked.

    Attributes:
        whole: roles and privileges on all of it.
        columns: for role and privilege, the columns it was granted on.
        usage: the roles that may use its schema.
        owner: the role that policies do not hold back; None where they do.
        numbered: columns whose default is the next number of a sequence, and who may take that.
        takes: the commands that it takes from anybody.
    """

    whole: frozenset[tuple[str, str]]
    columns: Mapping[tuple[str, str], tuple[str, ...]]
    usage: frozenset[str]
    owner: str | None
    numbered: Mapping[str, frozenset[str]]
    takes: frozenset[str]

    def whole_for(self, role: Role) -> set[str]:
        """The privileges that a role has on all of it."""
        held = self.whole | _EVERYWHERE
        return {privilege for name, privilege in held if name in role.acts_as}


def matrix(
    roles: Iterable[Role], grants: Grants, rules: tuple[PolicyAccess, ...] | None, *, is_view: bool
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
            read, insert, *rest = (_cell(role, one, grants, rules, view) for one in COMMANDS)
            cells = (read, _numbered(insert, role, grants), *(_found(one, read) for one in rest))
            found.append(Access("signed-in user" if who == "authenticated" else who, cells))
    return tuple(found)


def _numbered(insert: Cell, role: Role, grants: Grants) -> Cell:
    """An insert that has to name the columns whose default the role may not take."""
    refused = [name for name, may in grants.numbered.items() if not role.acts_as & may]
    if insert.answer is NO or not refused:
        return insert
    return _also(insert, ("only with ", *listed(refused), " given"))


def _found(write: Cell, read: Cell) -> Cell:
    """An update or a delete: what its condition names has to be read."""
    if write.answer is NO or read.answer is YES:
        return write
    if read.answer is NO:
        return _also(write, ("only without ", Code("where")))
    return Cell(PERHAPS, write.condition or read.condition)


def _also(cell: Cell, condition: Words) -> Cell:
    return Cell(cell.answer, joined((one for one in (cell.condition, condition) if one), ", "))


def _cell(
    role: Role, command: str, grants: Grants, rules: tuple[PolicyAccess, ...] | None, view: str
) -> Cell:
    everywhere = {name for name, _ in _EVERYWHERE}
    if command not in grants.takes or not role.acts_as & (grants.usage | everywhere):
        return Cell(NO)
    condition: Words = ()
    if command not in grants.whole_for(role):
        columns = {c for name in role.acts_as for c in grants.columns.get((name, command), ())}
        if not columns:
            return Cell(NO)
        condition = ("only ", *listed(sorted(columns)))
    if rules is None or role.bypasses or grants.owner in role.acts_as:
        return Cell(YES, condition)
    answer, given = _by_policies(role, command, rules, view)
    if answer is NO:
        return Cell(NO)
    if answer is PERHAPS:
        condition = joined((one for one in (condition, given) if one), ", ")
    return Cell(answer, condition)


def _by_policies(
    role: Role, command: str, rules: tuple[PolicyAccess, ...], view: str
) -> tuple[RowAccess, Words]:
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


def _answer(rule: PolicyAccess, command: str, view: str, role: Role) -> RowAccess:
    """Whether a policy lets rows through."""
    if command == "insert":
        return _whose(rule.check, view, role)
    found = _whose(rule.using, view, role)
    if command != "update" or found is NO:
        return found
    # A row that is found may be given to somebody else, where the check lets it.
    return found if _whose(rule.check, view, role) is YES else PERHAPS


def _given(rule: PolicyAccess, command: str) -> Words:
    """What has to be so of own rows, where a policy says that of those read and written alike."""
    parts = {"insert": {rule.check.besides}, "update": {rule.using.besides, rule.check.besides}}
    found = parts.get(command, {rule.using.besides})
    words = found.pop()
    return ("where ", *words) if words and not found else ()


def _whose(reading: Reading, view: str, role: Role) -> RowAccess:
    # Of a role other than the API's it is not known who is signed in.
    if view == "anybody" and role.name != "anon" and reading.owners:
        return PERHAPS
    answer: RowAccess = getattr(reading, view)
    return answer
