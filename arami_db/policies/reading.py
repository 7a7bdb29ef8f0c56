"""Reading the policies of a database: each condition split into its branches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal

from arami_db.database.connect import Connection
from arami_db.policies.catalog import Catalog, read_catalog
from arami_db.policies.model import Branch, Clause, Policies, Policy
from arami_db.policies.parsing import expression
from arami_db.policies.resolving import of_policy, resolved
from arami_db.policies.splitting import ways
from arami_db.policies.tree import Expr
from arami_db.policies.writing import text
from arami_db.rows.tables import Path


def read(connection: Connection, paths: Collection[Path]) -> Policies:
    """Read the policies of some tables.

    Args:
        connection: to the database; it is left as it was.
        paths: the tables, by schema and name.

    Raises:
        psycopg.Error: as the server says it.
    """
    catalog = read_catalog(connection)
    rows = [row for row in catalog.policies if (row["schema"], row["relation"]) in set(paths)]
    return Policies(tuple(_policy(catalog, row) for row in rows), catalog)


def _policy(catalog: Catalog, row: dict[str, Any]) -> Policy:
    policy = Policy(
        table=(row["schema"], row["relation"]),
        name=row["name"],
        command=row["command"],
        permissive=row["permissive"],
        roles=tuple(row["roles"]),
        using=None,
        check=None,
    )
    using = _clause(catalog, policy, "using", row["condition"])
    return replace(
        policy, using=using, check=_clause(catalog, policy, "check", row["condition_of_new"])
    )


def _clause(
    catalog: Catalog, policy: Policy, clause: Literal["using", "check"], written: str | None
) -> Clause | None:
    if written is None:
        return None
    whole = resolved(expression(written), of_policy(catalog, policy.table))
    branches = tuple(
        Branch(
            table=policy.table,
            policy=policy.name,
            clause=clause,
            command=policy.command,
            roles=policy.roles,
            text=text(_shortened(way, policy.table[1])),
            permissive=policy.permissive,
            expression=way,
        )
        for way in ways(whole)
    )
    return Clause(written, branches)


def _shortened(part: Expr, row: str) -> Expr:
    """Columns of the policy's own row without its name, where no other row is in sight."""
    if part.kind == "column" and part.path[:-1] == (row,):
        return replace(part, path=part.path[1:])
    return replace(part, args=tuple(_shortened(arg, row) for arg in part.args))
