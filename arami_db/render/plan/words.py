"""The effects of a statement in words, the same in every text format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from arami_db.escape import visible
from arami_db.files.effects import Effect
from arami_db.plan import Risk
from arami_db.render.output import count

if TYPE_CHECKING:
    from arami_db.plan import Planned, Weighed


_SCARCE = 5  # a session that waits for a lock keeps its connection


def summary(plan: Planned) -> str:
    """What was planned, on one line."""
    number = len(plan.statements)
    server = plan.target.server
    text = f"{count(plan.files, 'pending file')}, {count(number, 'statement')}"
    text += f", for {server.database} on Postgres {server.version.split()[0]}"
    if server.replicas:
        text += f", with {count(server.replicas, 'replica')}"
    if server.free_connections < _SCARCE:
        text += f", {count(server.free_connections, 'connection')} free"
    return visible(text)


def sql_of(one: Weighed) -> str:
    """The statement on one line."""
    return visible(" ".join(one.observed.statement.text.split()))


def place_of(one: Weighed) -> str:
    """Its place."""
    return visible(f"{one.observed.file.label}:{one.observed.line}")


def blocked(one: Weighed) -> str:
    """Which access it blocks, in a word or two."""
    seen = one.observed
    if seen.effect is Effect.NONE:
        return "nothing"
    if seen.blocks_reads:
        return "reads, writes"
    return "writes" if seen.blocks_writes else "nothing"


def details(one: Weighed) -> Iterator[tuple[str, str]]:
    """The notes on a statement, each with its kind."""
    seen = one.observed
    if seen.fails:
        yield "fails", f"SQLSTATE {seen.fails}: {'; '.join(seen.notes)}"
    told = {
        "loses": seen.loses,
        "rewrites": seen.rewritten,
        "no reads": seen.blocks_reads,
        "no writes": [name for name in seen.blocks_writes if name not in seen.blocks_reads],
        "reads all": [name for name in seen.scanned if name not in seen.rewritten],
        "changes": seen.changed,
        "builds": seen.rebuilt,
        "breaks": seen.breaks,
    }
    yield from ((word, _few(names)) for word, names in told.items() if names)
    strong = [f"{mode} on {name}" for name, mode in seen.locks.items() if name in seen.takes]
    if strong:
        yield "locks", _few(strong)
    if one.estimate:
        yield "takes", visible(one.estimate)
    yield from (("waits for", visible(what)) for what in one.waits)
    yield from (("traffic", visible(what)) for what in one.traffic)
    if seen.notes and not seen.fails:
        yield "note", visible("; ".join(seen.notes))
    if one.accepted:
        yield "accepted", visible(one.accepted)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(map(visible, names[:5]))
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def is_quiet(one: Weighed) -> bool:
    """Whether there is nothing to say of a statement."""
    seen = one.observed
    return seen.effect is Effect.NONE and one.risk is Risk.NONE and not seen.notes


def drift_lines(plan: Planned) -> list[str]:
    """How the target differs from its applied files, the first differences."""
    lines = [visible(one.message) for one in plan.drift[:5]]
    more = len(plan.drift) - 5
    return lines + ([f"and {more} more: arami-db verify has them"] if more > 0 else [])
