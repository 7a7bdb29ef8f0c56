"""Merge a query in FROM into the query around it, where the result is the same."""

from __future__ import annotations

from dataclasses import replace

from arami_db.policies.expressions.aggregates import is_aggregate
from arami_db.policies.expressions.tree import Expr, Query, Source, joined, mapped

_Columns = dict[tuple[str, ...], Expr]


def flat(query: Query) -> Query:
    """A query with the queries in its FROM merged into it, where the result is the same.

    Args:
        query: with all names made plain.
    """
    columns: _Columns = {}
    stars: dict[str, str] = {}
    sources: list[Source] = []
    conditions: list[Expr] = []
    for source in query.sources:
        inner = source.query
        if inner is None or source.left or not _is_simple(inner):
            sources.append(source)
            continue
        targets = _targets(inner)
        for name, target in zip(source.columns or inner.names, targets, strict=False):
            columns[source.alias, name] = target
            if target.kind == "star" and target.path:
                stars[source.alias] = target.path[0]
        sources += inner.sources
        conditions += [one for one in (inner.where, source.on) if one is not None]
    if not columns:
        return query
    where = joined("and", (*conditions, *([query.where] if query.where else [])))
    whole = Expr("scalar", query=replace(query, sources=tuple(sources), where=where))
    return _put(whole, columns, stars).query or query


def _is_simple(query: Query) -> bool:
    is_counted = any(map(is_aggregate, _targets(query)))
    return bool(query.sources) and not (query.tail or is_counted)


def _targets(query: Query) -> tuple[Expr, ...]:
    if query.target is None:
        return ()
    return query.target.args if query.target.kind == "row" else (query.target,)


def _put(part: Expr, columns: _Columns, stars: dict[str, str]) -> Expr:
    if part.kind == "column" and part.path in columns:
        return columns[part.path]
    if part.kind == "column" and part.path[0] in stars:
        return replace(part, path=(stars[part.path[0]], part.path[1]))
    return mapped(part, lambda one: _put(one, columns, stars))
