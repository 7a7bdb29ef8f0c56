"""Qualify each column with its table, and put the body of a function in the place of its call."""

from __future__ import annotations

from dataclasses import replace

from arami_db.policies.catalog import Function
from arami_db.policies.expressions.flattening import flat
from arami_db.policies.expressions.parsing import expression, query
from arami_db.policies.expressions.tree import Expr, Query, Source, joined, mapped, walk
from arami_db.policies.resolution.plpgsql import Reader, UnreadableError
from arami_db.policies.resolution.scopes import Frame, NameScope, column, frame_of
from arami_db.policies.resolution.sql_functions import arguments, sql_body, united
from arami_db.rows.tables import Path

# What these answer is known: what a case sets, and parts of a path.
_KNOWN = {("auth", name) for name in ("uid", "jwt", "role", "email")}
_KNOWN |= {("storage", name) for name in ("foldername", "filename", "extension")}
_DEEP = 8
# Behind the API, the role is the one that the JWT names; the role that measures is another.
_WHOSE = {"current_user", "current_role", "user"}
_ROLE = expression("(current_setting('request.jwt.claims', true)::jsonb ->> 'role')::name")


def resolved(part: Expr, scope: NameScope) -> Expr:
    """An expression with each column qualified and the bodies of functions put in.

    Args:
        part: as it was parsed.
        scope: where it stands.
    """
    match part.kind:
        case "param":
            return scope.values.get(part.name, part)
        case "column" | "star":
            return column(part, scope)
        case "field":
            inner = resolved(part.args[0], scope)
            if inner.kind == "star":
                return Expr("column", path=(inner.path[0], part.name))
            return replace(part, args=(inner,))
        case "call" if part.name == "keyword" and part.path[0] in _WHOSE and not scope.depth:
            return _ROLE
        case "call":
            return _call(replace(part, args=tuple(resolved(a, scope) for a in part.args)), scope)
    if part.query is None:
        return mapped(part, lambda one: resolved(one, scope))
    args = tuple(resolved(arg, scope) for arg in part.args)
    if part.kind in {"in", "exists"} and (each := _united(part.query, scope)):
        return joined("or", tuple(replace(part, args=args, query=one) for one in each))
    return replace(part, args=args, query=resolved_query(part.query, scope))


def _united(asked: Query, scope: NameScope) -> list[Query]:
    """The queries that a function is the union of, where its rows are all that is asked for."""
    call = resolved(asked.value, scope) if asked.value else None
    if call is None or call.kind != "call":
        return []
    function = _function(call, scope)[1]
    if function is None or function.language != "sql":
        return []
    inside = _inside(function, call, scope)
    each = [resolved_query(one, inside) for one in united(function.body)]
    return each if all(map(_is_plain, each)) else []


def resolved_query(asked: Query, scope: NameScope) -> Query:
    """A query with each column qualified and the bodies of functions put in.

    Args:
        asked: as it was parsed.
        scope: where it stands.
    """
    frame: Frame = {}
    sources = []
    for source in asked.sources:
        inside = replace(scope, frames=(frame, *scope.frames))
        alias, number = source.alias, 2
        while alias in inside.taken:
            alias, number = f"{source.alias}_{number}", number + 1
        named = _source(source, inside)
        frame |= frame_of(scope.catalog, named, alias)
        inside = replace(scope, frames=(frame, *scope.frames))
        on = resolved(source.on, inside) if source.on else None
        sources.append(replace(named, alias=alias, on=on))
    inside = replace(scope, frames=(frame, *scope.frames))
    where = resolved(asked.where, inside) if asked.where else None
    target = resolved(asked.target, inside) if asked.target else None
    made = replace(asked, target=target, sources=tuple(sources), where=where)
    if made.value is not None and made.value.kind == "call":
        found = _meaning(made.value, scope)[1]  # select f(), where f returns the rows of a query
        return found[1] if found else made
    return flat(made)


