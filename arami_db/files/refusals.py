"""Why a place of a file is refused: syntax errors, and what only psql or another tool accepts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from postgast import scan

from arami_db.errors import Refusal
from arami_db.files.lexemes import BLANKS
from arami_db.files.psql import Piece, takes_rows
from arami_db.files.rules import COPY_HINT, COPY_REFUSAL

if TYPE_CHECKING:
    from postgast import PgQueryError

    from arami_db.files.split import Statement
    from arami_db.files.sqlfile import SqlFile

_VERSION = scan("").version // 10000
_GRAMMAR_HINT = (
    f"This parser has the grammar of PostgreSQL {_VERSION}. If your server accepts this: put a"
    ' name that is a keyword in quotes, as in create function "json_value"(…); run anything else as'
    " text, with execute in a DO block."
)
_META_HINT = "The runner is not psql; write plain SQL."
_VARIABLE_HINT = "psql variables are not expanded; the runner is not psql."
# The parser's errors with codes other than 42601, which it does not report.
_SQLSTATES = {
    re.compile(pattern): code
    for pattern, code in {
        r"not( yet)? (implemented|supported)|cannot have output arguments": "0A000",
        r"invalid byte sequence": "22021",
        r"precision for type": "22023",
        r"core_yylex: invalid Unicode escape$": "22025",
        r"parameter number too large": "42P02",
        r"frame (start|end|starting) cannot|frame starting from": "42P20",
        r"is reserved$": "42939",
    }.items()
}


def refusal_at(
    file: SqlFile,
    offset: int,
    reason: str,
    hint: str | None = None,
    statement: Statement | None = None,
) -> Refusal:
    """A refusal of a place in a file.

    Args:
        file: the file.
        offset: the place, in characters from the start of its text.
        reason: what is wrong there.
        hint: how to fix it.
        statement: the statement at that place, if any.
    """
    line, column = file.place(offset)
    return Refusal(file.label, line, column, reason, hint, statement.text if statement else None)


def of_syntax(file: SqlFile, piece: Piece, error: PgQueryError) -> Refusal:
    """The parser's error in a statement, at the character it names (counted from 1)."""
    blank = len(piece.text) - len(piece.text.lstrip(BLANKS))
    position = max(error.cursorpos - 1, blank)
    line, column = file.place(piece.offset + position)
    # The parser quotes an unclosed literal to the end of the file; its first line is enough.
    message = error.message.split("\n")[0].rstrip()
    code = next(
        (
            code
            for known, code in _SQLSTATES.items()
            if known.search(f"{error.funcname}: {message}")
        ),
        "42601",
    )
    variable = piece.text.startswith(":", position)
    return Refusal(
        file.label,
        line,
        column,
        message,
        hint=_VARIABLE_HINT if variable else _GRAMMAR_HINT,
        statement=piece.text.strip(BLANKS),
        position=position - blank,
        sqlstate=code,
    )


def of_command(file: SqlFile, piece: Piece) -> Refusal:
    """The refusal of a meta-command."""
    command = piece.text.rstrip()
    reason = COPY_REFUSAL if takes_rows(command) else "psql meta-command"
    hint = COPY_HINT if command.startswith("\\copy") else _META_HINT
    return refusal_at(file, piece.offset, f"{reason}: {command}", hint)
