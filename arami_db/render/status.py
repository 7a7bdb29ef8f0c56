"""The state of every file, as a table or as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from arami_db.escape import visible
from arami_db.files.sqlfile import folder_of
from arami_db.render.columns import aligned, width_of
from arami_db.render.monitor.values import size
from arami_db.render.output import OutputFormat, count, emit, note, seconds

if TYPE_CHECKING:
    from arami_db.distribute.standing import DistributedPart, Distribution
    from arami_db.ledger import FailedMigration
    from arami_db.ledger.plan import Entry, Plan

_HEADS = ("state", "file", "applied at", "took", "by")
_STYLES = {
    "pending": "yellow",
    "history": "dim",
    **dict.fromkeys(
        ("changed", "swapped", "renumbered", "missing", "out of order", "ahead"), "red"
    ),
}


def show_status(
    plan: Plan,
    notes: tuple[str, ...],
    failures: tuple[FailedMigration, ...],
    output: OutputFormat,
    standing: Distribution | None = None,
) -> None:
    """Every file with its state, then what to know of them and failures not made good since.

    Args:
        plan: the files beside the ledger.
        notes: what to know of them.
        failures: what failed.
        output: the format.
        standing: which tables lie where, on a distributed database.
    """
    counts = Counter(str(entry.state) for entry in plan.entries)
    if output is OutputFormat.JSON:
        data = {
            "files": [_entry(entry) for entry in plan.entries],
            "counts": dict(counts),
            "notes": list(notes),
            "failures": [vars(failure) for failure in failures],
            "distribution": asdict(standing) if standing else None,
        }
        emit("", data, output)
        return
    _table(plan.entries)
    if standing:
        print("\n".join(["", *_standing_lines(standing)]))
    for text in notes:
        note(text)
    for failure in failures:
        where = f"{folder_of(failure.kind)}/{failure.version:03}_{failure.name}"
        code = f"{failure.sqlstate}: " if failure.sqlstate else ""
        note(
            f"{failure.event} {failure.occurred_at:%Y-%m-%d %H:%M} {where}: {code}{failure.message}"
        )
    summary = ", ".join(f"{number} {state}" for state, number in counts.items())
    note(summary or f"{count(0, 'file')}: nothing in this directory")


def _standing_lines(standing: Distribution) -> list[str]:
    """The machines, then the tables, each with its shards and size."""
    parts = [(standing.nodes, ("machine", "is")), (standing.tables, ("table", "by"))]
    lines: list[str] = []
    for found, heads in parts:
        rows = [
            (visible(one.name), one.by or "on every machine", str(one.shards), _size(one))
            for one in found
        ]
        lines += [*aligned([(*heads, "shards", "size"), *rows], width_of(sys.stdout)), ""]
    return [
        *lines,
        *(
            f"{visible(one.name)} belongs on the workers and is not there; arami-db migrate"
            " distributes it"
            for one in standing.tables
            if not one.shards
        ),
    ]


def _size(part: DistributedPart) -> str:
    return "unknown" if part.bytes is None else size(part.bytes)


def _table(entries: tuple[Entry, ...]) -> None:
    width = width_of(sys.stdout)
    lines = aligned([_HEADS, *map(_row, entries)], width)
    if width is None:
        print("\n".join(lines))
        return
    from rich.console import Console
    from rich.text import Text

    styles = ["bold", *(_STYLES.get(entry.state, "") for entry in entries)]
    for line, style in zip(lines, styles, strict=True):
        Console().print(Text(line, style=style), soft_wrap=True)


def _row(entry: Entry) -> tuple[str, ...]:
    row = entry.row
    origin = f" ({row.origin})" if row and row.origin != "migrate" else ""
    return (
        str(entry.state),
        visible(entry.label),
        f"{row.applied_at:%Y-%m-%d %H:%M:%S}{origin}" if row else "",
        seconds(row.seconds) if row else "",
        visible(row.database_role) if row else "",
    )


def _entry(entry: Entry) -> dict[str, Any]:
    row = entry.row
    return {
        "kind": entry.kind,
        "version": entry.version,
        "name": entry.name,
        "state": entry.state,
        "path": entry.file.label if entry.file else None,
        "checksum": row.checksum if row else entry.file.checksum if entry.file else None,
        "applied_at": row.applied_at.isoformat() if row else None,
        "seconds": row.seconds if row else None,
        "origin": row.origin if row else None,
        "database_role": row.database_role if row else None,
    }
