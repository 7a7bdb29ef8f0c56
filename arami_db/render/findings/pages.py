"""A report as a page: who may do what, the findings, and the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arami_db import __version__
from arami_db.docs.words import Code, Words, listed
from arami_db.drift.findings import Severity
from arami_db.prove.matrix import ACTORS, COMMANDS, OUTCOMES, MatrixCell, Trace, matrix
from arami_db.prove.schema.exposed import Exposed
from arami_db.render.findings.text import checked, consequences
from arami_db.render.output import count
from arami_db.render.reference import escaping
from arami_db.render.reference.extra import environment

if TYPE_CHECKING:
    from arami_db.verifying.report import VerifyReport

_MOST = 6  # ways and actors that a line names


@dataclass(frozen=True)
class Grid:
    """A table of the matrix: its columns by actor and command, and a row for each object."""

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Exposed, tuple[MatrixCell, ...]], ...]


def markdown(report: VerifyReport) -> str:
    """A report as Markdown: for a page of a code host, or the summary of a pipeline's run.

    Args:
        report: the result of the verification.
    """
    templates = environment(escaping.prose)
    templates.filters |= {"code": escaping.code, "fenced": escaping.fenced}
    return templates.get_template("verify.md").render(_content(report)).strip() + "\n"


def html(report: VerifyReport) -> str:
    """A report as one HTML page without other files, which can be printed and signed.

    Args:
        report: the result of the verification.
    """
    templates = environment(escaping.hypertext)
    templates.filters["preformatted"] = escaping.preformatted
    return templates.get_template("verify.html").render(_content(report)).strip() + "\n"


def _content(report: VerifyReport) -> dict[str, Any]:
    aside, proof = report.aside, report.proof
    accepted = {
        (one.declaration.name, one.declaration.action): one.declaration.reason
        for one in aside.accepted
        if one.declaration.kind == "rls"
    }
    cells = matrix(proof.objects, proof.attempts, accepted) if proof else {}
    used = {cell.outcome for its in cells.values() for cell in its.values()}
    used |= {t.outcome for its in cells.values() for cell in its.values() for t in cell.traces}
    return {
        "title": f"Verification of {report.occasion.database if report.occasion else 'a database'}",
        "facts": list(_facts(report)),
        "actors": ACTORS,
        "grids": _grids(cells),
        "ids": {one: f"evidence-{number}" for number, one in enumerate(cells, 1)},
        "legend": [(word, text) for word, text in OUTCOMES.items() if word in used],
        "evidence": [(one, _evidence(its.values())) for one, its in cells.items()],
        "report": report,
        "proof": proof,
        "accepted": Counter(one.declaration for one in aside.accepted),
        "count": count,
        "few": _few,
        "consequences": consequences,
    }


def _few(names: Iterable[str]) -> Words:
    """The first of many names, and how many more there are."""
    every = tuple(names)
    more = len(every) - _MOST
    return (*listed(every[:_MOST]), *((f" and {more} more",) if more > 0 else ()))


def _facts(report: VerifyReport) -> Iterable[tuple[str, Words]]:
    if at := report.occasion:
        yield "When", (at.moment,)
        yield "Database", (Code(at.database), f" on PostgreSQL {at.server}")
        yield "By role", (Code(at.role),)
    yield "With", (f"arami-db {__version__}",)
    yield "Verified", (checked(report).removeprefix("verified "),)
    proof = report.proof
    if proof is None:
        yield "Row level security", ("not attacked: --prove-rls does, and adds who may do what",)
    else:
        yield "Exposed schemas", listed(dict.fromkeys(one.schema for one in proof.objects))
        yield "Proved", (proof.coverage,)
    by = Counter(finding.severity for finding in report.findings)
    found = ", ".join(f"{by[severity]} {severity}" for severity in Severity if by[severity])
    yield "Findings", (found or "none",)


def _grids(cells: dict[Exposed, dict[tuple[str, str], MatrixCell]]) -> list[Grid]:
    calling = {one for one in cells if one.kind in {"function", "procedure"}}
    made = (
        ("Tables and views", COMMANDS[:-1], [one for one in cells if one not in calling]),
        ("Functions", COMMANDS[-1:], [one for one in cells if one in calling]),
    )
    return [
        Grid(
            title,
            tuple((actor, command) for actor in ACTORS for command in commands),
            tuple(
                (one, tuple(cells[one][actor, c] for actor in ACTORS for c in commands))
                for one in found
            ),
        )
        for title, commands, found in made
        if found
    ]


def _evidence(cells: Iterable[MatrixCell]) -> list[tuple[MatrixCell, Trace]]:
    return [(cell, trace) for cell in cells for trace in cell.traces]
