"""The state of every file, as a table or as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from arami_db.render.output import OutputFormat, count, emit, note, seconds

if TYPE_CHECKING:
    from arami_db.ledger import Failure
    from arami_db.migrate.plan import Entry, Plan

_STYLES = {
    "pending": "yellow",
    "history": "dim",
    **dict.fromkeys(
        ("changed", "swapped", "renumbered", "missing", "out of order", "ahead"), "red"
    ),
}


def show_status(
    plan: Plan, notes: tuple[str, ...], failures: tuple[Failure, ...], output: OutputFormat
) -> None:
    """Every file with its state, then what to know of them and failures not made good since."""
    counts = Counter(str(entry.state) for entry in plan.entries)
    if output is OutputFormat.JSON:
        data = {
            "files": [_entry(entry) for entry in plan.entries],
            "counts": dict(counts),
            "notes": list(notes),
            "failures": [vars(failure) for failure in failures],
        }
        emit("", data, output)
        return
    _table(plan.entries)
    for text in notes:
        note(text)
    for failure in failures:
        where = f"{failure.kind}s/{failure.version:03}_{failure.name}"
        code = f"{failure.sqlstate}: " if failure.sqlstate else ""
        note(
            f"{failure.event} {failure.occurred_at:%Y-%m-%d %H:%M} {where}: {code}{failure.message}"
        )
    summary = ", ".join(f"{number} {state}" for state, number in counts.items())
    note(summary or f"{count(0, 'file')}: nothing in this directory")


def _table(entries: tuple[Entry, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("state", "file", "applied at", "took", "by"):
        table.add_column(heading, no_wrap=True)
    for entry in entries:
        row = entry.row
        origin = f" ({row.origin})" if row and row.origin != "migrate" else ""
        table.add_row(
            str(entry.state),
            Text(entry.label),
            f"{row.applied_at:%Y-%m-%d %H:%M:%S}{origin}" if row else "",
            seconds(row.seconds) if row else "",
            row.database_role if row else "",
            style=_STYLES.get(entry.state),
        )
    # A pipe has no width: never cut what a script reads.
    width = None if sys.stdout.isatty() else 120 + max((len(e.label) for e in entries), default=0)
    Console(width=width).print(table)


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
