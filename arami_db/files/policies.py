"""Policies as Citus takes them: without subqueries, and first without tests such as IS NULL."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from postgast import find_nodes, parse
from postgast.pg_query_pb2 import EXPR_SUBLINK, SETOP_NONE, BooleanTest, NullTest, SubLink

from arami_db.files.lexemes import Lexeme, lexemes

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import SelectStmt

    from arami_db.files.split import Statement

_POLICIES = {"create_policy_stmt", "alter_policy_stmt"}
_TESTS = (NullTest, BooleanTest)
RESTRICTIVE = (
    "a restrictive policy, of which Citus makes a permissive one on the workers",
    "Add its condition to each permissive policy of the table, with AND.",
)
_PLAIN = {"target_list", "limit_option", "op"}  # what a bare SELECT has in its parse tree


def is_restrictive(statement: Statement) -> bool:
    """Whether it makes a policy that only ever narrows what others let through."""
    made = statement.node
    return (
        made.WhichOneof("node") == "create_policy_stmt" and not made.create_policy_stmt.permissive
    )


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


def as_citus_takes_it(statement: Statement) -> tuple[Statement, ...]:
    """What does on Citus what a statement does elsewhere.

    Citus reads the expressions of CREATE POLICY again after PostgreSQL has replaced parts of them,
    and fails where one is tested (x is null, x is true). So such a policy begins by letting nobody
    pass, and is altered to what it says. All else stays in its place, as errors name it.
    """
    taken = without_subqueries(statement)
    text = taken.text
    if taken.node.WhichOneof("node") != "create_policy_stmt":
        return (taken,)
    if not any(True for test in _TESTS for _ in find_nodes(parse(text), test)):
        return (taken,)
    closed = altered = text
    for one, word in reversed(_outside(text)):
        if word == "(":
            closed = closed[: one.start] + "(false)" + closed[one.end :]
        elif word == "create":
            altered = altered[: one.start] + "alter " + altered[one.end :]
        elif word in {"as", "for"}:
            altered = altered[: one.start] + _blank(text[one.start : one.end]) + altered[one.end :]
    return replace(taken, text=closed), replace(taken, text=altered)


def _outside(text: str) -> list[tuple[Lexeme, str]]:
    """The words of CREATE POLICY that say what is its, and the parentheses, each as one.

    AS and FOR are with the word that follows them. All that may not be names are reserved words.
    """
    found: list[tuple[Lexeme, str]] = []
    depth, opened = 0, 0
    for one in lexemes(text):
        said = text[one.start : one.end].lower()
        if one.kind == "mark" and said in "()":
            opened = one.start if said == "(" and not depth else opened
            depth += 1 if said == "(" else -1
            if not depth:
                found.append((Lexeme("mark", opened, one.end), "("))
        elif one.kind == "word" and not depth:
            if found and found[-1][1] in {"as", "for"} and found[-1][0].kind == "word":
                before, word = found[-1]
                found[-1] = (Lexeme("pair", before.start, one.end), word)
            else:
                found.append((one, said))
    return found


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
        text = text[: one.start] + _blank(text[one.start : one.end]) + text[one.end :]
    return text


def _blank(text: str) -> str:
    """Nothing, in the same place."""
    return re.sub(r"[^\n]", " ", text)


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
