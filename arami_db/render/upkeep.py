"""What was vacuumed, why, and what keeps dead rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from arami_db.render.monitor.values import duration
from arami_db.render.output import count, note, seconds

if TYPE_CHECKING:
    from arami_db.maintain import Holder, Job, Upkeep

_MOST = 10  # holders in a text; the oldest matters most


def show_start(job: Job) -> bool:
    """Report that a vacuum begins; large tables take long. Returns True, to continue."""
    note(f"vacuum (analyze) {job.table.name}: {job.why}")
    return True


def upkeep_lines(upkeep: Upkeep, *, dry_run: bool) -> Iterator[str]:
    """A line for each table that needed it, then for each holder of dead rows."""
    yield from (_line(job, dry_run=dry_run) for job in upkeep.jobs)
    yield from (_holder_line(holder) for holder in upkeep.holders[:_MOST])
    if len(upkeep.holders) > _MOST:
        yield f"          and {len(upkeep.holders) - _MOST} younger ones"
    if upkeep.left and not upkeep.holders:
        yield "held by   nobody any more: a session or cursor has ended; run it again"


def upkeep_data(job: Job) -> dict[str, Any]:
    """A table as data."""
    return {
        "table": job.table.name,
        "why": job.why,
        "live": job.table.live,
        "dead": job.table.dead,
        "dead_percent": round(job.table.dead_share, 1),
        "toast_dead": job.table.toast_dead,
        "seconds": None if job.seconds is None else round(job.seconds, 3),
        "failure": job.failure,
        "left": job.left,
        "toast_left": job.toast_left,
        "held": job.is_held,
    }


def holders_data(upkeep: Upkeep | None) -> list[dict[str, Any]]:
    """The holder of dead rows, as data."""
    return [asdict(holder) for holder in (upkeep.holders if upkeep else ())]


def _line(job: Job, *, dry_run: bool) -> str:
    if job.failure:
        return f"failed    {job.table.name:<36} {job.failure}"
    word = "would" if dry_run else "held" if job.is_held else "vacuumed"
    took = "" if job.seconds is None else f", {seconds(job.seconds)}"
    kept = [
        f"{count(job.left, 'dead row')}" * bool(job.left),
        f"{count(job.toast_left, 'dead piece')} in TOAST" * bool(job.toast_left),
    ]
    left = f"; still there: {' and '.join(filter(None, kept))}" * any(kept)
    return f"{word:<9} {job.table.name:<36} {job.why}{took}{left}"


def _holder_line(holder: Holder) -> str:
    who = f"pid {holder.name}" if holder.kind in {"session", "standby"} else holder.name
    kind = "" if holder.kind == "session" else f"{holder.kind} "
    known = [
        f"role {holder.role}" if holder.role else "",
        holder.application or "",
        holder.state or "",
        f"for {duration(holder.seconds)}" if holder.seconds is not None else "",
        f"{count(holder.xids, 'transaction')} old",
    ]
    return f"held by   {kind}{who} ({', '.join(filter(None, known))}): {holder.fix}"
