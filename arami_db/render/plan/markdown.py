"""A plan as a comment on a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from arami_db.escape import block
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
    from collections.abc import Iterator

    from arami_db.plan import Planned, Weighed


def render(plan: Planned) -> str:
    """The plan as Markdown."""
    if not plan.files:
        return "Nothing is pending.\n"
    lines = [f"### arami-db plan: {plan.worst}", "", _plain(summary(plan)), ""]
    if plan.drift:
        lines += ["The target is not what its applied files make:", ""]
        lines += [f"- {_plain(line)}" for line in drift_lines(plan)] + [""]
    lines += ["| Risk | Class | Where | Statement | Blocks |", "| --- | --- | --- | --- | --- |"]
    ordered = [*plan.open, *(one for one in plan.statements if one.accepted)]
    lines += [_row(one) for one in ordered]
    for one in ordered:
        if not is_quiet(one):
            lines += _statement(one)
    return "\n".join(lines) + "\n"


def _row(one: Weighed) -> str:
    risk = "accepted" if one.accepted else one.risk
    cells = (risk, one.observed.effect, place_of(one), sql_of(one)[:100], blocked(one))
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _statement(one: Weighed) -> Iterator[str]:
    yield from ("", f"**{_plain(place_of(one))}**: {one.observed.effect}", "")
    yield from (f"- {word}: {_plain(text)}" for word, text in details(one))
    if one.observed.safer and not one.accepted:
        text = block(one.observed.safer)
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        yield from ("", "Safer:", "", f"{fence}sql", text, fence)


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|~@])", r"\\\1", text)
