"""Splitting a text into statements with Postgres's own parser (libpg_query)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from postgast import PgQueryError, parse

from arami_db.files.lexemes import BLANKS, skip_empty, without_comments

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node, ParseResult

# A chain of 60 || or of 200 UNION ALL makes a tree deeper than protobuf's default limit.
import_module("google._upb._message").SetAllowOversizeProtos(True)


@dataclass(frozen=True)
class Statement:
    """One statement of a file.

    Attributes:
        text: as written, without the comments before it and the semicolon after it.
        offset: where it starts, in characters from the start of the file's text.
        node: its parse tree.
    """

    text: str
    offset: int
    node: Node


def split(text: str, offset: int = 0) -> list[Statement]:
    """The statements of a text.

    Args:
        text: the text.
        offset: where it begins in its file.

    Returns:
        The statements in order; none where there are only comments.

    Raises:
        PgQueryError: the parser refuses it.
    """
    data, position, found = text.encode(), 0, []
    for raw in _parse(text, data).stmts:  # the parser counts bytes
        offset += len(data[position : raw.stmt_location].decode())
        position = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(data)
        statement = data[raw.stmt_location : position].decode()
        start = skip_empty(statement)
        found.append(Statement(statement[start:].rstrip(BLANKS), offset + start, raw.stmt))
        offset += len(statement)
    return found


def _parse(text: str, data: bytes) -> ParseResult:
    """The parser's result; if it fails at a comment, the result for the text without comments.

    This parser keeps comments as tokens, and some rules look only at the next token: the parts of a
    string, NOT IN, WITH TIME ZONE, NULLS FIRST, UESCAPE. Servers treat a comment as a blank.
    """
    try:
        return parse(text)
    except PgQueryError:
        plain = without_comments(text)
    try:
        return parse(plain)
    except PgQueryError as error:
        before = len(plain[: max(error.cursorpos - 1, 0)].encode())
        position = len(data[:before].decode()) + 1 if error.cursorpos else 0
        raise PgQueryError(error.message, cursorpos=position, funcname=error.funcname) from error
