"""Reading the policies of a database: each condition split into its branches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal

from arami_db.database.connect import Connection
from arami_db.policies.catalog import Catalog, read_catalog
from arami_db.policies.expressions.parsing import expression
from arami_db.policies.expressions.splitting import ways
from arami_db.policies.expressions.tree import Expr, put
from arami_db.policies.expressions.writing import text
from arami_db.policies.model import Branch, Clause, Policies, TablePolicy
from arami_db.policies.resolution.names import resolved
from arami_db.policies.resolution.scopes import of_policy
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


def _policy(catalog: Catalog, row: dict[str, Any]) -> TablePolicy:
    policy = TablePolicy(
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
    catalog: Catalog, policy: TablePolicy, clause: Literal["using", "check"], written: str | None
) -> Clause | None:
    if written is None:
        return None
    whole = _whole(catalog, policy.table, written)
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


def _whole(catalog: Catalog, table: Path, written: str) -> Expr:
    """A condition with all names made plain; what cannot be read is its text."""
    scope = of_policy(catalog, table)
    try:
        made = resolved(expression(written), scope)
        for name, told in catalog.generated.get(table, {}).items():
            column = Expr("column", path=(table[1], name))
            made = put(made, column, resolved(expression(told), scope))
    except (LookupError, TypeError, ValueError, RecursionError):
        return Expr("opaque", written)
    return made


def _shortened(part: Expr, row: str) -> Expr:
    """Columns of the policy's own row without its name, where no other row is in sight."""
    if part.kind == "column" and part.path[:-1] == (row,):
        return replace(part, path=part.path[1:])
    return replace(part, args=tuple(_shortened(arg, row) for arg in part.args))
