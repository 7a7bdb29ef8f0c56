"""What was vacuumed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arami_db.render.output import OutputFormat, count, emit, note, seconds

if TYPE_CHECKING:
    from arami_db.maintain import Job, Upkeep


def show_start(job: Job) -> bool:
    """A table is being vacuumed; large ones take a while. True: nothing here stops it."""
    note(f"vacuum (analyze) {job.table.name}: {job.why}")
    return True


def show_upkeep(upkeep: Upkeep, *, dry_run: bool, output: OutputFormat) -> None:
    """The tables that needed it, and what became of them."""
    examined = f"{count(upkeep.examined, 'table')} examined"
    lines = [upkeep_line(job, dry_run=dry_run) for job in upkeep.jobs]
    done = sum(job.failure is None for job in upkeep.jobs)
    if not upkeep.jobs:
        lines.append(f"nothing to do: {examined}")
    elif dry_run:
        lines.append(f"would vacuum {count(done, 'table')}; {examined}; nothing was touched")
    else:
        failed = len(upkeep.jobs) - done
        lines.append(
            f"vacuumed {count(done, 'table')}; {examined}" + (f"; {failed} failed" * bool(failed))
        )
    data = {
        "dry_run": dry_run,
        "examined": upkeep.examined,
        "tables": [upkeep_data(job) for job in upkeep.jobs],
    }
    emit("\n".join(lines), data, output, is_summary=not dry_run)


def upkeep_data(job: Job) -> dict[str, Any]:
    """A table as data."""
    return {
        "table": job.table.name,
        "why": job.why,
        "live": job.table.live,
        "dead": job.table.dead,
        "dead_percent": round(job.table.dead_share, 1),
        "seconds": None if job.seconds is None else round(job.seconds, 3),
        "failure": job.failure,
    }


def upkeep_line(job: Job, *, dry_run: bool) -> str:
    """A table in a line."""
    if job.failure:
        return f"failed    {job.table.name:<36} {job.failure}"
    word = "would" if dry_run else "vacuumed"
    took = "" if job.seconds is None else f", {seconds(job.seconds)}"
    return f"{word:<9} {job.table.name:<36} {job.why}{took}"
