"""A statement weighed with the target: how long it blocks others, and the risk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arami_db.files.effects import Effect, Risk
from arami_db.files.rules import is_concurrent
from arami_db.plan.model import Observed
from arami_db.plan.speed import Speed
from arami_db.plan.state import BLOCKS_WRITES, STRENGTH, conflict
from arami_db.plan.target import Target, TargetTable

_OUTAGE = 1.0  # seconds that users hardly notice
_UNITS = (("h", 3600.0), ("min", 60.0), ("s", 1.0))
_VACUUMS = "SHARE UPDATE EXCLUSIVE"  # the lock of a vacuum
_LONG = {Effect.REWRITE, Effect.LONG_READ_WRITE_BLOCK, Effect.LONG_WRITE_BLOCK}


@dataclass(frozen=True)
class Weighed:
    """A statement with its meaning for the target.

    Attributes:
        observed: what it does.
        estimate: for how long, in words; None where it blocks nobody.
        risk: how dangerous it is.
        waits: what it will wait for, in words.
        traffic: reads and writes that it blocks, in words.
        accepted: the reason in its file; None where not accepted.
    """

    observed: Observed
    estimate: str | None
    risk: Risk
    waits: tuple[str, ...]
    traffic: tuple[str, ...] = ()
    accepted: str | None = None


def weigh(observed: Observed, target: Target, speed: Speed) -> Weighed:
    """Weigh a statement.

    Args:
        observed: what it did on the throw-away database.
        target: the database to plan for.
        speed: of the throw-away server.
    """
    sizes = _sizes(observed, target)
    seconds = _seconds(observed, target, speed)
    waits = tuple(_waits(observed, target))
    return Weighed(
        observed,
        _with_disk(_estimate(observed, sizes, seconds, speed), observed, target),
        _risk(observed, target, seconds, waits),
        waits,
        tuple(_traffic(observed, target)),
    )


def _sizes(observed: Observed, target: Target) -> list[TargetTable]:
    names = dict.fromkeys((*observed.rewritten, *observed.scanned, *observed.changed))
    return [target.tables[name] for name in names if name in target.tables]


def _seconds(observed: Observed, target: Target, speed: Speed) -> float | None:
    """How long it reads and writes; None where sizes are unknown."""
    total = 0.0
    written = (*observed.rewritten, *observed.changed)
    for name in dict.fromkeys((*written, *observed.scanned)):
        table = target.tables.get(name)
        if table is None or table.bytes is None:
            return None
        # Each index is rebuilt, or gets an entry for each row.
        again = 1 / speed.rewrite + table.indexes / speed.scan
        total += table.bytes * (again if name in written else 1 / speed.scan)
    return total


def _estimate(
    observed: Observed, sizes: Sequence[TargetTable], seconds: float | None, speed: Speed
) -> str | None:
    if observed.effect in {Effect.NONE, Effect.FAILS}:
        return None
    if observed.effect not in _LONG and not (observed.rewritten or observed.changed):
        return "metadata only"
    what = ", ".join(f"{_size(one)} of {one.name}" for one in sizes) or "its tables"
    if seconds is None:
        return f"proportional to {what}; the target lacks statistics: run ANALYZE"
    rate = speed.rewrite if observed.rewritten or observed.changed else speed.scan
    return f"proportional to {what}: {_about(seconds)}, an estimate at {rate / 1e6:.0f} MB/s here"


def _with_disk(estimate: str | None, observed: Observed, target: Target) -> str | None:
    """A rewritten table and its indexes need their space twice for a while."""
    tables = [target.tables[name] for name in observed.rewritten if name in target.tables]
    if estimate is None or not (needs := sum(one.heap_bytes + one.index_bytes for one in tables)):
        return estimate
    free = target.free_disk
    has = "" if free is None else f" of {_bytes(free)} free"
    return f"{estimate}; needs {_bytes(needs)} of disk{has}"


def _bytes(size: int) -> str:
    unit, length = next(
        (u for u in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)) if size >= u[1]), ("B", 1.0)
    )
    return f"{size / length:.0f} {unit}"


def _size(table: TargetTable) -> str:
    if table.bytes is None:
        return "an unknown size"
    rows = "? rows" if table.rows is None else f"{table.rows:,} rows"
    return f"{_bytes(table.bytes)}, {rows}"


def _about(seconds: float) -> str:
    for unit, length in _UNITS:
        if seconds >= length:
            return f"about {seconds / length:.0f} {unit}"
    return "less than 1 s"


def _risk(observed: Observed, target: Target, seconds: float | None, waits: Sequence[str]) -> Risk:
    effect = observed.effect
    if effect is Effect.FAILS:
        return Risk.OUTAGE
    if effect is Effect.DATA_LOSS:
        there = [target.tables.get(name) for name in observed.loses]
        return Risk.WATCH if all(one and one.is_empty for one in there) else Risk.DATA_LOSS
    if effect in _LONG:
        return Risk.OUTAGE if seconds is None or seconds >= _OUTAGE else Risk.WATCH
    may_wait = waits and (observed.takes or is_concurrent(observed.statement.node))
    return Risk.WATCH if observed.breaks or may_wait else Risk.NONE


def _traffic(observed: Observed, target: Target) -> Iterator[str]:
    for name in observed.blocks_writes if observed.effect is not Effect.NONE else ():
        reads, writes = target.traffic.get(name, (0.0, 0.0))
        said = [f"{reads:.0f} reads"] if name in observed.blocks_reads and reads >= 1 else []
        said += [f"{writes:.0f} rows written"] if writes >= 1 else []
        if said:
            yield f"{' and '.join(said)} a second in {name}"


def _waits(observed: Observed, target: Target) -> Iterator[str]:
    """Sessions that its locks wait for; all others then queue behind it."""
    for name, mode in sorted(_waited_for(observed).items()):
        yield from (f"{busy}, uses {name}" for busy in target.in_the_way(name, mode))
        table = target.tables.get(name)
        if table and table.prevents_wraparound and conflict(_VACUUMS, mode):
            yield f"autovacuum of {name} to prevent wraparound, which does not yield"
    node = observed.statement.node
    if node.index_stmt.concurrent or (is_concurrent(node) and node.HasField("reindex_stmt")):
        yield from (f"{busy}, holds a snapshot" for busy in target.sessions if busy.has_snapshot)


def _waited_for(observed: Observed) -> dict[str, str]:
    """The locks that it must wait for; concurrent work waits for more than it takes."""
    node = observed.statement.node
    if is_concurrent(node):
        waits = "SHARE" if node.index_stmt.concurrent else "ACCESS EXCLUSIVE"
        return dict.fromkeys(observed.locks, waits)
    # A stronger one that it does not take itself is from an earlier statement.
    return {
        name: mode
        for name, mode in observed.locks.items()
        if name in observed.takes or STRENGTH[mode] < BLOCKS_WRITES
    }
