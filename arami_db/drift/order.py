"""The order in which remedies run, and which of them cannot run in a transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from arami_db.drift.findings import Finding

# By the begin of the first statement, ignoring drops with "if exists": other statements come before
# comments. Findings of one line of this list keep their order.
_ORDER = (
    r"alter \S+ .* rename ",
    r"alter extension .* drop ",
    r"alter table .* no inherit ",
    r"drop (event trigger|publication|cast) ",
    r"drop (policy|rule|trigger) ",
    r"drop (view|materialized view) ",
    r"alter table .* drop constraint ",
    r"drop (index|statistics) ",
    r"drop (table|foreign table) ",
    r"alter table .* drop column ",
    r"drop (function|procedure|aggregate) ",
    r"drop ",
    r"(create|alter) (schema|extension) ",
    r"(create|alter) (type|domain|sequence) ",
    r"create (unlogged )?table ",
    r"alter table .* add column ",
    r"alter table .* alter column ",
    r"(create or replace|alter) (function|procedure) ",
    r"create (or replace|materialized) ",
    r"CREATE (UNIQUE )?INDEX ",
    r"(?!.*FOREIGN KEY)alter table .* add constraint ",
    r"alter table .* add constraint ",
    r"CREATE ",
    r"create ",
    r"alter .* owner to ",
    r"(do .*)?(alter default privileges .*)?revoke ",
    r"(do .*)?(alter default privileges .*)?grant ",
    r"(?!comment )",
    r"comment ",
)
_PHASES = tuple(re.compile(pattern, re.DOTALL) for pattern in _ORDER)
_DROPPED = re.compile(r"(?:drop|alter table) [^;]*? if exists [^;]*;[^\n]*\n")
_OUTSIDE = re.compile(
    r"\s*(vacuum|(create( unique)?|drop|reindex) (index|table) concurrently)\b", re.IGNORECASE
)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose remedies go into a script, in an order that works.

    Args:
        findings: causes, with their consequences.

    Returns:
        The findings and consequences with a remedy; of several with the same one, the first.
    """
    by_remedy: dict[str, Finding] = {}
    for finding in unfolded(findings):
        if finding.remedy:
            by_remedy.setdefault(finding.remedy.strip(), finding)
    return sorted(
        by_remedy.values(),
        key=lambda finding: (not is_first(finding), _phase(finding.remedy or "")),
    )


def is_first(finding: Finding) -> bool:
    """Whether its remedy runs in the first round: it is for an object that differs.

    Paths and checks come later: fixing the object may fix them, and their remedies were made for
    the state before.
    """
    facts = (*finding.missing, *finding.extra)
    return finding.source == "facts" and not any(fact.kind == "reach" for fact in facts)


def unfolded(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings and their consequences, without remedies that the remedy of their cause includes."""
    for finding in findings:
        yield finding
        for consequence in unfolded(finding.consequences):
            is_done = consequence.remedy and consequence.remedy in (finding.remedy or "")
            yield replace(consequence, remedy=None) if is_done else consequence


def _phase(remedy: str) -> int:
    if runs_alone(remedy):
        return len(_PHASES)
    decisive = _DROPPED.sub("", remedy.strip() + "\n", count=1).strip() or remedy.strip()
    return next((i for i, phase in enumerate(_PHASES) if phase.match(decisive)), len(_PHASES))


def runs_alone(remedy: str) -> bool:
    """Whether Postgres refuses it in a transaction."""
    return _OUTSIDE.match(remedy) is not None
