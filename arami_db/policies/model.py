"""Policies, their branches, and the cases that make a branch true or false."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from arami_db.policies.catalog import Catalog
from arami_db.policies.expressions.tree import Expr
from arami_db.rows.tables import Path

# Who acts, and whose rows are protected, in every case. Postgres accepts these values, so a
# case can be tried as it stands. A caller with other ids replaces them, as text, because arrays and
# JSON hold them too. The ids differ only at their end: a policy that compares only a part of an id
# takes one for the other.
ATTACKER = "a77ac4e4-0000-4000-8000-00000000000a"
VICTIM = "a77ac4e4-0000-4000-8000-00000000000b"
ATTACKER_EMAIL = "attacker-a77ac4e4@attacker.example"
VICTIM_EMAIL = "victim-71c71a00@victim.example"


@dataclass(frozen=True)
class Branch:
    """One way for a policy to be true.

    Attributes:
        table: the policy's.
        policy: its name.
        clause: which of its two conditions.
        command: select, insert, update, delete or all.
        roles: whom it is for; public is everybody.
        text: the branch as SQL, for people and for evaluating it on a row as an actor: columns of
            the table are named without it, or by its bare name. Functions that could be read are
            in it by their bodies.
        permissive: whether the policy lets through; a restrictive one holds back.
        expression: what text says.
    """

    table: Path
    policy: str
    clause: Literal["using", "check"]
    command: str
    roles: tuple[str, ...]
    text: str
    permissive: bool = True
    expression: Expr = field(default=Expr("opaque"), repr=False, compare=False)


@dataclass(frozen=True)
class Case:
    """A world in which a branch is meant to be true, or false; the actor is the attacker.

    Attributes:
        branch: the branch.
        holds: whether it is to be true.
        row: columns of the row of its table, as Postgres reads them; the others do not matter.
        claims: what the JWT must hold; sub and role only where others than the attacker's and the
            policy's. None is a claim that must be absent.
        others: rows of other tables that it looks at, parents first.
        settings: other settings that it reads: request.headers as JSON, app.tenant.
        first: how many of the others the row of the table refers to; they come first.
    """

    branch: Branch
    holds: bool
    row: Mapping[str, str | None]
    claims: Mapping[str, object]
    others: tuple[tuple[Path, Mapping[str, str | None]], ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    first: int = 0


@dataclass(frozen=True)
class Gap:
    """A branch without a case.

    Attributes:
        branch: the branch.
        holds: what it could not be made.
        reason: why, and the way out.
        impossible: whether it was proved that there can be none.
    """

    branch: Branch
    holds: bool
    reason: str
    impossible: bool = False


@dataclass(frozen=True)
class Cases:
    """The cases of all branches, and what there is none for."""

    made: tuple[Case, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class OwnerLink:
    """A step from a table to another: here, a column of the first, equals there in the next."""

    here: str
    table: Path
    there: str


@dataclass(frozen=True)
class OwnerColumn:
    """A column that a policy compares with who is signed in, of the table or at a chain's end.

    Attributes:
        column: of the table itself.
        kind: whether with the id, the e-mail or another claim.
        claim: the path in the JWT, or the setting's name for one outside of it.
        via: the tables by which it is reached; empty where column itself is compared.
        owner: the column of the last of these tables that is compared; column itself without any.
        is_element: whether the column contains the owner (@>): an array, or JSON.
        keys: in JSON, under which the owner is; None where the column is no JSON.
        is_listed: whether there the owner is one of several.
        in_list: whether the claim is a list, and the column one of it.
        branches: where it is compared so.
    """

    column: str
    kind: Literal["uid", "email", "claim"]
    claim: tuple[str, ...]
    via: tuple[OwnerLink, ...] = ()
    owner: str = ""
    is_element: bool = False
    keys: tuple[str, ...] | None = None
    is_listed: bool = False
    in_list: bool = False
    branches: tuple[Branch, ...] = ()

    def holding(self, value: str) -> str:
        """What the compared column is, or contains by @>, where it holds an owner.

        Args:
            value: the owner's id, e-mail or claim.
        """
        if self.keys is None:
            return "{" + value + "}" if self.is_element else value
        made: object = [value] if self.is_listed else value
        for key in reversed(self.keys):
            made = {key: made}
        return json.dumps(made)


@dataclass(frozen=True)
class Clause:
    """A condition of a policy: as Postgres writes it, and its branches."""

    text: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class TablePolicy:
    """A policy. Without a condition for new rows, that for rows that are there serves for both."""

    table: Path
    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]
    using: Clause | None
    check: Clause | None

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Those of both conditions."""
        return tuple(b for c in (self.using, self.check) if c is not None for b in c.branches)


@dataclass(frozen=True)
class Policies:
    """The policies of some tables, and the catalog that they were read with."""

    policies: tuple[TablePolicy, ...]
    catalog: Catalog

    @property
    def branches(self) -> tuple[Branch, ...]:
        """All ways of being true."""
        return tuple(branch for policy in self.policies for branch in policy.branches)

    def of(self, table: Path) -> tuple[TablePolicy, ...]:
        """Those of a table.

        Args:
            table: schema and name.
        """
        return self._by_table.get(table, ())

    @cached_property
    def _by_table(self) -> dict[Path, tuple[TablePolicy, ...]]:
        found: dict[Path, list[TablePolicy]] = {}
        for policy in self.policies:
            found.setdefault(policy.table, []).append(policy)
        return {table: tuple(its) for table, its in found.items()}
