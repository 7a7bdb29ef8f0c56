"""What maintain deleted from the record, what it vacuumed, and what failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import TYPE_CHECKING

from arami_db.render.archive import when
from arami_db.render.output import OutputFormat, count, emit
from arami_db.render.progress import waiting
from arami_db.render.upkeep import holders_data, upkeep_data, upkeep_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from arami_db.maintain import Retention, Upkeep


def deleting() -> AbstractContextManager[Callable[[str], None]]:
    """Report the progress of a deletion that takes longer than a second; see standing()."""
    return waiting("deleting what is old")


def standing(table: str, rows: int, total: int) -> str:
    """The progress of a deletion."""
    return f"{table}, {rows} of {total}"


def show_maintenance(
    retention: Retention | None, upkeep: Upkeep, *, dry_run: bool, output: OutputFormat
) -> None:
    """What was old, the tables that needed a vacuum, their results, and what keeps dead rows."""
    lines = [
        *(_retention_lines(retention, dry_run=dry_run) if retention else ()),
        *upkeep_lines(upkeep, dry_run=dry_run),
        _summary(upkeep, dry_run=dry_run),
    ]
    data = {
        "dry_run": dry_run,
        "retention": asdict(retention) if retention else None,
        "examined": upkeep.examined,
        "tables": [upkeep_data(job) for job in upkeep.jobs],
        "holders": holders_data(upkeep),
    }
    emit("\n".join(lines), data, output, is_summary=not (dry_run or upkeep.failed or upkeep.held))


def _retention_lines(retention: Retention, *, dry_run: bool) -> Iterator[str]:
    for old in retention.tables:
        if old.oldest is None:
            yield f"kept      {old.table:<36} nothing from before {when(retention.cutoff)}"
            continue
        word = "would" if dry_run else "deleted"
        yield (
            f"{word:<9} {old.table:<36} {count(old.rows, 'row')}{' to delete' * dry_run}, from"
            f" {when(old.oldest)} until {when(retention.cutoff)}"
        )
    if retention.run_id is not None:
        yield f"recorded as run {retention.run_id} of `arami-db archive history`"


def _summary(upkeep: Upkeep, *, dry_run: bool) -> str:
    examined = f"{count(upkeep.examined, 'table')} examined"
    if not upkeep.jobs:
        return f"nothing to do: {examined}"
    if dry_run:
        return f"would vacuum {count(len(upkeep.jobs), 'table')}; {examined}; nothing was changed"
    failed = sum(job.failure is not None for job in upkeep.jobs)
    held = sum(job.is_held for job in upkeep.jobs)
    told = f"vacuumed {count(len(upkeep.jobs) - failed, 'table')}; {examined}"
    told += f"; {failed} failed" * bool(failed)
    return told + f"; in {held} dead rows are still there" * bool(held)
