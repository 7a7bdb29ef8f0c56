"""Conditions of policies: in plain words, and whose rows they let through.

Only shapes that are known are put into words; all else stays SQL, and of it nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from postgast.pg_query_pb2 import (
    AEXPR_IN,
    AEXPR_OP,
    AEXPR_OP_ANY,
    AND_EXPR,
    EXPR_SUBLINK,
    IS_NULL,
    NOT_EXPR,
)

from arami_db.docs.parsing import expression, strings, text
from arami_db.docs.parts import RowAccess
from arami_db.docs.words import Code, Words, joined, listed

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

_ALIKE = {"uuid", "text", "varchar", "bpchar"}
_OPERATORS = {
    "=": "is",
    "<>": "is not",
    ">=": "is at least",
    "<=": "is at most",
    ">": "is more than",
    "<": "is less than",
}
NO, YES, PERHAPS = RowAccess.NO, RowAccess.YES, RowAccess.PERHAPS


@dataclass(frozen=True)
class Reading:
    """What a condition comes to.

    Attributes:
        words: the condition in words.
        own: whether it lets the rows of whoever is signed in through.
        others: whether it lets the rows of somebody else through.
        anybody: whether it lets rows through when nobody is signed in.
        owners: the columns it compares with whoever is signed in.
        besides: what has to be so of own rows for it to let them through; empty where that
            cannot be said apart.
        parts: of how many conditions it is made.
    """

    words: Words
    own: RowAccess
    others: RowAccess
    anybody: RowAccess
    owners: frozenset[str] = frozenset()
    besides: Words = ()
    parts: int = 1


def read(condition: str | None, *, permissive: bool) -> Reading:
    """Read the condition of a policy.

    Args:
        condition: as Postgres writes it; without one a policy permits nothing, or restricts
            nothing.
        permissive: which of the two it is for.
    """
    if condition is None:
        condition = "false" if permissive else "true"
    node = expression(condition)
    return _read(node) if node else _unknown(condition)


def in_words(condition: str) -> Words:
    """Any condition in words, or as SQL where it is of no known shape."""
    return read(condition, permissive=True).words


def both(one: RowAccess, other: RowAccess) -> RowAccess:
    """Whether two conditions hold, where each may be unknown."""
    if NO in (one, other):
        return NO
    return YES if one is other is YES else PERHAPS


def either(one: RowAccess, other: RowAccess) -> RowAccess:
    """Whether one of two conditions holds, where each may be unknown."""
    if YES in (one, other):
        return YES
    return NO if one is other is NO else PERHAPS


def _unknown(sql: str) -> Reading:
    return _if((Code(sql),))


def _if(words: Words) -> Reading:
    """A condition that has nothing to do with who is signed in, as far as is known."""
    return Reading(words, PERHAPS, PERHAPS, PERHAPS, besides=words)


def _read(node: Node) -> Reading:
    match node.WhichOneof("node"):
        case "bool_expr":
            return _combined(node)
        case "a_const" if node.a_const.HasField("boolval"):
            answer = YES if node.a_const.boolval.boolval else NO
            return Reading(("every row" if answer is YES else "no row",), answer, answer, answer)
        case "a_expr":
            return _compared(node)
        case "null_test" if name := _column(node.null_test.arg):
            is_null = node.null_test.nulltesttype == IS_NULL
            return _if((Code(name), " is null" if is_null else " is not null"))
    return _unknown(text(node))


def _combined(node: Node) -> Reading:
    """Several conditions as one. A column that is null is nobody's: then no row is of somebody."""
    if node.bool_expr.boolop == NOT_EXPR:
        return _unknown(text(node))
    is_and = node.bool_expr.boolop == AND_EXPR
    readings = [_read(arg) for arg in node.bool_expr.args]
    owners = frozenset[str]().union(*(one.owners for one in readings))
    own = others = anybody = YES if is_and else NO
    combine = both if is_and else either
    for one in readings:
        nobodys = any(one.words == (Code(owner), " is null") for owner in owners)
        own = combine(own, NO if nobodys else one.own)
        others = combine(others, NO if nobodys else one.others)
        anybody = combine(anybody, one.anybody)
    parts = [("(", *one.words, ")") if one.parts > 1 else one.words for one in readings]
    words = joined(parts, " and " if is_and else ", or ")
    besides: Words = () if is_and else words
    if is_and and all(one.own is YES or one.besides for one in readings):
        besides = joined((one.besides for one in readings if one.besides), " and ")
    return Reading(words, own, others, anybody, owners, besides, len(readings))


def _compared(node: Node) -> Reading:
    """A comparison: with whoever is signed in, or with constants."""
    found, operator = node.a_expr, strings(node.a_expr.name)
    left, right = found.lexpr, found.rexpr
    if found.kind == AEXPR_OP and operator == ("=",):
        for mine, name in ((left, _column(right)), (right, _column(left))):
            if name and _is_caller(mine):
                words = (Code(name), " is the signed-in user")
                return Reading(words, YES, NO, NO, frozenset([name]))
    name, values = _column(left), _constants(right)
    if name and len(values) == 1 and found.kind == AEXPR_OP and operator[-1] in _OPERATORS:
        return _if((Code(name), f" {_OPERATORS[operator[-1]]} ", Code(values[0])))
    if name and values and found.kind in {AEXPR_IN, AEXPR_OP_ANY} and operator == ("=",):
        return _if((Code(name), " is one of ", *listed(values)))
    return _unknown(text(node))


def _uncast(node: Node) -> Node:
    """What is cast, where the cast loses nothing of an id."""
    if node.HasField("type_cast"):
        made = node.type_cast.type_name
        names = strings(made.names)
        if names[-1:] and names[-1] in _ALIKE and not (made.array_bounds or made.typmods):
            return _uncast(node.type_cast.arg)
    return node


def _column(node: Node) -> str | None:
    """The column that an expression is, as SQL writes it."""
    node = _uncast(node)
    if not node.HasField("column_ref") or not node.column_ref.fields[-1].HasField("string"):
        return None
    return text(node).rpartition(".")[2] if len(node.column_ref.fields) > 1 else text(node)


def _is_caller(node: Node) -> bool:
    """Whether an expression is auth.uid(), in a sub-select or not."""
    node = _uncast(node)
    if node.HasField("sub_link") and node.sub_link.sub_link_type == EXPR_SUBLINK:
        query = node.sub_link.subselect.select_stmt
        plain = {"target_list", "limit_option", "op"}
        is_plain = len(query.target_list) == 1 and query.op <= 1
        is_plain = is_plain and all(part.name in plain for part, _ in query.ListFields())
        return is_plain and _is_caller(query.target_list[0].res_target.val)
    return (
        node.HasField("func_call")
        and strings(node.func_call.funcname) == ("auth", "uid")
        and not node.func_call.args
    )


def _constants(node: Node) -> tuple[str, ...]:
    """The constants that an expression is made of; none where there is anything else in it."""
    if node.HasField("type_cast"):
        return _constants(node.type_cast.arg)
    if node.HasField("a_const"):
        return (text(node),)
    nodes = node.a_array_expr.elements if node.HasField("a_array_expr") else node.list.items
    found = [_constants(one) for one in nodes]
    return tuple(one[0] for one in found) if found and all(len(o) == 1 for o in found) else ()