def _source(source: Source, scope: NameScope) -> Source:
    """What is in FROM; a view or a function that returns rows as the query that it is."""
    if source.query is not None:
        return replace(source, query=resolved_query(source.query, scope))
    if source.call is not None:
        call = resolved(source.call, scope)
        found = _meaning(call, scope)[1] if call.kind == "call" else None
        if found is None:
            return replace(source, call=call)
        columns = source.columns or (found[1].names if found[1].names[1:] else (source.alias,))
        return replace(source, call=None, query=found[1], columns=columns)
    path = _table(source.table or ("", ""), scope)
    view = query(scope.catalog.views[path]) if path in scope.catalog.views else None
    if view is None:
        return replace(source, table=path)
    inside = NameScope(scope.catalog, depth=scope.depth + 1, around=scope.taken)
    inner = resolved_query(view, inside)
    return replace(source, table=None, query=inner)


def _table(path: Path, scope: NameScope) -> Path:
    if path[0]:
        return path
    places = [(schema, path[1]) for schema in scope.searched]
    known = scope.catalog.tables.keys() | scope.catalog.views.keys()
    return next((place for place in places if place in known), path)


def _call(part: Expr, scope: NameScope) -> Expr:
    part, found = _meaning(part, scope)
    if found is None or found[0].returns_set:
        return part
    return found[1].value or Expr("scalar", query=found[1])


def _meaning(part: Expr, scope: NameScope) -> tuple[Expr, tuple[Function, Query] | None]:
    """A call under the function's full name, and the function and what it comes to."""
    part, function = _function(part, scope)
    made = _result(function, _inside(function, part, scope)) if function else None
    if function is None or made is None or not _is_plain(made):
        return part, None
    return part, (function, made)


def _function(part: Expr, scope: NameScope) -> tuple[Expr, Function | None]:
    """A call under the function's full name, and the function, where it is one to look into."""
    paths = [part.path[-2:]]
    if len(part.path) == 1:
        paths = [(schema, part.path[0]) for schema in scope.searched]
    path = next((p for p in paths if p in scope.catalog.functions), None)
    if path is None or part.name:
        return part, None
    part = replace(part, path=path)
    given = len(part.args)
    fitting = [f for f in scope.catalog.functions[path] if f.least <= given <= f.most]
    if fitting[1:]:
        fitting = [f for f in fitting if _takes(f, part.args, scope)]
    is_known = path in _KNOWN or len(fitting) != 1 or scope.depth > _DEEP
    return part, None if is_known else fitting[0]


def _inside(function: Function, call: Expr, scope: NameScope) -> NameScope:
    """Where the body of a function that is called stands."""
    values = arguments(function, call.args)
    path, depth = function.search_path, scope.depth + 1
    return NameScope(scope.catalog, (), values, path, depth, scope.taken)


def _is_plain(made: Query) -> bool:
    """Whether nothing of a function's result is left unread."""
    told = walk(Expr("scalar", query=made))
    return not any(one.kind == "param" or (one.kind == "opaque" and one.args) for one in told)


def _takes(function: Function, args: tuple[Expr, ...], scope: NameScope) -> bool:
    """Whether arguments are of a function's types, as far as these can be told."""
    for arg, wanted in zip(args, function.types, strict=False):
        kind = arg.name if arg.kind == "cast" else None
        if arg.kind == "column":
            tables = (t for t in scope.catalog.tables.values() if t.name == arg.path[0])
            found = [t.columns[arg.path[1]].type for t in tables if arg.path[1] in t.columns]
            kind = found[0] if len(found) == 1 else None
        if kind is not None and kind != wanted:
            return False
    return True


def _result(function: Function, scope: NameScope) -> Query | None:
    """What a function returns, with the names of its body made plain; None where none can say."""
    if function.language == "sql":
        found = sql_body(function.body)
        return resolved_query(found, scope) if found else None
    reader = Reader(
        lambda part, values: resolved(part, replace(scope, values=values)),
        lambda asked, values: resolved_query(asked, replace(scope, values=values)),
    )
    try:
        return reader.result(function, scope.values)
    except (UnreadableError, LookupError, TypeError, ValueError):
        return None  # a statement of a shape that is not known
