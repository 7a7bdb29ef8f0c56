"""Findings as text: most severe first, each with its place and remedy."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from arami_db.drift.beside import counted, is_beside
from arami_db.drift.order import unfolded
from arami_db.escape import block, uncommanding, visible
from arami_db.render.output import count

if TYPE_CHECKING:
    from arami_db.drift.findings import Finding
    from arami_db.verifying.report import VerifyReport

_PATHS = 5  # consequences shown of one finding; --format json has all


def render(report: VerifyReport) -> str:
    """The report as text."""
    lines = [checked(report)]
    if report.proof is not None:
        made_up = len(report.proof.made_up)
        lines.append(f"proved   {report.proof.coverage}")
        if made_up:
            lines.append(
                f"         {count(made_up, 'function')} called with made-up arguments only"
            )
        lines += [
            f"open     {visible(name)}: policy {visible(policy)} lets everybody read"
            for name, policy in report.proof.public
        ]
    lines += [f"skipped {visible(reason)}" for reason in report.skipped]
    for severity in dict.fromkeys(finding.severity for finding in report.findings):
        group = [finding for finding in report.findings if finding.severity is severity]
        lines += ["", f"{severity}: {count(len(group), 'finding')}"]
        for finding in group:
            lines += [f"  {line}" for line in lines_of(finding)]
    lines += _set_aside(report)
    lines += ["", "clean" if not report.findings else count(len(report.findings), "finding")]
    return uncommanding("\n".join(lines)) + "\n"


def checked(report: VerifyReport) -> str:
    """What was examined, on one line."""
    return "verified " + ", ".join(
        count(number, name.removesuffix("s")) for name, number in report.checked.items()
    )


def lines_of(finding: Finding, *, place: bool = True) -> list[str]:
    """A finding in lines, the later ones indented.

    Args:
        finding: the finding, with its consequences.
        place: whether to name the file and line.
    """
    lines = [_sentence(finding)]
    details = {"at": finding.place if place else None, "expected": finding.expected}
    details |= {"actual": finding.actual, "remedy": finding.remedy}
    details["advice"] = None if finding.remedy else finding.advice
    for name, value in details.items():
        if value is not None:
            indented = block(str(value)).replace("\n", "\n" + " " * 14)
            lines.append(f"  {name + ':':<9} {indented}")
    return lines + [f"  {line}" for line in consequences(finding)]


def _sentence(finding: Finding) -> str:
    about = "" if finding.object in finding.message else f"{finding.object}: "
    return f"{visible(about + finding.message)}  [{visible(finding.source)}]"


def consequences(finding: Finding) -> list[str]:
    """Findings of checks and the first paths, a line each; all other facts are counted.

    Args:
        finding: the finding, with its consequences.
    """
    if is_beside(finding):  # its message has the count
        return []
    every = list(unfolded(finding.consequences))
    paths = [one for one in every if any(fact.kind == "reach" for fact in one.extra)]
    facts = [one for one in every if one.source == "facts" and one not in paths]
    lines = [f"and {count(len(facts), 'fact')} of it"] if facts else []
    others = [one for one in every if one.source != "facts"]
    lines += [f"and so: {_sentence(one)}" for one in (*paths[:_PATHS], *others)]
    more = len(paths) - _PATHS
    return lines + ([f"and {count(more, 'more path')}"] if more > 0 else [])


def _set_aside(report: VerifyReport) -> list[str]:
    lines = []
    if report.aside.ignored:
        patterns = visible(", ".join(report.aside.patterns))
        lines += ["", f"ignored {count(len(report.aside.ignored), 'finding')} by {patterns}"]
    if report.aside.accepted:
        by_declaration = Counter(one.declaration for one in report.aside.accepted)
        there = counted((by.kind, by.name) for by in by_declaration if by.kind != "rls")
        accepted = f"accepted {count(len(report.aside.accepted), 'finding')}"
        outside = f"outside these files, as declared: {there}; {accepted}:"
        lines += ["", outside if there else f"{accepted}, as declared:"]
        for by, number in by_declaration.items():
            lines.append(f"  {visible(f'{by.kind} {by.name}')}: {number} ({visible(by.reason)})")
    if report.aside.stale:
        lines += ["", "declared, but does not exist:"]
        lines += [visible(f"  {by.kind} {by.name}  [{by.place}]") for by in report.aside.stale]
    return lines
