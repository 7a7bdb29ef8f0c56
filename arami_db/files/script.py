"""A SQL file split into statements by Postgres's own parser (libpg_query), or the reason why not.

Importing this module loads the parser; a run with nothing pending never does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from postgast import PgQueryError, parse, scan

from arami_db.errors import RefusedFileError
from arami_db.files.lexical import (
    refuse_markers,
    refused,
    says_no_transaction,
    without_meta_commands,
)
from arami_db.files.rules import is_quiet, refusal
from arami_db.files.transactions import mismatches, opening

if TYPE_CHECKING:
    from postgast.pg_query_pb2 import Node

    from arami_db.files.sqlfile import SqlFile

_BLANKS = re.compile(rb"(?:[ \t\n\r\f\v]+|--[^\n\r]*)*")


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


@dataclass(frozen=True)
class Script:
    """What a file will run.

    Attributes:
        file: the file.
        statements: in order; at least one.
        in_transaction: False for a file marked no-transaction: each statement by itself.
        leaves_traces: whether settings, temporary tables and the like could outlive it.
    """

    file: SqlFile
    statements: tuple[Statement, ...]
    in_transaction: bool
    leaves_traces: bool

    @property
    def opening(self) -> tuple[Statement, ...]:
        """SET TRANSACTION at its top, which must come before the runner's own queries as well."""
        return tuple(opening(self.statements))

    @property
    def sql(self) -> str:
        """The file's text, its last statement ended with a semicolon, as a script needs it."""
        last = self.statements[-1]
        ended = ";" in self.file.text[last.offset + len(last.text) :]
        return self.file.text if ended else self.file.text.rstrip() + "\n;\n"


@cache  # a run loads a file before it waits for the lock, and again once it holds it
def load(file: SqlFile) -> Script:
    """Split a file and refuse what could not be run as promised.

    Args:
        file: the file to split.

    Returns:
        Its script.

    Raises:
        RefusedFileError: a syntax error, transaction control, a psql meta-command, inline COPY
            data, an unknown directive, another tool's marker, no statement at all, or statements
            and directive that do not fit; names file, line and column.
    """
    text = without_meta_commands(file)
    statements = tuple(_statements(file, text))
    refuse_markers(file, text)
    no_transaction = says_no_transaction(file, text)
    if not statements:
        raise RefusedFileError(
            f"{file.label}: holds no statement, only comments",
            hint="Write its SQL, or delete the file.",
        )
    for statement in statements:
        if reason := refusal(statement.node):
            raise refused(file, statement.offset, reason)
    for offset, reason, hint in mismatches(file.kind, statements, alone=no_transaction):
        raise refused(file, offset, reason, hint)
    return Script(
        file,
        statements,
        in_transaction=not no_transaction,
        leaves_traces=not all(is_quiet(statement.node) for statement in statements),
    )


def _statements(file: SqlFile, text: str) -> list[Statement]:
    try:
        tree = parse(text)
    except PgQueryError as error:
        raise _syntax_error(file, text, error) from error
    data = text.encode()
    position, offset = 0, 0  # the same place in bytes and in characters
    found = []
    for raw in tree.stmts:
        end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(data)
        start = _first_token(data, raw.stmt_location, end)
        offset += len(data[position:start].decode())
        position = start
        found.append(Statement(data[start:end].decode().rstrip(), offset, raw.stmt))
    return found


def _first_token(data: bytes, start: int, end: int) -> int:
    """Where a statement begins: the parser counts blanks, comments and stray semicolons to it."""
    if blanks := _BLANKS.match(data, start, end):
        start = blanks.end()
    if not data.startswith((b"/*", b";"), start):
        return start
    for token in scan(data[start:end].decode()).tokens:
        first = start + token.start
        if not data.startswith((b"--", b"/*", b";"), first):
            return int(first)
    return start


def _syntax_error(file: SqlFile, text: str, error: PgQueryError) -> RefusedFileError:
    """The parser's complaint, at the character it names (counted from 1)."""
    offset = max(error.cursorpos - 1, 0)
    # What was never closed is quoted to the end of the file; its first line is enough.
    message = error.message.split("\n")[0]
    return refused(file, offset, message, _syntax_hint(text, offset))


def _syntax_hint(text: str, offset: int) -> str | None:
    near = text[offset : offset + 1]
    if near == ":":
        return "psql variables are not expanded; the runner is not psql."
    if near == "\\":
        return "That is a psql meta-command, and the runner is not psql; write plain SQL."
    return None
