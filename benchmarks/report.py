"""What was measured: medians, ratios, targets; as text or JSON."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

APPLY, NO_OP = "fresh apply", "no-op"


def machine() -> str:
    """Where it was measured, as in "2 processors (AMD EPYC 7763), Linux 6.1, Python 3.11.7"."""
    told = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", told.read_text()) if told.exists() else None
    model = found[1] if found else platform.machine()
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{os.cpu_count()} processors ({model}), {system}, Python {platform.python_version()}"


def lines(output: str) -> AbstractContextManager[object]:
    """Where printed lines go: to stderr where stdout is for "json"."""
    return redirect_stdout(sys.stderr) if output == "json" else nullcontext()


@dataclass(frozen=True)
class Timing:
    """The times of one tool in one scenario, in seconds, in the order of the rounds."""

    action: str
    size: int
    tool: str
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Target:
    """How many times another tool's time ours may take; `below` when equal is too much already."""

    action: str
    other: str
    limit: float
    below: bool = False

    @property
    def words(self) -> str:
        """As in "at most 1.1"."""
        return f"{'below' if self.below else 'at most'} {self.limit:g}"

    def met(self, ratio: float) -> bool:
        """Whether a ratio is within the target."""
        return ratio < self.limit if self.below else ratio <= self.limit


# They are meant for 300 migrations, and are held against the largest size of a run.
TARGETS = (
    Target(APPLY, "dbmate", 0.9),
    Target(APPLY, "psql", 1.1),
    Target(NO_OP, "yoyo", 1.2),
    Target(NO_OP, "alembic", 0.5, below=True),
)


@dataclass(frozen=True)
class Ratio:
    """Our time divided by another tool's; None where one of the two was not measured.

    Attributes:
        target: what it is held against.
        size: the number of migrations.
        medians: the ratio of the medians; the target is about this one.
        minimums: the ratio of the fastest runs, which other work on the machine disturbs least.
        binding: whether the target counts at this size.
    """

    target: Target
    size: int
    medians: float | None
    minimums: float | None
    binding: bool

    @property
    def met(self) -> bool:
        """Whether the target is met; what was not measured does not meet it."""
        return self.medians is not None and self.target.met(self.medians)


def ratios(timings: Sequence[Timing], sizes: Sequence[int]) -> list[Ratio]:
    """Every ratio a target is about, at every size; the no-op is timed at the largest only."""
    by_key = {(t.action, t.size, t.tool): t.seconds for t in timings}
    found = []
    for target in TARGETS:
        for size in sizes if target.action == APPLY else [max(sizes)]:
            ours = by_key.get((target.action, size, "arami-db"))
            theirs = by_key.get((target.action, size, target.other))
            both = (ours, theirs) if ours and theirs else None
            medians = median(both[0]) / median(both[1]) if both else None
            minimums = min(both[0]) / min(both[1]) if both else None
            found.append(Ratio(target, size, medians, minimums, size == max(sizes)))
    return found


def as_text(timings: Sequence[Timing], found: Sequence[Ratio]) -> str:
    """Two tables: the times, then the ratios beside their targets."""
    lines = [f"{'':<12} {'size':>5}  {'tool':<10} {'median':>9} {'min':>9} {'max':>9}"]
    for t in timings:
        figures = " ".join(f"{x * 1000:6.0f} ms" for x in _summary(t.seconds))
        lines.append(f"{t.action:<12} {t.size:>5}  {t.tool:<10} {figures}")
    lines.append("")
    lines.append(f"{'':<12} {'size':>5}  {'ratio':<20} {'medians':>8} {'minimums':>8}  target")
    lines += [_line(ratio) for ratio in found]
    return "\n".join(lines)


def as_data(timings: Sequence[Timing], found: Sequence[Ratio]) -> dict[str, Any]:
    """The same for machines; seconds, not milliseconds."""
    return {
        "timings": [
            {
                "action": t.action,
                "size": t.size,
                "tool": t.tool,
                **dict(zip(("median", "min", "max"), _summary(t.seconds), strict=True)),
                "seconds": list(t.seconds),
            }
            for t in timings
        ],
        "ratios": [
            {
                "action": r.target.action,
                "size": r.size,
                "ratio": f"arami-db / {r.target.other}",
                "medians": r.medians,
                "minimums": r.minimums,
                "target": r.target.words if r.binding else None,
                "met": r.met if r.binding else None,
            }
            for r in found
        ],
    }


def _summary(seconds: Sequence[float]) -> tuple[float, float, float]:
    return median(seconds), min(seconds), max(seconds)


def _line(ratio: Ratio) -> str:
    target = ratio.target
    if ratio.medians is None or ratio.minimums is None:
        figures, verdict = f"{'-':>8} {'-':>8}", "not measured"
    else:
        figures = f"{ratio.medians:8.2f} {ratio.minimums:8.2f}"
        verdict = "met" if ratio.met else "MISSED"
    held = f"{target.words}: {verdict}" if ratio.binding else ""
    name = f"arami-db / {target.other}"
    return f"{target.action:<12} {ratio.size:>5}  {name:<20} {figures}  {held}".rstrip()
