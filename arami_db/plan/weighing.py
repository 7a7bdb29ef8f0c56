"""A statement weighed with the target: for how long it shuts others out, and what that risks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arami_db.files.effects import Effect, Risk
from arami_db.files.rules import is_concurrent
from arami_db.plan.model import Observed
from arami_db.plan.speed import Speed
from arami_db.plan.target import Target, TargetTable

_OUTAGE = 1.0  # seconds that nobody notices, or just so
_UNITS = (("h", 3600.0), ("min", 60.0), ("s", 1.0))
_LONG = {Effect.REWRITE, Effect.LONG_READ_WRITE_BLOCK, Effect.LONG_WRITE_BLOCK}


@dataclass(frozen=True)
class Weighed:
    """A statement with what it means for the target.

    Attributes:
        observed: what it does.
        estimate: for how long, in words; None where it shuts nobody out.
        risk: what may come of it.
        waits: what it will wait for, in words.
        traffic: who reads and writes meanwhile what it shuts them out of, in words.
        accepted: why its file accepts it; None where it does not.
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
        target: the database that it is planned for.
        speed: what the throw-away server manages.
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
    """How long it works on what it reads and writes; None where nobody has counted that."""
    total = 0.0
    works = [(name, speed.rewrite) for name in (*observed.rewritten, *observed.changed)]
    works += [(name, speed.scan) for name in observed.scanned if name not in observed.rewritten]
    for name, rate in works:
        size = target.tables[name].bytes if name in target.tables else None
        if size is None:
            return None
        total += size / rate
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
        return f"proportional to {what}; the target has not counted all of it: analyze does"
    rate = speed.rewrite if observed.rewritten or observed.changed else speed.scan
    return f"proportional to {what}: {_about(seconds)}, an estimate at {rate / 1e6:.0f} MB/s here"


def _with_disk(estimate: str | None, observed: Observed, target: Target) -> str | None:
    """Whatever is rewritten, with its indexes, is there twice for a while."""
    tables = [target.tables[name] for name in observed.rewritten if name in target.tables]
    if estimate is None or not (needs := sum(one.heap_bytes + one.index_bytes for one in tables)):
        return estimate
    free = target.free_disk
    has = "" if free is None else f" of {_bytes(free)} that are free"
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
    return Risk.WATCH if observed.breaks or (waits and observed.takes) else Risk.NONE


def _traffic(observed: Observed, target: Target) -> Iterator[str]:
    for name in observed.blocks_writes if observed.effect is not Effect.NONE else ():
        reads, writes = target.traffic.get(name, (0.0, 0.0))
        if reads + writes >= 1:
            yield f"{reads:.0f} reads and {writes:.0f} rows written a second in {name}"


def _waits(observed: Observed, target: Target) -> Iterator[str]:
    """Whom its locks will queue behind; everybody else then queues behind them."""
    concurrent = is_concurrent(observed.statement.node)
    for name in sorted(observed.locks if concurrent else observed.takes):
        for busy in target.waits_behind(name):
            age = "?" if busy.seconds is None else f"{busy.seconds:.0f} s"
            yield f"pid {busy.pid}, {busy.state}, in a transaction for {age}, uses {name}"
        if (table := target.tables.get(name)) and table.prevents_wraparound:
            yield f"autovacuum of {name} to prevent wraparound, which does not give way"
