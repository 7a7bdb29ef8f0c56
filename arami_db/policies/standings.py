"""Conditions on the user alone and not on the row, such as: the user is in a table of admins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from arami_db.policies.expressions.claims import claim_of
from arami_db.policies.expressions.tree import Expr, walk
from arami_db.policies.expressions.writing import text
from arami_db.policies.model import Branch, Policies
from arami_db.rows.tables import Path


@dataclass(frozen=True)
class Standing:
    """A condition of a branch that no row of its table has a part in.

    Attributes:
        branch: the branch.
        text: the condition as SQL.
        tables: where it looks for the caller.
    """

    branch: Branch
    text: str
    tables: tuple[Path, ...]


def standings(policies: Policies) -> Iterator[Standing]:
    """What permissive policies ask of the caller alone, in other tables.

    Args:
        policies: as read() has them.
    """
    for branch in policies.branches:
        whole = branch.expression
        for part in (whole.args if whole.kind == "and" else (whole,)) if branch.permissive else ():
            inside = list(walk(part))
            queries = [one.query for one in inside if one.query is not None]
            tables = {s.table for query in queries for s in query.sources if s.table is not None}
            if tables and any(map(claim_of, inside)) and not _is_of_row(branch, inside):
                yield Standing(branch, text(part), tuple(sorted(tables)))


def _is_of_row(branch: Branch, inside: list[Expr]) -> bool:
    row = branch.table[1]
    return any(one.kind in {"column", "star"} and one.path[:1] == (row,) for one in inside)
