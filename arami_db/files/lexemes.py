"""Finding literals, comments and words in SQL that the parser may refuse.

The parser's own scanner needs a whole text and fails at anything that is not SQL, such as rows of
a COPY; this one can start at any place. The rules are those of PostgreSQL's scan.l and
psql's psqlscan.l, with standard_conforming_strings on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLANKS = " \t\n\r\f\v"  # not Python's definition: a no-break space is part of a name

_LETTER = r"A-Za-z_\x80-\U0010ffff"
# Up to the closing quote; a backslash escapes the next character, and two quotes are one.
_ESCAPED = r"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
_LEXEME = re.compile(
    rf"""
    (?P<comment>--[^\n\r]*+)
    | (?P<block>/\*)
    | (?P<escaped>[eE]{_ESCAPED})
    | (?P<literal>'[^']*+' | "[^"]*+")
    | (?P<open>(?:[eE]?'|").*+)
    | (?P<dollar>\$(?:[{_LETTER}][{_LETTER}0-9]*+)?\$)
    | (?P<word>[{_LETTER}][{_LETTER}0-9$]*+)
    | (?P<number>\$[0-9]++|[0-9][{_LETTER}0-9.]*+)
    | (?P<mark>[;()\\])
    """,
    re.VERBOSE | re.DOTALL,
)
# Allowed between two parts of one string: a line end, blanks, comments.
_BETWEEN = re.compile(
    r"(?:[ \t\f\v]|--[^\n\r]*+)*+[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*+[\n\r])*+(?=')"
)
_COMMENT = re.compile(r"--[^\n\r]*+")
_PART = re.compile(rf"{_ESCAPED}|'.*+", re.DOTALL)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_EMPTY = re.compile(rf"(?:[{BLANKS};]|--[^\n\r]*+)*+")


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A part of a text.

    Attributes:
        kind: "comment" (to the end of its line), "block" (a comment between marks), "literal" (also
            a quoted name), "escaped" and "dollar" (literals too), "open" (a quote or comment that
            is never closed), "word", "number", or "mark" (semicolon, parenthesis, backslash).
        start: where it begins, in characters.
        end: where the next one may begin.
    """

    kind: str
    start: int
    end: int


def lexemes(text: str, position: int = 0) -> Iterator[Lexeme]:
    """The parts of a text, without operators and blanks.

    Args:
        text: the text.
        position: where to begin, outside of any part.

    Returns:
        The parts in order, to the end of the text.
    """
    while match := _LEXEME.search(text, position):
        kind, position = match.lastgroup or "", match.end()
        if kind == "block" and (end := _block_end(text, position)):
            position = end
        elif kind == "block":
            kind, position = "open", len(text)
        elif kind == "dollar":
            closing = text.find(match[0], position)
            position = len(text) if closing < 0 else closing + len(match[0])
        yield Lexeme(kind, match.start(), position)
        while kind == "escaped" and (between := _BETWEEN.match(text, position)):
            for comment in _COMMENT.finditer(text, *between.span()):
                yield Lexeme("comment", *comment.span())
            if part := _PART.match(text, between.end()):
                position = part.end()
                yield Lexeme("literal", *part.span())


def _block_end(text: str, position: int) -> int | None:
    """The end of a block comment, if it has one; block comments nest."""
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, position):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    return None


def skip_empty(text: str, position: int = 0) -> int:
    """Where the next statement begins: after blanks, comments and stray semicolons."""
    while match := _EMPTY.match(text, position):
        position = match.end()
        end = _block_end(text, position + 2) if text.startswith("/*", position) else None
        if end is None:
            break
        position = end
    return position


def line_comments(text: str) -> Iterator[Lexeme]:
    """The comments that are alone on their lines."""
    for lexeme in lexemes(text):
        if lexeme.kind == "comment":
            line_start = text.rfind("\n", 0, lexeme.start) + 1
            if not text[line_start : lexeme.start].strip():
                yield lexeme


def without_comments(text: str) -> str:
    """The text with blanks for comments; it keeps its length in UTF-8, not in characters."""
    parts, position = [], 0
    for lexeme in lexemes(text):
        if lexeme.kind in {"comment", "block"}:
            blanks = " " * len(text[lexeme.start : lexeme.end].encode())
            parts += [text[position : lexeme.start], blanks]
            position = lexeme.end
    return "".join([*parts, text[position:]])
