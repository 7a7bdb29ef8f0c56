"""What stands in a file beside statements: psql meta-commands, and the runner's directive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from postgast import PgQueryError, scan

from arami_db.errors import RefusedFileError
from arami_db.files.rules import COPY_REFUSAL
from arami_db.files.sqlfile import SqlFile

_DIRECTIVE = re.compile(r"--\s*arami:\s*(.*?)\s*")
# What other tools divide a file by; each is a comment alone on its line.
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
_META_COMMAND = re.compile(r"^[ \t]*\\.*$", re.MULTILINE)
# pg_dump writes these two around its output since August 2025 (CVE-2025-8714); they do nothing.
_HARMLESS = re.compile(r"[ \t]*\\(un)?restrict\b.*")


def refused(file: SqlFile, offset: int, reason: str, hint: str | None = None) -> RefusedFileError:
    """The error for a place in a file."""
    line, column = file.place(offset)
    return RefusedFileError(f"{file.label}:{line}:{column}: {reason}", hint=hint)


def without_meta_commands(file: SqlFile) -> str:
    """The text with \\restrict lines blanked out, in place so that offsets stay.

    Raises:
        RefusedFileError: there is any other meta-command.
    """
    text = file.text
    for match in _META_COMMAND.finditer(file.text):
        if not _outside_literals(text[: match.start()]):
            continue
        if match[0].strip() == "\\.":
            raise refused(file, _last_copy(text[: match.start()]), COPY_REFUSAL)
        if not _HARMLESS.fullmatch(match[0]):
            raise refused(
                file,
                match.start() + match[0].index("\\"),
                f"psql meta-command: {match[0].strip()}",
                "The runner is not psql; write plain SQL.",
            )
        text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return text


def _last_copy(prefix: str) -> int:
    """Where the COPY begins whose data ends here."""
    starts = [match.start() for match in re.finditer(r"\bcopy\b", prefix, re.IGNORECASE)]
    return starts[-1] if starts else len(prefix)


def _outside_literals(prefix: str) -> bool:
    """Whether text that follows the prefix stands outside every string, body and comment."""
    try:
        scan(prefix)
    except PgQueryError:
        return False
    return True


def refuse_markers(file: SqlFile, text: str) -> None:
    """Refuse what is divided for another tool: both halves would be run.

    Raises:
        RefusedFileError: names the line of the last marker, which is where the undoing begins.
    """
    if not _ANY_MARKER.search(text):
        return
    for offset, comment in reversed(list(_comments(text))):
        for tool, pattern in _MARKERS.items():
            if pattern.fullmatch(comment):
                raise refused(
                    file,
                    offset,
                    f"a marker of {tool}: {comment.strip()}",
                    "A file is run whole. Delete the marker, and the part that undoes the other.",
                )


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """The comments that are alone on their lines, and where they begin, in characters."""
    data = text.encode()
    for token in scan(text).tokens:
        line_start = data.rfind(b"\n", 0, token.start) + 1
        if data.startswith(b"--", token.start) and not data[line_start : token.start].strip():
            comment = data[token.start : token.end].decode()
            yield len(data[: token.start].decode()), comment


def says_no_transaction(file: SqlFile, text: str) -> bool:
    """Whether a comment alone on its line says no-transaction.

    Raises:
        RefusedFileError: a comment of that form says something else.
    """
    if "arami:" not in text:
        return False
    found = False
    for offset, line in _comments(text):
        comment = _DIRECTIVE.fullmatch(line)
        if comment is None:
            continue
        if comment[1] != "no-transaction":
            raise refused(
                file,
                offset,
                f"unknown directive: {comment[1] or '(empty)'}",
                "The one directive there is: -- arami: no-transaction",
            )
        found = True
    return found


def quoted(parts: Iterable[str]) -> str:
    """A name as SQL: every part quoted, empty ones (no schema given) left out."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)
