"""Policies that Citus accepts: without subqueries, and at first without tests such as IS NULL."""

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
_PLAIN = {"target_list", "limit_option", "op"}  # of a SELECT with one expression only


def is_restrictive(statement: Statement) -> bool:
    """Whether it creates a restrictive policy."""
    made = statement.node
    return (
        made.WhichOneof("node") == "create_policy_stmt" and not made.create_policy_stmt.permissive
    )


def without_subqueries(statement: Statement) -> Statement:
    """A statement about a policy, with "(select x)" replaced by "(x)"; others are unchanged.

    The words are replaced by blanks, so that errors name the right places.
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
    """The statements that have the effect of a statement on Citus.

    Citus parses the expressions of CREATE POLICY again after PostgreSQL has replaced parts of them,
    and fails at tests (x is null, x is true). So such a policy is created to admit nobody, and then
    altered to its real expression. All else stays in its place, so that errors name right places.
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
    """The keywords of CREATE POLICY, and the parentheses, each as one item.

    AS and FOR include the next word. The others are reserved words, which cannot be names.
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
    """Whether it selects one expression and nothing else."""
    said = {field.name for field, _ in select.ListFields()}
    return said <= _PLAIN and select.op == SETOP_NONE and len(select.target_list) == 1


def _blanked(text: str, location: int, named: bool) -> str:
    """The text with SELECT and the column's alias replaced by blanks.

    Args:
        text: the text.
        location: the place of the parenthesis before SELECT, in bytes.
        named: whether the column has an alias.
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
    """Blanks of the same length."""
    return re.sub(r"[^\n]", " ", text)


def _inside(text: str, start: int) -> list[Lexeme]:
    """The text between a parenthesis and its closing one, without comments."""
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
