"""The conditions that must be true for a branch to be true, or to be false."""

from __future__ import annotations

from collections.abc import Iterator

from arami_db.policies.expressions.claims import Claim, claim_of, column_of
from arami_db.policies.expressions.splitting import denied
from arami_db.policies.expressions.tree import Expr, joined, literal, mapped, walk
from arami_db.policies.model import VICTIM, VICTIM_EMAIL, Branch, Policies, TablePolicy
from arami_db.policies.owners import pairs_of
from arami_db.policies.search.candidates import is_person
from arami_db.policies.search.evaluator import Evaluator
from arami_db.policies.search.places import ROW, Place, Value

_SUB = Claim(("sub",))


def wanted(branch: Branch, policies: Policies, *, holds: bool) -> Iterator[tuple[Expr, ...]]:
    """The conditions for a branch to hold, those of restrictive policies included.

    Args:
        branch: the branch.
        policies: all of them.
        holds: whether it is to be true.
    """
    part = branch.expression
    if holds:
        besides = restrictive(branch, policies) if branch.permissive else ()
        if besides:
            yield (part, *besides)
        yield (part,)
        return
    parts = part.args if part.kind == "and" else (part,)
    for place, one in enumerate(parts):  # all but one stays true
        yield (*parts[:place], *parts[place + 1 :], denied(one))
    if parts[1:]:
        yield (denied(joined("and", parts)),)


def seen_by_victim(branch: Branch, policies: Policies) -> Iterator[Expr]:
    """What lets the victim read the row, where a new row is judged by other than a column's id.

    Args:
        branch: that is to be true.
        policies: all of them.
    """
    if branch.clause != "check" or not branch.permissive:
        return
    for one, other, _ in pairs_of(branch.expression):
        for side, claim in ((one, claim_of(other)), (other, claim_of(one))):
            if column_of(side) and claim == _SUB:
                return
    reading = (p for p in policies.of(branch.table) if p.permissive and p.using)
    for policy in reading:
        for way in policy.using.branches if policy.using else ():
            seen = _as_victim(way.expression)
            if policy.command in {"select", "all"} and seen != way.expression:
                yield seen


def _as_victim(part: Expr) -> Expr:
    if part.kind == "call" and claim_of(part) == _SUB:
        return Expr("cast", "uuid", (literal(VICTIM),))
    return mapped(part, _as_victim)


def of_victim(branch: Branch, server: Evaluator) -> dict[Place, Value]:
    """What says that the row is the victim's: a way to see that is worth more than another.

    Args:
        branch: that is to be true.
        server: knows whose a row is.
    """
    table = server.tables[branch.table]
    likened = [c for one in walk(branch.expression) if (c := _likened(one))]
    own = {side for one, other, _ in pairs_of(branch.expression) for side in (one, other)}
    own_columns = {column for side in own if (column := column_of(side))}
    parts = list(walk(branch.expression))
    read = {one.path for one in parts if one.kind == "column"}
    queries = [one.query for one in parts if one.query is not None]
    if any(source.table == table.path for query in queries for source in query.sources):
        read |= {(table.name, name) for name in table.columns}  # the row found is another one
    theirs: dict[Place, Value] = {
        (ROW, name): VICTIM_EMAIL for row, name in likened if row == table.name
    }
    return theirs | {
        (ROW, name): VICTIM
        for row, name in sorted(p for p in read - own_columns if len(p) == 2)
        if row == table.name and name in table.columns and is_person(table, name, server)
    }


def _likened(part: Expr) -> tuple[str, str] | None:
    """The column that a pattern is to fit which is the address of who asks."""
    if part.kind != "op" or part.name not in {"~~", "~~*", "~", "~*"} or not part.args[1:]:
        return None
    claim = claim_of(part.args[1])
    return column_of(part.args[0]) if claim and claim.path[-1:] == ("email",) else None


def restrictive(branch: Branch, policies: Policies) -> tuple[Expr, ...]:
    """What restrictive policies ask of the same row.

    Args:
        branch: of a permissive policy.
        policies: all of them.
    """

    def is_asked(policy: TablePolicy) -> bool:
        commands, roles = {branch.command, policy.command}, {*branch.roles, *policy.roles}
        is_same = len(commands) == 1 or "all" in commands
        is_for = "public" in roles or {*branch.roles} & {*policy.roles}
        return bool(not policy.permissive and is_same and is_for)

    found = []
    for policy in filter(is_asked, policies.of(branch.table)):
        clause = (policy.check or policy.using) if branch.clause == "check" else policy.using
        if clause is not None:
            found.append(joined("or", tuple(one.expression for one in clause.branches)))
    return tuple(found)
