"""Parsing pieces of SQL with Postgres's own parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import postgast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postgast.pg_query_pb2 import Constraint, Node


def statement(sql: str) -> Node | None:
    """The first statement of a text; None if the parser is too old for it.

    Args:
        sql: the text.
    """
    try:
        return postgast.parse(sql).stmts[0].stmt
    except (postgast.PgQueryError, IndexError):
        return None


def expression(sql: str) -> Node | None:
    """An expression, parsed by statement()."""
    found = statement(f"select ({sql})")
    return found.select_stmt.target_list[0].res_target.val if found else None


def constraint(definition: str) -> Constraint | None:
    """A constraint, from its definition, parsed by statement()."""
    found = statement(f"alter table t add {definition}")
    if found is None:
        return None
    command = found.alter_table_stmt.cmds[0].alter_table_cmd
    read: Constraint = getattr(command, "def").constraint  # `def` is a keyword of Python
    return read


def strings(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The texts of a list of strings, such as the parts of a name."""
    return tuple(node.string.sval for node in nodes)


def text(node: Node) -> str:
    """An expression as SQL.

    Args:
        node: a parse tree.
    """
    made = postgast.parse("select 1")
    made.stmts[0].stmt.select_stmt.target_list[0].res_target.val.CopyFrom(node)
    return postgast.deparse(made).removeprefix("SELECT ")
