"""The columns that say whose a row is, found in the conditions of policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from arami_db.policies.catalog import Catalog
from arami_db.policies.expressions.claims import Claim, bare, claim_of, column_of, descend
from arami_db.policies.expressions.tree import TAKING_APART, Expr, Query, joined, walk
from arami_db.policies.model import Branch, OwnerColumn, OwnerLink, Policies
from arami_db.rows.tables import Path, Table

Pair = tuple[Expr, Expr, bool]  # what a condition says are equal, or one an element of the other
_ELEMENTS = {"@>", "&&", "?", "?|", "?&"}
_ALIKE = {"=", "~~", "~~*"}


def owner_columns(policies: Policies) -> dict[Path, tuple[OwnerColumn, ...]]:
    """The columns that say whose a row is, by table; those compared with the id first.

    Args:
        policies: as read() has them.
    """
    found: dict[Path, dict[OwnerColumn, OwnerColumn]] = {}
    for branch in policies.branches:
        if not branch.permissive:
            continue
        for owner in _owners(branch, policies.catalog):
            known = found.setdefault(branch.table, {})
            same = known.get(owner, owner)
            known[owner] = replace(same, branches=(*same.branches, branch))
    order = ("uid", "email", "claim")
    return {
        table: tuple(sorted(known.values(), key=lambda o: (order.index(o.kind), len(o.via))))
        for table, known in found.items()
    }


def _owners(branch: Branch, catalog: Catalog) -> Iterator[OwnerColumn]:
    """Each column compared with a claim, at whatever end of whatever chain."""
    row = branch.table[1]
    pairs = list(pairs_of(branch.expression))
    tables = _tables(branch.expression)
    compared = [(one, other, is_element) for one, other, is_element in pairs]
    for one, other, is_element in compared:
        for side, claim in ((one, claim_of(other)), (other, claim_of(one))):
            column = column_of(side)
            if column is None or claim is None:
                continue
            found = OwnerColumn(column[1], *_kind(claim), (), column[1], is_element)
            if column[0] == row:
                yield _in_json(found, side, catalog.tables.get(branch.table))
                continue
            chains = [*_chains(row, column[0], pairs, tables)]
            captured = [] if chains else [*_captured(branch, pairs, tables, catalog)]
            for start, links in chains or _chains(row, column[0], [*pairs, *captured], tables):
                yield replace(found, column=start, via=links)


def _kind(claim: Claim) -> tuple[Literal["uid", "email", "claim"], tuple[str, ...]]:
    """What of the user a claim is, and its path."""
    if claim.setting:
        return "claim", (claim.setting, *claim.path)
    kinds: dict[tuple[str, ...], Literal["uid", "email"]]
    kinds = {("sub",): "uid", ("email",): "email"}
    return kinds.get(claim.path, "claim"), claim.path


def _in_json(owner: OwnerColumn, side: Expr, table: Table | None) -> OwnerColumn:
    """An owner column with the keys under which the owner is, where it is JSON; or the claim is a
    list.
    """
    column = table.columns.get(owner.column) if table else None
    if column is None:
        return owner
    if column.type not in {"json", "jsonb"}:
        in_list = owner.is_element and column.category != "A"
        return replace(owner, is_element=owner.is_element and not in_list, in_list=in_list)
    return replace(owner, keys=descend(side)[1], is_listed=owner.is_element, is_element=True)


def _chains(
    row: str, end: str, pairs: list[Pair], tables: dict[str, Path]
) -> Iterator[tuple[str, tuple[OwnerLink, ...]]]:
    """Ways from a column of the row to a row of another table, by columns that must be equal."""
    edges = [
        (left, right)
        for one, other, _ in pairs
        if (left := column_of(one)) and (right := column_of(other)) and left[0] != right[0]
    ]
    edges += [(right, left) for left, right in edges]
    todo: list[tuple[str, tuple[tuple[str, str, str], ...]]] = [(row, ())]
    seen = {row}
    while todo:
        here, steps = todo.pop(0)
        if here == end and steps:
            links = tuple(OwnerLink(a, tables[b], c) for a, b, c in steps if b in tables)
            if len(links) == len(steps):
                yield links[0].here, links
            return
        for left, right in edges:
            if left[0] == here and right[0] not in seen:
                seen.add(right[0])
                todo.append((right[0], (*steps, (left[1], right[0], right[1]))))


def _captured(
    branch: Branch, pairs: list[Pair], tables: dict[str, Path], catalog: Catalog
) -> Iterator[Pair]:
    """What a query meant to ask of the row: a name without its table is the inner table's first.

    `m.team_id = team_id` so compares a column of m with itself, or with another one of m; the row
    has a column of that name, or m's column leads to the row.
    """
    row, table = branch.table[1], catalog.tables.get(branch.table)
    for one, other, _ in pairs:
        for meant, side in ((one, other), (other, one)):
            left, right = column_of(meant), column_of(side)
            if not left or not right or left[0] != right[0] or left[0] == row:
                continue
            inner = catalog.tables.get(tables.get(left[0], branch.table))
            names = {left[1]} & {*table.columns} if table else set[str]()
            names |= {
                key.references[0]
                for key in (inner.foreign_keys if inner else ())
                if key.parent == branch.table and key.columns == (left[1],) and left == right
            }
            yield from ((Expr("column", path=(row, name)), side, False) for name in names)


def _tables(part: Expr) -> dict[str, Path]:
    queries = [one.query for one in walk(part) if one.query is not None]
    return {s.alias: s.table for q in queries for s in q.sources if s.table is not None}


def pairs_of(part: Expr) -> Iterator[Pair]:
    """What a way of being true says are equal, in it and in the queries that it asks.

    Args:
        part: the way.
    """
    match part.kind:
        case "and":
            for arg in part.args:
                yield from pairs_of(arg)
        case "op" if part.name in _ALIKE:
            yield from _equal(part.args[0], part.args[1])
        case "op" if part.name in _ELEMENTS:
            yield from ((part.args[0], arg, True) for arg in _members(part.args[1]))
        case "op" if part.name == "<@":
            yield from ((part.args[1], arg, True) for arg in _members(part.args[0]))
        case "any" if part.name == "=":
            array = part.args[1]
            if array.kind == "list" and array.query:
                yield from _of_query(array.query, part.args[0])
            else:
                yield (part.args[0], array, True)
        case "in" if part.query and part.name == "=":
            yield from _of_query(part.query, part.args[0])
        case "exists" | "scalar" if part.query:
            yield from _of_query(part.query, None)


def _members(part: Expr) -> tuple[Expr, ...]:
    while part.kind == "cast":
        part = part.args[0]
    return part.args if part.kind == "array" else (part,)


def _equal(left: Expr, right: Expr) -> Iterator[Pair]:
    if left.kind == right.kind == "row":
        for one, other in zip(left.args, right.args, strict=False):
            yield from _equal(one, other)
        return
    for one, other in ((left, right), (right, left)):
        if one.kind == "scalar" and one.query:
            yield from _of_query(one.query, other)
    yield (left, right, False)


def _of_query(query: Query, asked: Expr | None) -> Iterator[Pair]:
    yield from pairs_of(joined("and", query.conditions))
    if asked is not None and query.target is not None:
        target = bare(query.target)
        if target.kind == "call" and target.path[-1] in TAKING_APART:
            yield (target.args[0], asked, True)
        yield from _equal(asked, query.target)
