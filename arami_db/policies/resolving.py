"""Names in conditions made plain: each column says of which row, each function has its body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from arami_db.policies.bodies import arguments, sql_body
from arami_db.policies.catalog import Catalog, Function
from arami_db.policies.flattening import flat
from arami_db.policies.parsing import expression, query
from arami_db.policies.plpgsql import Reader, UnreadableError
from arami_db.policies.tree import Expr, Query, Source, mapped, walk
from arami_db.rows.tables import Path

# What these answer is known: they are what a case sets.
_KNOWN = {("auth", name) for name in ("uid", "jwt", "role", "email")}
_DEEP = 8
# Behind the API, the role is the one that the JWT names; whoever measures is another.
_WHOSE = {"current_user", "current_role", "user"}
_ROLE = expression("(current_setting('request.jwt.claims', true)::jsonb ->> 'role')::name")
Frame = dict[str, tuple[str, frozenset[str] | None]]  # a name in FROM: the one here, its columns


@dataclass(frozen=True)
class Scope:
    """What names mean at a place.

    Attributes:
        catalog: of the database.
        frames: what is in FROM, the innermost first.
        values: what the arguments and variables of the function around are.
        searched: the schemas that names without one are looked for in.
        depth: how many functions are around.
    """

    catalog: Catalog
    frames: tuple[Frame, ...] = ()
    values: Mapping[str, Expr] = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    depth: int = 0

    @property
    def taken(self) -> set[str]:
        """The names of rows that something here may speak of."""
        named = {alias for frame in self.frames for alias, _ in frame.values()}
        parts = (part for value in self.values.values() for part in walk(value))
        return named | {p.path[0] for p in parts if p.kind in {"column", "star"} and p.path}


def of_policy(catalog: Catalog, table: Path) -> Scope:
    """What names mean in a policy.

    Args:
        catalog: of the database.
        table: the policy's.
    """
    return Scope(catalog, (_frame(catalog, Source(table[1], table), table[1]),))


def _frame(catalog: Catalog, source: Source, alias: str) -> Frame:
    known = catalog.tables.get(source.table or ("", ""))
    columns = frozenset(known.columns) if known else None
    if source.query is not None:
        columns = frozenset(source.columns or source.query.names) if _is_named(source) else None
    elif source.call is not None:
        columns = frozenset(source.columns or (source.alias,))
    return {source.alias: (alias, columns)}


def _is_named(source: Source) -> bool:
    target = source.query.target if source.query else None
    return target is not None and target.kind != "star"


def resolved(part: Expr, scope: Scope) -> Expr:
    """The same with every name made plain.

    Args:
        part: as it was parsed.
        scope: where it stands.
    """
    match part.kind:
        case "param":
            return scope.values.get(part.name, part)
        case "column" | "star":
            return _column(part, scope)
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
    return replace(part, args=args, query=resolved_query(part.query, scope))


def _column(part: Expr, scope: Scope) -> Expr:
    *owner, name = part.path[-2:]
    for frame in scope.frames:
        if not owner and name in frame:
            return Expr("star", path=(frame[name][0],))
        for alias, (here, columns) in frame.items():
            if part.kind == "star":
                if alias == name:
                    return replace(part, path=(here,))
            elif owner == [alias] or (not owner and columns is not None and name in columns):
                return replace(part, path=(here, name))
    if not owner and name in scope.values:
        return scope.values[name]
    if owner and owner[0] in scope.values:
        return _field(scope.values[owner[0]], name)
    if owner and name in scope.values:  # after the function's own name
        return scope.values[name]
    open_ones = [here for f in scope.frames[:1] for here, columns in f.values() if columns is None]
    return replace(part, path=(open_ones[0], name)) if len(open_ones) == 1 else part


def _field(value: Expr, name: str) -> Expr:
    """A field of a row: of the policy's own, of a record that a query filled, or of any value."""
    if value.kind == "star":
        return Expr("column", path=(value.path[0], name))
    if value.kind == "scalar" and value.query and value.query.target:
        target = value.query.target
        if target.kind == "star" or (target.kind == "column" and target.path[-1:] == ("*",)):
            sources = [s.alias for s in value.query.sources]
            column = Expr("column", path=(sources[0], name))
            return replace(value, query=replace(value.query, target=column))
    return Expr("field", name, (value,))


def resolved_query(asked: Query, scope: Scope) -> Query:
    """A query with every name made plain.

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
        frame |= _frame(scope.catalog, named, alias)
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


def _source(source: Source, scope: Scope) -> Source:
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
    inner = resolved_query(view, Scope(scope.catalog, depth=scope.depth + 1))
    return replace(source, table=None, query=inner)


def _table(path: Path, scope: Scope) -> Path:
    if path[0]:
        return path
    places = [(schema, path[1]) for schema in scope.searched]
    known = scope.catalog.tables.keys() | scope.catalog.views.keys()
    return next((place for place in places if place in known), path)


def _call(part: Expr, scope: Scope) -> Expr:
    part, found = _meaning(part, scope)
    if found is None or found[0].returns_set:
        return part
    return found[1].value or Expr("scalar", query=found[1])


def _meaning(part: Expr, scope: Scope) -> tuple[Expr, tuple[Function, Query] | None]:
    """A call under the function's full name, and the function and what it comes to."""
    paths = [part.path[-2:]]
    if len(part.path) == 1:
        paths = [(schema, part.path[0]) for schema in scope.searched]
    path = next((p for p in paths if p in scope.catalog.functions), None)
    if path is None or part.name:
        return part, None
    part = replace(part, path=path)
    given = len(part.args)
    fitting = [f for f in scope.catalog.functions[path] if f.least <= given <= f.most]
    if path in _KNOWN or len(fitting) != 1 or scope.depth > _DEEP:
        return part, None
    values = arguments(fitting[0], part.args)
    inside = Scope(scope.catalog, (), values, fitting[0].search_path, scope.depth + 1)
    made = _result(fitting[0], inside)
    if made is None:
        return part, None
    told = walk(Expr("scalar", query=made))
    if any(one.kind == "param" or (one.kind == "opaque" and one.args) for one in told):
        return part, None
    return part, (fitting[0], made)


def _result(function: Function, scope: Scope) -> Query | None:
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
    except UnreadableError:
        return None
