"""A plan as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arami_db.plan import Planned, Weighed
    from arami_db.plan.target import Target


def render(plan: Planned) -> str:
    """The plan as JSON, in ASCII: terminal control characters are escaped."""
    data = {
        "target": _target(plan),
        "statements": [_statement(one) for one in plan.statements],
        "worst": plan.worst,
    }
    return json.dumps(data, indent=2) + "\n"


def _statement(one: Weighed) -> dict[str, Any]:
    seen = one.observed
    return {
        "file": seen.file.label,
        "line": seen.line,
        "sql": seen.statement.text,
        "class": seen.effect,
        "locks": seen.locks,
        "blocks_reads": seen.blocks_reads,
        "blocks_writes": seen.blocks_writes,
        "rewritten": seen.rewritten,
        "rebuilt_indexes": seen.rebuilt,
        "scanned": seen.scanned,
        "loses_data": seen.loses,
        "breaks": seen.breaks,
        "fails": seen.fails,
        "estimate": one.estimate,
        "risk": one.risk,
        "safer": seen.safer,
        "accepted": one.accepted,
    }


def _target(plan: Planned) -> dict[str, Any]:
    target = plan.target
    named = {name for one in plan.statements for name in one.observed.locks}
    return {
        **target.server._asdict(),
        "free_disk": target.free_disk,
        "tables": {name: _table(target, name) for name in sorted(named & target.tables.keys())},
        "sessions": [one._asdict() for one in target.sessions],
        "drift": [one.message for one in plan.drift],
        "notes": plan.notes,
        "stale": [
            f"{file.label}:{line.line}: {line.effect} {line.relation}" for file, line in plan.stale
        ],
    }


def _table(target: Target, name: str) -> dict[str, Any]:
    table = target.tables[name]
    reads, writes = target.traffic.get(name, (0.0, 0.0))
    return {
        "bytes": table.bytes,
        "index_bytes": table.index_bytes,
        "rows": table.rows,
        "dead_rows": table.dead_rows,
        "last_vacuum": table.last_vacuum,
        "reads_per_second": round(reads, 1),
        "writes_per_second": round(writes, 1),
        "prevents_wraparound": table.prevents_wraparound,
    }
