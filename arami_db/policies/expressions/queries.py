"""Make the tree of a query within an expression: FROM, WHERE and what it selects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import postgast
from postgast import pg_query_pb2 as pg

from arami_db.policies.expressions.tree import Expr, Query, Source, joined

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

_KNOWN = {
    "target_list", "from_clause", "where_clause", "limit_option", "op", "distinct_clause",
    "sort_clause", "limit_count", "with_clause",
}  # fmt: skip
Read = Callable[["Node"], Expr]
Named = Mapping[str, Query]


def written(node: Node) -> str:
    """A part of an expression as the parser writes it.

    Args:
        node: the part.
    """
    tree = postgast.parse("select 1")
    tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val.CopyFrom(node)
    return postgast.deparse(tree).removeprefix("SELECT ")


def names(nodes: Any) -> tuple[str, ...]:
    """The texts of a list of strings, such as the parts of a name.

    Args:
        nodes: the strings.
    """
    return tuple(node.string.sval for node in nodes)


def columns_in(message: Any) -> list[Any]:
    """The columns and parameters anywhere in a part of an expression.

    Args:
        message: the part.
    """
    if message.DESCRIPTOR.name == "Node" and message.WhichOneof("node") in {
        "column_ref",
        "param_ref",
    }:
        return [message]
    found = []
    for part, value in message.ListFields():
        if part.type == part.TYPE_MESSAGE:
            for one in value if _is_many(value) else (value,):
                found += columns_in(one)
    return found


def _is_many(value: Any) -> bool:
    return not hasattr(value, "DESCRIPTOR")


def read_query(select: Any, read: Read, around: Named = MappingProxyType({})) -> Query | None:
    """A query; None for one with anything that is not in the tree.

    Args:
        select: as the parser has it.
        read: reads an expression.
        around: the queries of WITH, by name.
    """
    if any(part.name not in _KNOWN for part, _ in select.ListFields()) or select.op > 1:
        return None
    named = dict(around)
    for one in select.with_clause.ctes:
        found = read_query(one.common_table_expr.ctequery.select_stmt, read, named)
        if found is None or select.with_clause.recursive:
            return None
        named[one.common_table_expr.ctename] = found
    sources: list[Source] = []
    for node in select.from_clause:
        more = _sources(node, read, named)
        if more is None:
            return None
        sources += more
    targets = [target.res_target for target in select.target_list]
    values = tuple(read(target.val) for target in targets)
    target = values[0] if len(values) == 1 else Expr("row", args=values) if values else None
    where = read(select.where_clause) if select.HasField("where_clause") else None
    called = tuple(t.name or _name(value) for t, value in zip(targets, values, strict=True))
    distinct = bool(select.distinct_clause)
    return Query(target, tuple(sources), where, _tail(select), distinct, called)


def _name(value: Expr) -> str:
    """What Postgres calls a column that has no name."""
    while value.kind == "cast":
        value = value.args[0]
    return value.path[-1] if value.path else "?column?"


def _tail(select: Any) -> str:
    """LIMIT. What it sorts by decides nothing that a case could want otherwise."""
    return f"limit {written(select.limit_count)}" if select.HasField("limit_count") else ""


def _sources(node: Node, read: Read, named: Named) -> list[Source] | None:
    kind = node.WhichOneof("node")
    if kind == "range_var":
        found = node.range_var
        path = (found.schemaname, found.relname)
        alias = found.alias.aliasname or found.relname
        known = None if found.schemaname else named.get(found.relname)
        return [Source(alias, query=known) if known else Source(alias, path)]
    if kind == "range_function":
        return _of_function(node.range_function, read)
    if kind == "range_subselect":
        alias = node.range_subselect.alias
        inner = read_query(node.range_subselect.subquery.select_stmt, read, named)
        columns = names(alias.colnames)
        return [Source(alias.aliasname, query=inner, columns=columns)] if inner else None
    if kind != "join_expr" or node.join_expr.is_natural:
        return None
    join = node.join_expr
    left, right = _sources(join.larg, read, named), _sources(join.rarg, read, named)
    if left is None or right is None or len(right) != 1 or join.jointype > pg.JOIN_LEFT:
        return None
    on = read(join.quals) if join.HasField("quals") else None
    if join.using_clause:
        sides = (left[0].alias, right[0].alias)
        pairs = [[Expr("column", path=(s, n)) for s in sides] for n in names(join.using_clause)]
        on = joined("and", tuple(Expr("op", "=", tuple(pair)) for pair in pairs))
    return [*left, replace(right[0], on=on, left=join.jointype == pg.JOIN_LEFT)]


def _of_function(found: Any, read: Read) -> list[Source] | None:
    if found.is_rowsfrom or found.ordinality or found.coldeflist or len(found.functions) != 1:
        return None
    call = read(found.functions[0].list.items[0])
    alias = found.alias.aliasname or (call.path[-1] if call.path else "")
    return [Source(alias, call=call, columns=names(found.alias.colnames))]


def sublink(found: Any, read: Read) -> Expr | None:
    """A query within an expression; None for one with anything that is not in the tree.

    Args:
        found: as the parser has it.
        read: reads an expression.
    """
    select = found.subselect.select_stmt
    if select.op == pg.SETOP_UNION and found.sub_link_type in {pg.EXISTS_SUBLINK, pg.ANY_SUBLINK}:
        return _of_union(found, select, read)
    inside = read_query(found.subselect.select_stmt, read)
    if inside is None:
        return None
    match found.sub_link_type:
        case pg.EXISTS_SUBLINK:
            return Expr("exists", query=inside)
        case pg.EXPR_SUBLINK:
            return inside.value or Expr("scalar", query=inside)
        case pg.ARRAY_SUBLINK:
            return Expr("list", query=inside)
        case pg.ANY_SUBLINK:
            name = operator(found.oper_name) if found.oper_name else "="
            return Expr("in", name, (read(found.testexpr),), query=inside)
    return None


def _of_union(found: Any, select: Any, read: Read) -> Expr | None:
    """A row of one query or of the other."""
    if select.HasField("with_clause"):
        return None
    parts = []
    for side in (select.larg, select.rarg):
        one = type(found)()
        one.CopyFrom(found)
        one.subselect.select_stmt.CopyFrom(side)
        parts.append(sublink(one, read))
    return joined("or", tuple(part for part in parts if part)) if all(parts) else None


def operator(found: Any) -> str:
    """An operator as SQL writes it: by its bare name, if it is the server's own.

    Args:
        found: the parts of its name.
    """
    schema, name = ("", *names(found))[-2:]
    return name if schema in {"", "pg_catalog"} else f"operator({schema}.{name})"
