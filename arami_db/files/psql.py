"""A file as psql reads it: statements, meta-commands, and the rows after a COPY.

It finds the errors in a file that the parser refuses as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from arami_db.files.lexemes import lexemes, skip_empty

# pg_dump writes these two around its output since August 2025 (CVE-2025-8714); they have no effect.
_HARMLESS = re.compile(r"^[ \t]*\\(?:un)?restrict[ \t]+[A-Za-z0-9]+[ \t]*$", re.MULTILINE)
_INLINE_COPY = re.compile(r"\\copy\b.*\bfrom\s+stdin\b", re.IGNORECASE)
_END_OF_ROWS = re.compile(r"^\\\.$", re.MULTILINE)
_ROUTINE = re.compile(r"create (or replace )?(function|procedure) ")
_FIRST_WORDS = 4
_BLOCKS, _PARENTHESES = 1, 2  # where a semicolon does not end a statement: in the first, in both


@dataclass(frozen=True)
class Piece:
    """A part of a file.

    Attributes:
        text: as written; a statement without its semicolon.
        offset: where it begins, in characters from the start of the file's text.
        kind: "statement"; "command" for a meta-command, from its backslash to the end of its line;
            or "rows" for the rows after a COPY, from the rest of its line to the end mark.
    """

    text: str
    offset: int
    kind: str = "statement"


def without_restrict(text: str) -> str:
    """The text with its \\restrict lines replaced by blanks, unless they are part of a literal."""
    if "restrict" not in text or not _HARMLESS.search(text):
        return text
    blanked = _HARMLESS.sub(lambda line: " " * len(line[0]), text)
    parts, position = [], 0
    for lexeme in lexemes(blanked):  # none begins or ends in such a line
        parts += [blanked[position : lexeme.start], text[lexeme.start : lexeme.end]]
        position = lexeme.end
    return "".join([*parts, blanked[position:]])


def without(text: str, others: list[Piece]) -> str:
    """The text with some pieces replaced by blanks."""
    parts, position = [], 0
    for piece in others:
        lines = (" " * len(line) for line in piece.text.split("\n"))
        parts += [text[position : piece.offset], "\n".join(lines)]
        position = piece.offset + len(piece.text)
    return "".join([*parts, text[position:]])


def pieces(text: str) -> Iterator[Piece]:
    """Read a text to its end.

    Args:
        text: the text, which may be invalid SQL.

    Returns:
        Its parts, in order, without the comments between them; a meta-command ends the statement
        that it is in.
    """
    position, nesting = skip_empty(text), _PARENTHESES
    while position < len(text):
        statement = _Statement(nesting)
        end = statement.read(text, position)
        if end is None and statement.is_open:  # it must not include the rest
            nesting -= 1
            continue
        stop = len(text) if end is None else end
        if stop > position:
            yield Piece(text[position:stop], position)
        position = stop + 1
        if text.startswith("\\", stop):
            line_end = text.find("\n", stop)
            position = len(text) if line_end < 0 else line_end
            yield Piece(text[stop:position], stop, "command")
            statement.copies = takes_rows(text[stop:position])
        if statement.copies and end is not None:
            rows_end = _after_rows(text, position)
            yield Piece(text[position:rows_end], position, "rows")
            position = rows_end
        position = skip_empty(text, position)


def takes_rows(command: str) -> bool:
    """Whether rows follow a meta-command."""
    return _INLINE_COPY.match(command) is not None


def _after_rows(text: str, position: int) -> int:
    """Where SQL continues: rows begin on the next line and end with \\. or the file."""
    line_end = text.find("\n", position)
    end = _END_OF_ROWS.search(text, line_end + 1) if line_end >= 0 else None
    return end.end() if end else len(text)


@dataclass
class _Statement:
    """The state of a statement that is being read.

    Attributes:
        nesting: what to count: parentheses and blocks, blocks, or neither.
        words: the first words, each followed by a blank.
        previous: the word before, if only blanks are in between.
        parentheses: how many are open.
        blocks: how many BEGIN and CASE are open in the body of a routine.
        copies: whether rows follow it.
    """

    nesting: int
    words: str = ""
    previous: str = ""
    parentheses: int = 0
    blocks: int = 0
    copies: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a semicolon would be part of it."""
        return bool(self.parentheses or self.blocks)

    def read(self, text: str, position: int) -> int | None:
        """Where its semicolon or the backslash of a meta-command is; None without an end."""
        for lexeme in lexemes(text, position):
            part = text[lexeme.start : lexeme.end]
            if part == "\\" or (part == ";" and not self.is_open):
                return lexeme.start
            self._see(lexeme.kind, part)
        return None

    def _see(self, kind: str, text: str) -> None:
        if kind in {"comment", "block"}:
            return
        if self.nesting >= _PARENTHESES:
            self.parentheses = max(0, self.parentheses + {"(": 1, ")": -1}.get(text, 0))
        word = f"{text.lower()} " if kind == "word" and not self.parentheses else ""
        if self.words.count(" ") < _FIRST_WORDS:
            self.words += word
        if self.words.startswith("copy ") and self.previous + word == "from stdin ":
            self.copies = True
        if self.nesting >= _BLOCKS and _ROUTINE.match(self.words):
            opens = word == "begin " or (word == "case " and self.blocks > 0)
            self.blocks = max(0, self.blocks + opens - (word == "end "))
        self.previous = word
