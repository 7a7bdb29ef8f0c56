"""Errors: the place, the statement, what the server said, and the way out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeGuard

from arami_db.errors import AramiError, Refusal, RefusedFileError, StatementError
from arami_db.escape import block, uncommanding
from arami_db.render.output import OutputFormat, chosen_format, complain, emit

if TYPE_CHECKING:
    from arami_db.database.failure import FileFailedError

_EXCERPT_LINES, _EXCERPT_WIDTH = 12, 200
_LISTED = 30  # of many refusals; each with one line of its statement
# What the JSON of a failed statement has, and that of a refused one.
_PLACE = ("file", "line", "column", "statement", "sqlstate")


def error_report(error: AramiError) -> int:
    """Tell an error and return the exit code it calls for."""
    lines = [f"error: {error}"]
    if _is_file_failure(error):
        lines += _failure_lines(error)
    elif isinstance(error, RefusedFileError):
        lines += _refusal_lines(error.refusals)
    lines += _difference_lines(error)
    if to_run := getattr(error, "block", None):
        lines += ["", to_run, ""]
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


def _is_file_failure(error: AramiError) -> TypeGuard[FileFailedError]:
    return isinstance(error, StatementError) and hasattr(error, "statement")


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


def _difference_lines(error: AramiError) -> list[str]:
    """The findings that an error carries, as `verify` shows them."""
    findings = getattr(error, "findings", ())
    if not findings:
        return []
    from arami_db.render.findings.text import lines_of

    return [f"  {line}" for finding in findings for line in lines_of(finding)]


def _as_data(error: AramiError) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": type(error).__name__.removesuffix("Error"),
        "message": str(error),
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
    if _is_file_failure(error):
        data |= {
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
    elif isinstance(error, RefusedFileError) and error.refusals:
        refusals = [asdict(refusal) for refusal in error.refusals]
        data |= {key: refusals[0][key] for key in _PLACE} | {"refusals": refusals}
    elif to_run := getattr(error, "block", None):
        data["block"] = to_run
    elif findings := getattr(error, "findings", ()):
        from arami_db.render.findings.json import data_of

        data["findings"] = [data_of(finding) for finding in findings]
    elif sqlstate := getattr(error, "sqlstate", None):
        data["sqlstate"] = sqlstate
    return data | _obstacles(error)


def _obstacles(error: AramiError) -> dict[str, Any]:
    """What stops an archive run, where that is the error."""
    found = getattr(error, "obstacles", ())
    return {"obstacles": [asdict(obstacle) for obstacle in found]} if found else {}
