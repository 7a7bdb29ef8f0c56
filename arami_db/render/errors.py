"""Errors: the place, the statement, what the server said, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from arami_db.errors import AramiError, StatementError
from arami_db.escape import block, uncommanding
from arami_db.render.output import OutputFormat, chosen_format, emit, note

if TYPE_CHECKING:
    from arami_db.database.failure import FileFailedError

_EXCERPT_LINES = 12


def error_report(error: AramiError) -> int:
    """Tell an error and return the exit code it calls for."""
    lines = [f"error: {error}"]
    if _is_file_failure(error):
        lines += _failure_lines(error)
    if error.hint:
        lines.append(f"hint: {error.hint}")
    note(uncommanding(block("\n".join(lines))))
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


def _failure_lines(error: FileFailedError) -> list[str]:
    excerpt = error.statement.splitlines()
    if excerpt == ["commit"]:
        excerpt = ["commit: what the file deferred is checked, its deferred triggers fire"]
    if len(excerpt) > _EXCERPT_LINES:
        excerpt = [*excerpt[:_EXCERPT_LINES], f"… {len(excerpt) - _EXCERPT_LINES} more lines"]
    lines = [f"    {line}" for line in excerpt]
    lines.append(f"SQLSTATE: {error.sqlstate}")
    if error.detail:
        lines.append(f"detail: {error.detail}")
    if error.context:
        lines.append(f"context: {error.context}")
    lines += [f"blocked by: {blocker}" for blocker in error.blockers]
    nothing = f"Nothing of {error.file.label} was applied; files before it stay applied."
    lines.append(error.remains or nothing)
    return lines


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
    elif sqlstate := getattr(error, "sqlstate", None):
        data["sqlstate"] = sqlstate
    return data
