"""What stands in a file beside statements: psql meta-commands, and the runner's directive."""

from __future__ import annotations

import re
from collections.abc import Iterable

from postgast import PgQueryError, scan

from arami_db.errors import RefusedFileError
from arami_db.files.rules import COPY_REFUSAL
from arami_db.files.sqlfile import SqlFile

_DIRECTIVE = re.compile(r"--\s*arami:\s*(.*?)\s*")
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


def says_no_transaction(file: SqlFile, text: str) -> bool:
    """Whether a comment alone on its line says no-transaction.

    Raises:
        RefusedFileError: a comment of that form says something else.
    """
    if "arami:" not in text:
        return False
    found = False
    data = text.encode()
    for token in scan(text).tokens:
        comment = _DIRECTIVE.fullmatch(data[token.start : token.end].decode())
        line_start = data.rfind(b"\n", 0, token.start) + 1
        if comment is None or data[line_start : token.start].strip():
            continue
        if comment[1] != "no-transaction":
            offset = len(data[: token.start].decode())
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
