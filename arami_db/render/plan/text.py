"""A plan as text: a table at most 80 columns wide, worst first, and then each statement."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from arami_db.escape import block, uncommanding
from arami_db.render.columns import aligned, shortened
from arami_db.render.plan.words import (
    blocked,
    details,
    drift_lines,
    is_quiet,
    place_of,
    sql_of,
    summary,
)

if TYPE_CHECKING:
    from arami_db.plan import Planned, Weighed

_WIDTH = 80
_FEW = 5  # statements of which there is nothing to say, and which are listed yet
_INDENT = 13  # lines of text about a statement


def render(plan: Planned) -> str:
    """The plan as text."""
    if not plan.files:
        return "nothing is pending\n"
    lines = [summary(plan)]
    if plan.drift:
        lines += ["", "the target is not what its applied files make:"]
        lines += [f"  {line}" for line in drift_lines(plan)]
    ordered = sorted(
        plan.statements, key=lambda one: (one.accepted is not None, one.observed.effect.rank)
    )
    lines += ["", *_table(ordered)]
    for one in ordered:
        if not is_quiet(one):
            lines += ["", *_statement(one)]
    return uncommanding("\n".join(lines)) + "\n"


def _table(statements: list[Weighed]) -> list[str]:
    rows = [("RISK", "WHERE", "CLASS", "BLOCKS")]
    quiet = [one for one in statements if is_quiet(one)]
    is_long = len(quiet) > _FEW
    for one in statements:
        if is_quiet(one) and is_long:
            continue
        risk = "accepted" if one.accepted else str(one.risk)
        rows.append((risk, place_of(one), str(one.observed.effect), blocked(one)))
    if is_long:
        rows.append(("none", f"{len(quiet)} statements", "none", "nothing"))
    widest = _WIDTH - 2 * 3 - sum(max(len(row[i]) for row in rows) for i in (0, 2, 3))
    fitted = [(risk, shortened(place, widest), *rest) for risk, place, *rest in rows]
    return aligned(fitted)


def _statement(one: Weighed) -> Iterator[str]:
    yield shortened(f"{place_of(one)}  {one.observed.effect}", _WIDTH)
    yield f"  {shortened(sql_of(one), _WIDTH - 2)}"
    for word, text in details(one):
        first, *rest = textwrap.wrap(
            text, _WIDTH - _INDENT, break_long_words=False, break_on_hyphens=False
        ) or [""]
        yield f"  {word:<{_INDENT - 2}}{first}"
        yield from (" " * _INDENT + line for line in rest)
    if one.observed.safer and not one.accepted:
        yield "  safer:"
        yield from (f"    {line}" for line in block(one.observed.safer).split("\n"))
