"""Archive and restore: what would move, what moved, and what did in the past."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from arami_db.render.columns import aligned
from arami_db.render.output import OutputFormat, count, emit, note, seconds
from arami_db.render.upkeep import holders_data, upkeep_data, upkeep_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arami_db.archive import ArchiveResult, Estimate, FailedSessions, Selection, Verification
    from arami_db.maintain import Upkeep

_REASONS = 10  # that sessions stay for; --format json has all of them
_PAST = {"archive": "archived", "restore": "restored"}
_HEADS = ("run", "kind", "started (UTC)", "duration", "sessions", "with", "outcome", "who")


def when(moment: str) -> str:
    """A moment, to the second; one that no calendar here has stays as the server wrote it."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M:%S}+00"
    except (ValueError, OverflowError):
        return moment


def show_begin(selection: Selection) -> None:
    """What is about to move."""
    note(f"{selection.kind}: {_what(selection)}")


def show_result(result: ArchiveResult, upkeep: Upkeep | None, output: OutputFormat) -> None:
    """What a run did."""
    moved, jobs = result.moved, upkeep.jobs if upkeep else ()
    data = {
        "dry_run": False,
        "run_id": result.run_id,
        **_selection_data(result.selection),
        "outcome": str(result.outcome),
        "reason": result.reason,
        "sessions": moved.sessions,
        "rows": moved.rows,
        "batches": moved.batches,
        "left": result.left,
        "failures": [asdict(failure) for failure in result.failures],
        "unknown": list(result.unknown),
        "verification": asdict(result.verification) if result.verification else None,
        "seconds": round(result.seconds, 3),
        "vacuumed": [upkeep_data(job) for job in jobs],
        "holders": holders_data(upkeep),
    }
    lines = [
        *_result_lines(result),
        *_verification_lines(result.verification),
        *(upkeep_lines(upkeep, dry_run=False) if upkeep else ()),
    ]
    emit("\n".join(lines), data, output, is_summary=result.outcome == "done")


def _result_lines(result: ArchiveResult) -> Iterator[str]:
    moved = result.moved
    yield (
        f"{_PAST[result.selection.kind]} {with_rows(moved.sessions, moved.rows)},"
        f" in {count(moved.batches, 'transaction')}"
        f" and {seconds(result.seconds)}; {_what(result.selection)}"
    )
    left = "an unknown number" if result.left is None else count(result.left, "session")
    if result.outcome == "failed":
        yield f"failed: {result.reason}"
        yield from _failure_lines(result.failures)
    elif result.reason:
        yield f"{result.outcome} ({result.reason}): about {left} left; run it again to go on"
    elif result.left:
        yield f"left {left}, locked by somebody; the next run takes what is free by then"


def _verification_lines(found: Verification | None) -> Iterator[str]:
    if found is not None:
        yield f"verified: {found.text}"
        for difference in found.differences[:_REASONS]:
            yield f"  {difference.table} {difference.id} {difference.problem}"


def _failure_lines(failures: tuple[FailedSessions, ...]) -> Iterator[str]:
    for failure in failures[:_REASONS]:
        more = ", …" if failure.sessions > len(failure.examples) else ""
        yield (
            f"  {count(failure.sessions, 'session')}: SQLSTATE {failure.sqlstate}:"
            f" {failure.message} ({', '.join(failure.examples)}{more})"
        )
    if rest := failures[_REASONS:]:
        stay = count(sum(failure.sessions for failure in rest), "session")
        yield f"  {stay} for {count(len(rest), 'other reason')}; --format json has all of them"


def with_rows(sessions: int, rows: dict[str, int]) -> str:
    """Sessions and what moves with them, as in 2 sessions with 4 session_analytics."""
    parts = _short(rows)
    with_them = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
    noun = "session" if sessions == 1 else "sessions"
    return f"{sessions:,} {noun}" + (f" with {with_them}" if parts else "")


def _short(rows: dict[str, int]) -> list[str]:
    return [f"{number:,} {table.removeprefix('public.')}" for table, number in rows.items()]


def show_estimate(estimate: Estimate, output: OutputFormat) -> None:
    """What a run would move, and what it would refuse for."""
    data = {
        "dry_run": True,
        **_selection_data(estimate.selection),
        "sessions": estimate.sessions,
        "rows": estimate.rows,
        "bytes": estimate.bytes,
        "oldest": estimate.oldest,
        "newest": estimate.newest,
        "seconds": None if estimate.seconds is None else round(estimate.seconds, 3),
        "wal_bytes": estimate.wal,
        "disk_bytes": estimate.disk,
        "obstacles": [asdict(obstacle) for obstacle in estimate.obstacles],
        "unknown": list(estimate.unknown),
    }
    emit("\n".join(_estimate_lines(estimate)), data, output)


def _estimate_lines(estimate: Estimate) -> Iterator[str]:
    took = "unknown: nothing was moved before"
    if estimate.seconds is not None:
        took = f"about {seconds(estimate.seconds)}, by the rate of past runs with one job"
    yield f"would {estimate.selection.kind} {_what(estimate.selection)}; nothing was touched"
    figures = {
        "sessions": with_rows(estimate.sessions, estimate.rows),
        "size": f"about {_size(estimate.bytes)} as stored, without indexes",
        "WAL": f"about {_size(estimate.wal)}; replicas and backups get it, too",
        "disk": f"about {_size(estimate.disk)} more until the tables they leave are vacuumed",
        "oldest": when(estimate.oldest) if estimate.oldest else "none",
        "newest": when(estimate.newest) if estimate.newest else "none",
        "duration": took,
    }
    yield from (f"  {name:<10} {value}" for name, value in figures.items())
    yield from estimate.unknown
    if estimate.obstacles:
        yield "a run would refuse, and move nothing:"
        yield from (f"  {obstacle}" for obstacle in estimate.obstacles)


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
        ", ".join(_short(run["rows"])) or "-",
        outcome,
        f"{run['os_user'] or run['database_role']}@{run['host'] or 'SQL'}",
    )


def _what(selection: Selection) -> str:
    if selection.cutoff is not None:
        return f"created before {when(selection.cutoff)}"
    return f"selected by {selection.text}"


def _selection_data(selection: Selection) -> dict[str, Any]:
    return {"kind": selection.kind, "cutoff": selection.cutoff, "selection": selection.text}


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 10_000:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.0f} TB"
