"""The scope of names: which tables, arguments and variables a name may mean at a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from arami_db.policies.catalog import Catalog
from arami_db.policies.expressions.tree import Expr, Source, walk
from arami_db.rows.tables import Path

Frame = dict[str, tuple[str, frozenset[str] | None]]  # a name in FROM: the one here, its columns


@dataclass(frozen=True)
class NameScope:
    """What names mean at a place.

    Attributes:
        catalog: of the database.
        frames: what is in FROM, the innermost first.
        values: what the arguments and variables of the function around are.
        searched: the schemas that names without one are looked for in.
        depth: how many functions are around.
        around: the names of rows outside the function or view that this is in.
    """

    catalog: Catalog
    frames: tuple[Frame, ...] = ()
    values: Mapping[str, Expr] = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    depth: int = 0
    around: frozenset[str] = frozenset()

    @property
    def taken(self) -> frozenset[str]:
        """The names of rows that something here may speak of, or something around it."""
        named = {alias for frame in self.frames for alias, _ in frame.values()}
        parts = (part for value in self.values.values() for part in walk(value))
        spoken = {p.path[0] for p in parts if p.kind in {"column", "star"} and p.path}
        return self.around | named | spoken


def of_policy(catalog: Catalog, table: Path) -> NameScope:
    """What names mean in a policy.

    Args:
        catalog: of the database.
        table: the policy's.
    """
    return NameScope(catalog, (frame_of(catalog, Source(table[1], table), table[1]),))


def frame_of(catalog: Catalog, source: Source, alias: str) -> Frame:
    """What a table in FROM is called, and has.

    Args:
        catalog: of the database.
        source: the table, or what else is there.
        alias: its name here.
    """
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


def column(part: Expr, scope: NameScope) -> Expr:
    """What a name stands for: the column of a row, an argument, or a variable.

    Args:
        part: the name.
        scope: where it stands.
    """
    if not part.path:  # all columns of whatever is in FROM
        inside = [alias for frame in scope.frames[:1] for alias, _ in frame.values()]
        return replace(part, path=(inside[0],)) if len(inside) == 1 else part
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
