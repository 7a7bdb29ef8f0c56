"""Grants and policies of a relation, read off its facts."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from arami_db.docs.access import COMMANDS, Grants, PolicyAccess, Role, matrix
from arami_db.docs.facts import Facts
from arami_db.docs.parts import Access, Cell, Policy, RowAccess
from arami_db.docs.predicates import PERHAPS, Reading, read
from arami_db.docs.words import Code, Words, listed
from arami_db.facts.names import listed as names_of
from arami_db.facts.names import split

_DIRECT = re.compile(r"\w+( \(.*\))? granted to \S+").fullmatch
_NEXT = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)").fullmatch
# What is granted on other kinds besides means nothing there.
_FURTHER = {
    "table": {"maintain", "references", "trigger", "truncate"},
    "foreign table": {"maintain", "trigger", "truncate"},
    "view": {"trigger"},
    "materialized view": {"maintain"},
}
_NUMBERING = ("usage", "update")
_BY_TABLES = ("the rows that its tables let them read",)


def policies_of(
    facts: Facts, table: str
) -> tuple[tuple[Policy, ...], tuple[PolicyAccess, ...] | None, str | None]:
    """The policies of a table: as they are shown, as they decide, and whose rows are meant.

    Args:
        facts: of the database.
        table: its name.

    Returns:
        Both in the order of their names, and the column that says whose a row is, where it is one;
        where policies compare several with who is signed in, nobody's rows are told apart.
    """
    shown, rules = [], []
    for name, stated in facts.parts("policy", table):
        permissive = stated.get("permissive") == "true"
        using = read(stated.get("using"), permissive=permissive)
        check = read(stated.get("with check", stated.get("using")), permissive=permissive)
        roles = tuple(names_of(stated.get("roles", "public")))
        command = stated.get("command", "all")
        sql = tuple((part, stated[part]) for part in ("using", "with check") if part in stated)
        shown.append(
            Policy(
                name=name,
                permissive=permissive,
                command=command,
                roles=roles,
                using=using.words if command != "insert" else (),
                check=check.words if command in {"insert", "update", "all"} else (),
                sql=sql,
                comment=stated.get("comment"),
            )
        )
        rules.append(PolicyAccess(permissive, command, roles, using, check))
    owners = {owner for rule in rules for owner in rule.using.owners | rule.check.owners}
    if len(owners) > 1:
        rules = [replace(r, using=_veiled(r.using), check=_veiled(r.check)) for r in rules]
    secured = facts.of("table").get(table, {}).get("row level security") == "enabled"
    own = next(iter(owners)) if len(owners) == 1 else None
    return tuple(shown), tuple(rules) if secured else None, own


def _veiled(reading: Reading) -> Reading:
    """A reading of which nothing is claimed where it speaks of who is signed in."""
    return replace(reading, own=PERHAPS, others=PERHAPS) if reading.owners else reading


def access_of(
    facts: Facts,
    relation: tuple[str, str],
    roles: tuple[Role, ...],
    rules: tuple[PolicyAccess, ...] | None,
    takes: Collection[str],
) -> tuple[tuple[Words, ...], tuple[Access, ...]]:
    """What roles may do with a relation.

    Args:
        facts: of the database.
        relation: its kind, such as table or view, and its name.
        roles: those of the API; where there are none, those that were granted something.
        rules: its policies; None where row level security is off.
        takes: the commands that it takes from anybody: a view may take no more than select.

    Returns:
        What they may do beyond reading and writing rows, and by which other ways they get at it, a
        sentence each; and the matrix.
    """
    kind, name = relation
    grants = _grants(facts, kind, name, takes)
    if not roles:
        owner = facts.of(kind)[name].get("owner")
        named = {role for role, _ in (*grants.whole, *grants.columns)} - {"owner", owner}
        roles = tuple(Role(one, frozenset({one, "public"}), False) for one in sorted(named))
    found = matrix(roles, grants, rules, is_view=kind != "table")
    if facts.of(kind)[name].get("option security_invoker") == "true":
        found = tuple(replace(one, cells=tuple(map(_by_tables, one.cells))) for one in found)
    ways: list[Words] = []
    for role in roles:
        if further := sorted(grants.whole_for(role) & _FURTHER[kind]):
            ways.append((Code(role.name), " may also ", *listed(further)))
    for who, object_, path in facts.reach:
        if object_ == name and not _DIRECT(path):
            ways.append((Code(who), " also gets at it by ", Code(path)))
    return tuple(ways), found


def _by_tables(cell: Cell) -> Cell:
    return Cell(PERHAPS, _BY_TABLES) if cell.answer is RowAccess.YES else cell


def _grants(facts: Facts, kind: str, name: str, takes: Collection[str]) -> Grants:
    columns = dict[tuple[str, str], tuple[str, ...]]()
    numbered = dict[str, frozenset[str]]()
    for column, stated in facts.parts("column", name):
        for holder in facts.held("column", f"{name}.{column}"):
            columns[holder] = (*columns.get(holder, ()), column)
        if sequence := _NEXT(stated.get("default", "")):
            of_sequence = facts.held("sequence", sequence[1].replace("''", "'"), _NUMBERING)
            may = {role for role, privilege in of_sequence if privilege in _NUMBERING}
            numbered[column] = frozenset({*may, "pg_write_all_data"})
    stated = facts.of(kind)[name]
    return Grants(
        whole=facts.held(kind, name, COMMANDS),
        columns=columns,
        usage=facts.using(split(name)[0]),
        owner=None if "force row level security" in stated else stated.get("owner"),
        numbered=numbered,
        takes=frozenset(takes),
    )
