"""A plan as findings, for the forms of those that CI systems read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arami_db.drift.findings import Finding, Severity
from arami_db.files.effects import Effect
from arami_db.plan import Risk
from arami_db.render.plan.words import details
from arami_db.verifying.aside import Aside
from arami_db.verifying.report import VerifyReport
from arami_db.verifying.rules import Rule

if TYPE_CHECKING:
    from pathlib import Path

    from arami_db.plan import Planned, Weighed

_SEVERITIES = {
    Risk.DATA_LOSS: Severity.INTEGRITY,
    Risk.OUTAGE: Severity.INTEGRITY,
    Risk.WATCH: Severity.PERFORMANCE,
    Risk.NONE: Severity.COSMETIC,
}
_WHY = {
    Effect.FAILS: "The statement fails, and with it the deployment.",
    Effect.DATA_LOSS: "Rows or columns are gone afterwards, and no migration brings them back.",
    Effect.REWRITE: "The table is written anew, and nobody reads or writes it meanwhile.",
    Effect.LONG_READ_WRITE_BLOCK: "Nobody reads or writes the table while rows are looked at.",
    Effect.LONG_WRITE_BLOCK: "Nobody writes the table while rows are looked at or changed.",
    Effect.BRIEF: "The lock is brief, but queues behind whoever uses the table.",
}


def report(plan: Planned, root: Path) -> VerifyReport:
    """A plan as the report of a verification; what is accepted, or harmless, is left out.

    Args:
        plan: what the pending files will do.
        root: the SQL directory.
    """
    findings = tuple(_finding(one) for one in plan.open if one.observed.effect in _WHY)
    rules = tuple(Rule(f"plan_{effect}", why, why) for effect, why in _WHY.items())
    nothing = Aside((), (), (), (), ())
    return VerifyReport({"statements": len(plan.statements)}, (), findings, nothing, rules, root)


def _finding(one: Weighed) -> Finding:
    seen = one.observed
    told = "; ".join(f"{word} {text}" for word, text in details(one))
    names = ", ".join(seen.concerned) or seen.file.label
    return Finding(
        _SEVERITIES[one.risk],
        f"plan_{seen.effect}",
        names,
        f"{seen.effect}: {told}",
        remedy=seen.safer,
        place=f"{seen.file.label}:{seen.line}",
    )
