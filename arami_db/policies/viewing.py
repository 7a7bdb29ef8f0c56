"""Views that read with their owner's rights, as policies of the tables that they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from arami_db.policies.catalog import Catalog
from arami_db.policies.expressions.parsing import expression
from arami_db.policies.expressions.splitting import ways
from arami_db.policies.expressions.tree import TRUE, Expr, Query, Source, joined, renamed, walk
from arami_db.policies.expressions.writing import text
from arami_db.policies.model import Branch, Clause, TablePolicy
from arami_db.policies.resolution.names import resolved_query
from arami_db.policies.resolution.scopes import NameScope
from arami_db.rows.tables import Path


@dataclass(frozen=True)
class Shown:
    """A table that a view shows: its query as a policy of the table, and the columns shown."""

    policy: TablePolicy
    columns: tuple[str, ...]


def shown(catalog: Catalog, view: Path, roles: tuple[str, ...]) -> tuple[Shown, ...]:
    """What a view shows of tables, by which conditions; nothing where its query is not understood.

    Args:
        catalog: of the database.
        view: the view.
        roles: who may read it.
    """
    whole = expression(f"exists ({catalog.views.get(view, '')})")
    parts = whole.args if whole.kind == "or" else (whole,)
    found: list[Shown] = []
    for part in parts:
        if part.query is not None and not part.query.tail:
            try:
                made = resolved_query(part.query, NameScope(catalog))
                found += _of_query(catalog, made, view, roles)
            except (LookupError, TypeError, ValueError, RecursionError):
                continue
    return tuple(found)


def _of_query(
    catalog: Catalog, query: Query, view: Path, roles: tuple[str, ...]
) -> Iterator[Shown]:
    told = list(walk(query.target)) if query.target else []
    for source in query.sources:
        table = catalog.tables.get(source.table or ("", ""))
        others = tuple(one for one in query.sources if one is not source)
        if table is None or any(one.alias == table.name for one in others):
            continue
        columns = [p.path[1] for p in told if p.kind == "column" and p.path[0] == source.alias]
        if any(p.kind == "star" and p.path[:1] == (source.alias,) for p in told):
            columns = list(table.columns)
        if columns:
            whole = _condition(query, source, others, table.name)
            policy = _policy(table.path, ".".join(view), whole, roles)
            yield Shown(policy, tuple(dict.fromkeys(columns)))


def _condition(query: Query, source: Source, others: tuple[Source, ...], name: str) -> Expr:
    """What a row of one table in FROM has to be, for the query to show it."""
    whole = joined("and", query.conditions)
    if others:
        bare = tuple(Source(o.alias, o.table, o.call, o.query, columns=o.columns) for o in others)
        whole = Expr("exists", query=Query(TRUE, bare, whole))
    return renamed(whole, source.alias, name)


def _policy(table: Path, view: str, whole: Expr, roles: tuple[str, ...]) -> TablePolicy:
    branches = tuple(
        Branch(table, view, "using", "select", roles, text(way), expression=way)
        for way in ways(whole)
    )
    clause = Clause(text(whole), branches)
    return TablePolicy(
        table, view, "select", permissive=True, roles=roles, using=clause, check=None
    )
