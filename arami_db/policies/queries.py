"""Queries within expressions: FROM, WHERE and what is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import postgast
from postgast import pg_query_pb2 as pg

from arami_db.policies.tree import Expr, Query, Source

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

_KNOWN = {
    "target_list", "from_clause", "where_clause", "limit_option", "op", "distinct_clause",
    "sort_clause", "limit_count",
}  # fmt: skip
Read = Callable[["Node"], Expr]


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


def read_query(select: Any, read: Read) -> Query | None:
    """A query; None for one with anything that is not in the tree.

    Args:
        select: as the parser has it.
        read: reads an expression.
    """
    if any(part.name not in _KNOWN for part, _ in select.ListFields()) or select.op > 1:
        return None
    sources: list[Source] = []
    for node in select.from_clause:
        found = _sources(node, read)
        if found is None:
            return None
        sources += found
    targets = [target.res_target.val for target in select.target_list]
    if len(targets) == 1:
        target: Expr | None = read(targets[0])
    else:
        target = Expr("row", args=tuple(map(read, targets))) if targets else None
    where = read(select.where_clause) if select.HasField("where_clause") else None
    return Query(target, tuple(sources), where, _tail(select), bool(select.distinct_clause))


def _tail(select: Any) -> str:
    """LIMIT. What it sorts by decides nothing that a case could want otherwise."""
    return f"limit {written(select.limit_count)}" if select.HasField("limit_count") else ""


def _sources(node: Node, read: Read) -> list[Source] | None:
    kind = node.WhichOneof("node")
    if kind == "range_var":
        found = node.range_var
        path = (found.schemaname, found.relname)
        return [Source(found.alias.aliasname or found.relname, path)]
    if kind == "range_function":
        return _of_function(node.range_function, read)
    if kind != "join_expr" or node.join_expr.using_clause or node.join_expr.is_natural:
        return None
    join = node.join_expr
    left, right = _sources(join.larg, read), _sources(join.rarg, read)
    if left is None or right is None or len(right) != 1 or join.jointype > pg.JOIN_LEFT:
        return None
    on = read(join.quals) if join.HasField("quals") else None
    one = right[0]
    made = Source(one.alias, one.table, one.call, on, join.jointype == pg.JOIN_LEFT, one.columns)
    return [*left, made]


def _of_function(found: Any, read: Read) -> list[Source] | None:
    if found.is_rowsfrom or found.ordinality or found.coldeflist or len(found.functions) != 1:
        return None
    call = read(found.functions[0].list.items[0])
    alias = found.alias.aliasname or (call.path[-1] if call.path else "")
    return [Source(alias, call=call, columns=names(found.alias.colnames))]
