"""The statements of a SQL file, or every reason why it cannot be run.

Importing this module loads the parser; a run with nothing pending never does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from postgast import PgQueryError

from arami_db.errors import Refusal, RefusedFileError
from arami_db.files.comments import NO_TRANSACTION, directives, markers, unknown_directives
from arami_db.files.create import TEMPLATE
from arami_db.files.lexemes import BLANKS
from arami_db.files.psql import Piece, pieces, without, without_restrict
from arami_db.files.refusals import of_command, of_syntax, refusal_at
from arami_db.files.rules import COPY_HINT, is_quiet, misplaced
from arami_db.files.split import Statement, split
from arami_db.files.transactions import mismatches, opening

if TYPE_CHECKING:
    from arami_db.files.sqlfile import SqlFile

__all__ = ["Script", "Statement", "load", "load_all"]


@dataclass(frozen=True)
class Script:
    """A file, parsed and checked.

    Attributes:
        file: the file.
        statements: in order; none where the file holds only comments.
        in_transaction: False for a file marked no-transaction, whose statements run one by one.
        leaves_traces: whether settings, temporary tables and the like could outlive it.
    """

    file: SqlFile
    statements: tuple[Statement, ...]
    in_transaction: bool
    leaves_traces: bool

    @property
    def opening(self) -> tuple[Statement, ...]:
        """SET TRANSACTION at its top, which must also come before the runner's own queries."""
        return tuple(opening(self.statements))

    @property
    def sql(self) -> str:
        """The file's text with a semicolon after its last statement, for a script."""
        text = self.file.text.rstrip(BLANKS)
        if not self.statements:
            return f"{text}\n"
        last = self.statements[-1]
        ended = self.file.text[last.offset + len(last.text) :].lstrip(BLANKS).startswith(";")
        return f"{text}\n" if ended else f"{text}\n;\n"


def load_all(files: Iterable[SqlFile]) -> list[Script]:
    """Load files.

    Args:
        files: in the order in which they are run.

    Returns:
        Their scripts, in that order.

    Raises:
        RefusedFileError: some cannot be run; has every place of every file.
    """
    scripts: list[Script] = []
    refusals: list[Refusal] = []
    for file in files:
        try:
            scripts.append(load(file))
        except RefusedFileError as error:
            if not error.refusals:
                raise
            refusals += error.refusals
    if refusals:
        raise RefusedFileError(refusals=refusals)
    return scripts


@cache  # a run loads a file before it waits for the lock, and again with the lock
def load(file: SqlFile) -> Script:
    """Split a file and refuse what cannot be run.

    Args:
        file: the file to split.

    Returns:
        Its script.

    Raises:
        RefusedFileError: a syntax error, transaction control, a psql meta-command, inline COPY
            data, an unknown directive, another tool's markers, a directive that does not fit the
            statements, or an unchanged template; has every place.
    """
    statements, refusals, text = _read(file, without_restrict(file.text))
    no_transaction = any(said == NO_TRANSACTION for _, said in directives(text))
    refusals += [*_unwritten(file), *markers(file, text), *unknown_directives(file, text)]
    refusals += [
        refusal_at(file, offset, reason, hint)
        for offset, reason, hint in mismatches(file.kind, statements, alone=no_transaction)
    ]
    if refusals:
        raise RefusedFileError(refusals=sorted(refusals, key=lambda found: found.place))
    return Script(
        file,
        tuple(statements),
        in_transaction=not (no_transaction and statements),
        leaves_traces=not all(is_quiet(statement.node) for statement in statements),
    )


def _unwritten(file: SqlFile) -> Iterator[Refusal]:
    """A file without statements is allowed; an unchanged template is not."""
    if file.text == TEMPLATE.format(stem=file.path.stem):
        yield refusal_at(
            file, 0, "is an unchanged template of `arami-db new`", "Write its SQL, or delete it."
        )


def _read(file: SqlFile, text: str) -> tuple[list[Statement], list[Refusal], str]:
    """The statements of a file, its refusals, and its text without what is not SQL."""
    try:
        statements = split(text)
    except PgQueryError as error:
        whole = [of_syntax(file, Piece(text, 0), error)]
    else:
        whole = list(_misplaced(file, statements))
        if all(refusal.hint != COPY_HINT for refusal in whole):
            return statements, whole, text
    statements, refusals, others = _read_as_psql(file, text)
    refusals += _misplaced(file, statements)
    return statements, refusals or whole, without(text, others)


def _misplaced(file: SqlFile, statements: list[Statement]) -> Iterator[Refusal]:
    for statement in statements:
        if found := misplaced(statement.node):
            yield refusal_at(file, statement.offset, *found, statement)


def _read_as_psql(file: SqlFile, text: str) -> tuple[list[Statement], list[Refusal], list[Piece]]:
    """The statements that the parser accepts one by one, the refusals of others, and the rest."""
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    others: list[Piece] = []
    for piece in pieces(text):
        if piece.kind != "statement":
            others.append(piece)
            continue
        try:
            statements += split(piece.text, piece.offset)
        except PgQueryError as error:
            refusals.append(of_syntax(file, piece, error))
    refusals += [of_command(file, piece) for piece in others if piece.kind == "command"]
    return statements, refusals, others
