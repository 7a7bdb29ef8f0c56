"""What distributing would do, and what it did."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.render.columns import aligned
from arami_db.render.monitor.values import size
from arami_db.render.output import OutputFormat, count, emit, note, seconds

if TYPE_CHECKING:
    from arami_db.distribute import DistributeResult, Preview


def show_distribution_preview(found: Preview, output: OutputFormat) -> None:
    """What was looked at, what would move, and what is in the way."""
    data = {
        "distributed": found.is_done,
        "possible": found.is_possible,
        "checks": [asdict(one) for one in found.checks],
        "tables": [asdict(one) for one in found.tables],
        "obstacles": [asdict(one) for one in found.obstacles],
    }
    emit("\n".join(preview_lines(found)), data, output)
    if found.is_done:
        note("the database is distributed already")
    elif found.is_possible:
        note("dry run: it can be distributed; nothing was touched")
    else:
        note("dry run: it cannot be distributed as it stands; nothing was touched")


def preview_lines(found: Preview) -> list[str]:
    """A preview for people."""
    checks = [
        ("ok" if one.is_good else "bad", visible(one.name), visible(one.finding))
        for one in found.checks
    ]
    lines = aligned(checks)
    lines += [f"hint: {hint}" for hint in _hints(found)]
    moving = [table for table in found.tables if not table.is_distributed]
    if moving:
        rows = [
            (
                visible(one.name),
                one.user_column or "on every machine",
                str(one.rows),
                size(one.bytes),
            )
            for one in moving
        ]
        lines += ["", *aligned([("table", "by", "rows (about)", "size"), *rows])]
    lines += [""] * bool(found.obstacles)
    for obstacle in found.obstacles:
        lines += [
            visible(f"{obstacle.object}: {obstacle.problem}"),
            f"  {visible(obstacle.remedy)}",
        ]
    return lines


def _hints(found: Preview) -> list[str]:
    return list(dict.fromkeys(one.hint for one in found.checks if one.hint and not one.is_good))


def show_distributed(result: DistributeResult, output: OutputFormat) -> None:
    """The summary of a run."""
    for sentence in result.notes:
        note(sentence)
    if result.moved:
        took = seconds(sum(one.seconds for one in result.applied))
        text = f"distributed {count(len(result.moved), 'table')}"
        text += f" with {count(sum(result.moved.values()), 'row')} in {took}"
    elif result.applied or result.released:
        text = "completed what a run before had begun"
    else:
        text = "nothing to do: the database is distributed"
    if result.released:
        text += f"; gave up {count(len(result.released), 'local copy')}".replace("copys", "copies")
    data = {
        "applied": [one.file.label for one in result.applied],
        "tables": [{"table": name, "rows": rows} for name, rows in result.moved.items()],
        "released": list(result.released),
        "notes": list(result.notes),
    }
    emit(text, data, output, is_summary=True)
