"""Comments of a file with a meaning: directives of this tool, and markers of other tools."""

from __future__ import annotations

import re
from collections.abc import Iterator

from arami_db.errors import Refusal
from arami_db.files.effects import ACCEPT, Acceptance, Effect
from arami_db.files.lexemes import line_comments
from arami_db.files.refusals import refusal_at
from arami_db.files.sqlfile import SqlFile

NO_TRANSACTION = "no-transaction"
_DIRECTIVE_HINT = (
    f"There are two: -- arami: {NO_TRANSACTION}, and -- arami: accept CLASS RELATION: REASON,"
    " with a class that `arami-db plan` names."
)
_MARKER_HINT = "The whole file is run. Delete the markers, and the part that undoes the migration."
_DIRECTIVE = re.compile(r"--\s*arami:\s*(.*?)\s*")
# Markers by which other tools divide a file; each is a comment alone on its line.
_MARKERS = {
    tool: re.compile(pattern, re.IGNORECASE)
    for tool, pattern in {
        "dbmate": r"--\s*migrate:(up|down)\b.*",
        "goose": r"--\s*\+goose\b.*",
        "sql-migrate": r"--\s*\+migrate\b.*",
        "rambler": r"--\s*rambler\s+(up|down)\b.*",
        "tern": r"----\s*create above / drop below\s*----",
        "node-pg-migrate": r"--\s*(up|down) migration\s*",
        "Liquibase": r"--\s*liquibase formatted sql\b.*",
    }.items()
}
_ANY_MARKER = re.compile(
    "|".join(rf"^[ \t]*{pattern.pattern}$" for pattern in _MARKERS.values()),
    re.IGNORECASE | re.MULTILINE,
)


def markers(file: SqlFile, text: str) -> Iterator[Refusal]:
    """Markers of another tool: this tool would run both parts."""
    if not _ANY_MARKER.search(text):
        return
    for comment in line_comments(text):
        line = text[comment.start : comment.end]
        for tool in (tool for tool, pattern in _MARKERS.items() if pattern.fullmatch(line)):
            reason = f"a marker of {tool}: {line.strip()}"
            yield refusal_at(file, comment.start, reason, _MARKER_HINT)


def directives(text: str) -> Iterator[tuple[int, str]]:
    """Comments alone on their lines that are directives: their places and texts."""
    if "arami:" not in text:
        return
    for comment in line_comments(text):
        if match := _DIRECTIVE.fullmatch(text, comment.start, comment.end):
            yield comment.start, match[1]


def acceptances(file: SqlFile) -> Iterator[Acceptance]:
    """The effects that lines `-- arami: accept CLASS RELATION: REASON` of a file accept."""
    for offset, said in directives(file.text):
        if match := re.fullmatch(ACCEPT, said):
            line, _ = file.place(offset)
            yield Acceptance(Effect(match["effect"]), match["relation"], match["reason"], line)


def unknown_directives(file: SqlFile, text: str) -> Iterator[Refusal]:
    """Unknown directives."""
    for offset, said in directives(text):
        if said != NO_TRANSACTION and not re.fullmatch(ACCEPT, said):
            reason = f"unknown directive: {said or '(empty)'}"
            yield refusal_at(file, offset, reason, _DIRECTIVE_HINT)
