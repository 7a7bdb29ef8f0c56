"""Policies as Citus takes them: without "(select auth.uid())", which is a subquery."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from postgast import find_nodes, parse
from postgast.pg_query_pb2 import EXPR_SUBLINK, SETOP_NONE, SubLink

from arami_db.files.lexemes import Lexeme, lexemes

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import SelectStmt

    from arami_db.files.split import Statement

_POLICIES = {"create_policy_stmt", "alter_policy_stmt"}
_PLAIN = {"target_list", "limit_option", "op"}  # what a bare SELECT has in its parse tree


def without_subqueries(statement: Statement) -> Statement:
    """A statement about a policy, with each "(select x)" of it as "(x)"; any other as it is.

    The words are blanked out, so that all else stays in its place, as errors name it.
    """
    if statement.node.WhichOneof("node") not in _POLICIES:
        return statement
    text = statement.text
    for found in find_nodes(parse(text), SubLink):
        select = found.subselect.select_stmt
        if found.sub_link_type == EXPR_SUBLINK and _is_bare(select):
            text = _blanked(text, found.location, bool(select.target_list[0].res_target.name))
    return replace(statement, text=text)


def _is_bare(select: SelectStmt) -> bool:
    """Whether all that it says is one expression."""
    said = {field.name for field, _ in select.ListFields()}
    return said <= _PLAIN and select.op == SETOP_NONE and len(select.target_list) == 1


def _blanked(text: str, location: int, named: bool) -> str:
    """The text with SELECT, and the name that the column is given, blanked out.

    Args:
        text: the text.
        location: of the parenthesis before SELECT, in bytes.
        named: whether the column is given a name.
    """
    start = len(text.encode()[:location].decode())
    inside = _inside(text, start)
    blanked = [next(one for one in inside if one.kind == "word")]
    if text[(after := inside[inside.index(blanked[0]) + 1]).start : after.end].lower() == "all":
        blanked.append(after)
    if named:
        rest = [one for one in inside if not (one.kind == "mark" and text[one.start] == ")")]
        blanked.append(rest[-1])
        if text[rest[-2].start : rest[-2].end].lower() == "as":
            blanked.append(rest[-2])
    for one in blanked:
        blank = re.sub(r"[^\n]", " ", text[one.start : one.end])
        text = text[: one.start] + blank + text[one.end :]
    return text


def _inside(text: str, start: int) -> list[Lexeme]:
    """What stands between a parenthesis and the one that closes it, comments left out."""
    depth, found = 0, []
    for one in lexemes(text, start):
        if one.kind in {"comment", "block"}:
            continue
        if one.kind == "mark":
            depth += {"(": 1, ")": -1}.get(text[one.start], 0)
        if not depth:
            break
        found.append(one)
    return found[1:]
