"""Parse SQL expressions with Postgres's own parser, and make the tree of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import postgast
from postgast import pg_query_pb2 as pg

from arami_db.policies.expressions.queries import (
    columns_in,
    names,
    operator,
    read_query,
    sublink,
    written,
)
from arami_db.policies.expressions.tree import NULL, Expr, Query, joined, literal, negated

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

_TESTS = ("true", "not true", "false", "not false", "unknown", "not unknown")
_EXTREMES = {pg.IS_GREATEST: "greatest", pg.IS_LEAST: "least"}


@cache
def expression(sql: str) -> Expr:
    """Read an expression; what is of a newer Postgres than the parser is opaque.

    Args:
        sql: its text.
    """
    try:
        found = postgast.parse(f"select {sql}").stmts[0].stmt.select_stmt
        return _read(found.target_list[0].res_target.val)
    except (postgast.PgQueryError, RecursionError):
        return Expr("opaque", sql)


@cache
def query(sql: str) -> Query | None:
    """Read a query; None where it is none of those understood.

    Args:
        sql: its text, a single statement.
    """
    try:
        statements = postgast.parse(sql).stmts
        if len(statements) != 1 or not statements[0].stmt.HasField("select_stmt"):
            return None
        return read_query(statements[0].stmt.select_stmt, _read)
    except (postgast.PgQueryError, RecursionError):
        return None


def _opaque(node: Node) -> Expr:
    """What is of no use but as SQL; its columns and parameters are its args."""
    columns = [_read(found) for found in columns_in(node)]
    return Expr("opaque", written(node), tuple(columns))


def _read(node: Node) -> Expr:
    kind = node.WhichOneof("node")
    made = _READERS[kind](getattr(node, kind)) if kind in _READERS else None
    return made or _opaque(node)


def _all(nodes: Any) -> tuple[Expr, ...]:
    return tuple(map(_read, nodes))


def _constant(const: Any) -> Expr | None:
    match const.WhichOneof("val"):
        case "sval":
            return literal(const.sval.sval)
        case "boolval":
            return Expr("const", "true" if const.boolval.boolval else "false")
        case "ival":
            return Expr("const", str(const.ival.ival))
        case "fval":
            return Expr("const", const.fval.fval)
    return NULL if const.isnull else None


def _column(reference: Any) -> Expr:
    is_star = reference.fields[-1].HasField("a_star")
    return Expr(
        "star" if is_star else "column", path=names(reference.fields)[: -1 if is_star else None]
    )


def _cast(cast: Any) -> Expr | None:
    if cast.type_name.setof:
        return None
    tree = postgast.parse("select null::int")
    made = tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val.type_cast
    made.type_name.CopyFrom(cast.type_name)
    name = postgast.deparse(tree).removeprefix("SELECT ").removeprefix("NULL::")
    return Expr("cast", name, (_read(cast.arg),))


def _operation(found: Any) -> Expr | None:
    name = operator(found.name)
    left = (_read(found.lexpr),) if found.HasField("lexpr") else ()
    match found.kind:
        case pg.AEXPR_OP | pg.AEXPR_LIKE | pg.AEXPR_ILIKE | pg.AEXPR_SIMILAR:
            return Expr("op", name, (*left, _read(found.rexpr)))
        case pg.AEXPR_OP_ANY | pg.AEXPR_OP_ALL:
            kind = "any" if found.kind == pg.AEXPR_OP_ANY else "all"
            return Expr(kind, name, (*left, _read(found.rexpr)))
        case pg.AEXPR_IN:
            items = _all(found.rexpr.list.items)
            kind = "any" if name == "=" else "all"
            return Expr(kind, name, (*left, Expr("array", args=items)))
        case pg.AEXPR_DISTINCT | pg.AEXPR_NOT_DISTINCT:
            told = "distinct from" if found.kind == pg.AEXPR_DISTINCT else "not distinct from"
            return Expr("test", told, (*left, _read(found.rexpr)))
        case pg.AEXPR_NULLIF:
            return Expr("call", args=(*left, _read(found.rexpr)), path=("nullif",))
        case pg.AEXPR_BETWEEN | pg.AEXPR_NOT_BETWEEN:
            low, high = _all(found.rexpr.list.items)
            both = joined("and", (Expr("op", ">=", (*left, low)), Expr("op", "<=", (*left, high))))
            return both if found.kind == pg.AEXPR_BETWEEN else negated(both)
    return None


def _boolean(found: Any) -> Expr:
    args = _all(found.args)
    if found.boolop == pg.NOT_EXPR:
        return negated(args[0])
    return joined("and" if found.boolop == pg.AND_EXPR else "or", args)


def _call(found: Any) -> Expr | None:
    plain = {"funcname", "args", "agg_star", "agg_distinct", "funcformat", "func_variadic"}
    plain.add("location")
    if any(part.name not in plain for part, _ in found.ListFields()):
        return None
    path, args = names(found.funcname), _all(found.args)
    path = path[1:] if path[0] == "pg_catalog" else path
    name = "variadic" if found.func_variadic else "*" if found.agg_star else ""
    name = "distinct" if found.agg_distinct else name
    if found.funcformat == pg.COERCE_SQL_SYNTAX and path == ("extract",):
        return Expr("call", "", (args[0], args[1]), ("date_part",))
    return Expr("call", name, args, path)


def _case(found: Any) -> Expr:
    args: list[Expr] = []
    for when in found.args:
        condition = _read(when.case_when.expr)
        if found.HasField("arg"):
            condition = Expr("op", "=", (_read(found.arg), condition))
        args += [condition, _read(when.case_when.result)]
    args.append(_read(found.defresult) if found.HasField("defresult") else NULL)
    return Expr("case", args=tuple(args))


def _indirection(found: Any) -> Expr | None:
    part = _read(found.arg)
    for step in found.indirection:
        if step.HasField("string"):
            part = Expr("field", step.string.sval, (part,))
        elif step.HasField("a_indices") and not step.a_indices.is_slice:
            part = Expr("index", args=(part, _read(step.a_indices.uidx)))
        else:
            return None
    return part


def _keyword(found: Any) -> Expr | None:
    name = pg.SQLValueFunctionOp.Name(found.op).removeprefix("SVFOP_").lower()
    return None if found.typmod >= 0 else Expr("call", "keyword", path=(name,))


_READERS: dict[str | None, Any] = {
    "a_const": _constant,
    "column_ref": _column,
    "param_ref": lambda found: Expr("param", str(found.number)),
    "type_cast": _cast,
    "a_expr": _operation,
    "bool_expr": _boolean,
    "null_test": lambda t: Expr(
        "test", "null" if t.nulltesttype == pg.IS_NULL else "not null", (_read(t.arg),)
    ),
    "boolean_test": lambda t: Expr("test", _TESTS[t.booltesttype - pg.IS_TRUE], (_read(t.arg),)),
    "coalesce_expr": lambda found: Expr("call", args=_all(found.args), path=("coalesce",)),
    "min_max_expr": lambda f: Expr("call", args=_all(f.args), path=(_EXTREMES[f.op],)),
    "a_array_expr": lambda found: Expr("array", args=_all(found.elements)),
    "row_expr": lambda found: Expr("row", args=_all(found.args)),
    "case_expr": _case,
    "a_indirection": _indirection,
    "sub_link": lambda found: sublink(found, _read),
    "func_call": _call,
    "named_arg_expr": lambda found: Expr("named", found.name, (_read(found.arg),)),
    "sqlvalue_function": _keyword,
}
