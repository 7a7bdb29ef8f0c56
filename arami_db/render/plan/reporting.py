"""A plan as findings, for the formats that CI systems read."""

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
    Effect.REWRITE: "The table is rewritten, and nobody can read or write it meanwhile.",
    Effect.LONG_READ_WRITE_BLOCK: "Nobody can read or write the table while its rows are read.",
    Effect.LONG_WRITE_BLOCK: "Nobody can write to the table while its rows are read or changed.",
    Effect.BRIEF: "The lock is brief, but queues behind sessions that use the table.",
}


def report(plan: Planned, root: Path) -> VerifyReport:
    """A plan as the report of a verification, without accepted or harmless effects.

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
