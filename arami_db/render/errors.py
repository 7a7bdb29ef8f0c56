"""Errors: the place, the statement, what the server said, and the way out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from arami_db.errors import (
    AramiError,
    BatchError,
    LedgerError,
    PlatformError,
    Refusal,
    RefusedFileError,
    StatementError,
)
from arami_db.escape import block, uncommanding
from arami_db.render.output import OutputFormat, chosen_format, complain, emit

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding
    from arami_db.runner.failure import FileFailedError

_EXCERPT_LINES, _EXCERPT_WIDTH = 12, 200
_LISTED = 30  # of many refusals; each with one line of its statement
# What the JSON of a failed statement has, and that of a refused one.
_PLACE = ("file", "line", "column", "statement", "sqlstate")


def error_report(error: AramiError) -> int:
    """Tell an error and return the exit code it calls for."""
    lines = [f"error: {error}", *_lines(error)]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    complain(uncommanding(block("\n".join(lines))))
    if chosen_format() is OutputFormat.JSON:
        emit("", {"error": _as_data(error)}, OutputFormat.JSON)
    return error.exit_code


def crash_report(error: Exception) -> None:
    """Tell a fault of this tool as JSON, where that was asked for; its traceback is for stderr."""
    if chosen_format() is OutputFormat.JSON:
        message = f"{type(error).__name__}: {error}"
        emit(
            "", {"error": {"type": "Crash", "message": message, "exit_code": 1}}, OutputFormat.JSON
        )


# The classes are imported where one of their base is at hand: their modules load the driver.


def _lines(error: AramiError) -> list[str]:
    """What an error has to show below its message."""
    if isinstance(error, RefusedFileError):
        return _refusal_lines(error.refusals)
    if isinstance(error, StatementError):
        from arami_db.runner.failure import FileFailedError

        return _failure_lines(error) if isinstance(error, FileFailedError) else []
    if isinstance(error, PlatformError):
        from arami_db.administrator import AdministratorError

        return ["", error.block, ""] if isinstance(error, AdministratorError) else []
    if isinstance(error, LedgerError):
        from arami_db.adopt.compare import DifferencesError

        return _difference_lines(error.findings) if isinstance(error, DifferencesError) else []
    return []


def _refusal_lines(refusals: tuple[Refusal, ...]) -> list[str]:
    """What belongs to the only refusal, or the list of many."""
    if len(refusals) == 1:
        return _syntax_lines(refusals[0], _EXCERPT_LINES)
    lines = []
    for refusal in refusals[:_LISTED]:
        lines.append(str(refusal))
        lines += _syntax_lines(refusal, 1)
    if len(refusals) > _LISTED:
        lines.append(f"and {len(refusals) - _LISTED} more; --format json has all of them")
    return [f"  {line}" for line in lines]


def _syntax_lines(refusal: Refusal, most: int) -> list[str]:
    if not refusal.sqlstate:
        return []
    excerpt = _excerpt(refusal.statement or "", refusal.position, most)
    return [*excerpt, f"SQLSTATE: {refusal.sqlstate}"]


def _excerpt(statement: str, position: int, most: int) -> list[str]:
    """The lines of a statement around a place in it."""
    lines = statement.split("\n")
    at = statement.count("\n", 0, position)
    column = position - statement.rfind("\n", 0, position) - 1
    first = max(0, min(at - most // 2, len(lines) - most))
    excerpt = [
        f"    {_clipped(line, column if number == at else 0)}"
        for number, line in enumerate(lines[first : first + most], start=first)
    ]
    if most > 1 and first:
        excerpt.insert(0, f"    … {first} lines before")
    if most > 1 and len(lines) > first + most:
        excerpt.append(f"    … {len(lines) - first - most} more lines")
    return excerpt


def _clipped(line: str, column: int) -> str:
    """The part of a long line that is around a column."""
    start = max(0, min(column - _EXCERPT_WIDTH // 2, len(line) - _EXCERPT_WIDTH))
    end = start + _EXCERPT_WIDTH
    return "…" * (start > 0) + line[start:end] + "…" * (end < len(line))


def _failure_lines(error: FileFailedError) -> list[str]:
    statement = error.statement
    if statement == "commit":
        statement = "commit: deferred constraints are checked and deferred triggers fire here"
    lines = _excerpt(statement, error.position, _EXCERPT_LINES)
    lines.append(f"SQLSTATE: {error.sqlstate}")
    if error.detail:
        lines.append(f"detail: {error.detail}")
    if error.context:
        lines.append(f"context: {error.context}")
    lines += [f"blocked by: {blocker}" for blocker in error.blockers]
    nothing = f"Nothing of {error.file.label} was applied; files before it stay applied."
    lines.append(error.remains or nothing)
    return lines


def _difference_lines(findings: tuple[Finding, ...]) -> list[str]:
    """Findings, as `verify` shows them."""
    from arami_db.render.findings.text import lines_of

    return [f"  {line}" for finding in findings for line in lines_of(finding)]


def _as_data(error: AramiError) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": type(error).__name__.removesuffix("Error"),
        "message": str(error),
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
    return data | _details(error)


def _details(error: AramiError) -> dict[str, Any]:
    """What a program may read besides the message."""
    if isinstance(error, RefusedFileError):
        refusals = [asdict(refusal) for refusal in error.refusals]
        first = {key: refusals[0][key] for key in _PLACE} if refusals else {}
        return first | ({"refusals": refusals} if refusals else {})
    if isinstance(error, StatementError):
        return _failure_data(error)
    if isinstance(error, BatchError):
        return _batch_data(error)
    if isinstance(error, PlatformError):
        from arami_db.administrator import AdministratorError

        return {"block": error.block} if isinstance(error, AdministratorError) else {}
    if isinstance(error, LedgerError):
        from arami_db.adopt.compare import DifferencesError
        from arami_db.render.findings.json import data_of

        if isinstance(error, DifferencesError):
            return {"findings": [data_of(finding) for finding in error.findings]}
    return {}


def _failure_data(error: StatementError) -> dict[str, Any]:
    """The place of a statement that failed, and what the server said."""
    from arami_db.runner.failure import FileFailedError

    if not isinstance(error, FileFailedError):
        return {}
    return {
        "file": error.file.label,
        "line": error.line,
        "column": error.column,
        "statement": error.statement,
        "sqlstate": error.sqlstate,
        "detail": error.detail,
        "context": error.context,
        "blockers": error.blockers,
        "remains": error.remains,
    }


def _batch_data(error: BatchError) -> dict[str, Any]:
    """What the server said of a batch, or what stops an archive run."""
    from arami_db.archive.batch import BatchFailedError
    from arami_db.archive.estimate import ObstacleError

    if isinstance(error, ObstacleError):
        obstacles = [asdict(obstacle) for obstacle in error.obstacles]
        return {"sqlstate": error.sqlstate, "obstacles": obstacles}
    return {"sqlstate": error.sqlstate} if isinstance(error, BatchFailedError) else {}
