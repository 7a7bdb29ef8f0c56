"""Archive and restore: what would move, what moved, and what did in the past."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from arami_db.render.columns import aligned
from arami_db.render.output import OutputFormat, count, emit, note, seconds
from arami_db.render.upkeep import holders_data, upkeep_data, upkeep_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arami_db.archive import Estimate, Result, Task
    from arami_db.maintain import Upkeep

_PAST = {"archive": "archived", "restore": "restored"}
_HEADS = ("run", "kind", "started (UTC)", "duration", "sessions", "analytics", "outcome", "who")


def when(moment: str) -> str:
    """A moment, to the second; one that no calendar here has stays as the server wrote it."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M:%S}+00"
    except (ValueError, OverflowError):
        return moment


def show_begin(task: Task) -> None:
    """What is about to move."""
    note(f"{task.kind}: {_what(task)}")


def show_result(result: Result, upkeep: Upkeep | None, output: OutputFormat) -> None:
    """What a run did."""
    moved, jobs = result.moved, upkeep.jobs if upkeep else ()
    data = {
        "dry_run": False,
        "run_id": result.run_id,
        **_task_data(result),
        "outcome": str(result.outcome),
        "reason": result.reason,
        "sessions": moved.sessions,
        "analytics": moved.analytics,
        "virtues": moved.virtues,
        "batches": moved.batches,
        "left": result.left,
        "stepped_over": [
            {"id": session.id, "sqlstate": session.sqlstate} for session in result.stepped_over
        ],
        "seconds": round(result.seconds, 3),
        "vacuumed": [upkeep_data(job) for job in jobs],
        "holders": holders_data(upkeep),
    }
    lines = [*_result_lines(result), *(upkeep_lines(upkeep, dry_run=False) if upkeep else ())]
    emit("\n".join(lines), data, output, is_summary=result.outcome == "done")


def _result_lines(result: Result) -> Iterator[str]:
    moved = result.moved
    yield (
        f"{_PAST[result.kind]} {count(moved.sessions, 'session')} and {moved.analytics} analytics,"
        f" {count(moved.virtues, 'virtue')} repointed, in {count(moved.batches, 'transaction')}"
        f" and {seconds(result.seconds)}; {_what(result)}"
    )
    left = "an unknown number" if result.left is None else count(result.left, "session")
    if result.outcome == "failed":
        yield f"failed: {result.reason}; all else was moved"
    elif result.reason:
        yield f"{result.outcome} ({result.reason}): about {left} left; run it again to go on"
    elif result.left:
        yield f"left {left}, locked or there already; the next run takes what is free by then"


def show_estimate(estimate: Estimate, output: OutputFormat) -> None:
    """What a run would move."""
    data = {
        "dry_run": True,
        **_task_data(estimate),
        "sessions": estimate.sessions,
        "analytics": estimate.analytics,
        "virtues": estimate.virtues,
        "bytes": estimate.bytes,
        "oldest": estimate.oldest,
        "newest": estimate.newest,
        "seconds": None if estimate.seconds is None else round(estimate.seconds, 3),
    }
    took = "unknown: nothing was moved before"
    if estimate.seconds is not None:
        took = f"about {seconds(estimate.seconds)}, by the rate of past runs with one job"
    figures = {
        "sessions": str(estimate.sessions),
        "analytics": str(estimate.analytics),
        "virtues": f"{estimate.virtues} to repoint",
        "size": f"about {_size(estimate.bytes)}, without indexes",
        "oldest": when(estimate.oldest) if estimate.oldest else "none",
        "newest": when(estimate.newest) if estimate.newest else "none",
        "duration": took,
    }
    lines = [f"would {estimate.kind} {_what(estimate)}; nothing was touched"]
    lines += [f"  {name:<10} {value}" for name, value in figures.items()]
    emit("\n".join(lines), data, output)


def show_history(runs: list[dict[str, Any]], output: OutputFormat) -> None:
    """Past runs as a table."""
    if not runs:
        emit("nothing was archived or restored yet", {"runs": []}, output)
        return
    rows = [_HEADS, *(_row(run) for run in runs)]
    emit("\n".join(aligned(rows)), {"runs": runs}, output)


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    outcome = run["outcome"] or "at work, or broken off"
    if run["message"]:
        outcome += f" ({' '.join(str(run['message']).split())[:60]})"
    return (
        str(run["run_id"] or "-"),
        run["kind"],
        when(run["started_at"]).removesuffix("+00"),
        seconds(run["seconds"]) if run["seconds"] is not None else "-",
        str(run["sessions"]),
        str(run["analytics"]),
        outcome,
        f"{run['os_user'] or run['database_role']}@{run['host'] or 'SQL'}",
    )


def _what(of: Task | Result | Estimate) -> str:
    if of.cutoff is not None:
        return f"created before {when(of.cutoff)}"
    return f"selected by {of.selection}"


def _task_data(of: Result | Estimate) -> dict[str, Any]:
    return {"kind": of.kind, "cutoff": of.cutoff, "selection": of.selection}


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 10_000:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.0f} TB"
