"""Statements that restore facts, found by running them.

Remedies of the differences run in rounds, in an order that works. Objects that block one are
dropped by name first; a CASCADE that is rolled back shows which. A later round creates them again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import psycopg

from arami_db.database.connect import Connection, lost
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding
from arami_db.drift.order import in_order
from arami_db.drift.remedies.around import Object, Sides, by_object
from arami_db.facts import Fact
from arami_db.undo.making import making, otherwise
from arami_db.undo.trying import Done, FromFiles, Trying
from arami_db.undo.types import set_aside
from arami_db.undo.way import clearing

_ROUNDS = 40
# Who makes an object owns it.
_OWN = re.compile(r"^alter .* owner to current_user;\n?", re.MULTILINE)
_MEMBER = "member of extension "
_GROUND = {"schema", "extension", "type", "sequence", "table", "column"}
_Facts = frozenset[Fact]


@dataclass(frozen=True)
class Mended:
    """What ran, and the result.

    Attributes:
        statements: in the order in which they ran.
        begun: the facts before the first statement that is more than a restored name.
        goal: the wanted facts, as far as they can be reached.
        facts: those after them.
        failed: the server's error for a remedy, by the message of its finding.
    """

    statements: tuple[Done, ...]
    begun: _Facts
    goal: _Facts
    facts: _Facts
    failed: dict[str, str]


def mend(
    connection: Connection,
    wanted: _Facts,
    ask: Callable[[], _Facts],
    api: tuple[str, ...],
    files: FromFiles,
) -> Mended:
    """Find the statements, and roll back.

    Args:
        connection: to a throw-away database.
        wanted: the facts that should hold.
        ask: reads the facts that hold, in the current transaction.
        api: the API's roles that exist.
        files: what only the files know.

    Returns:
        The statements, and the facts after them.

    Raises:
        ConnectionFailedError: the connection broke.
        QueryFailedError: the facts could not be read.
    """
    work = Trying(connection, wanted, ask, api, files)
    try:
        with connection.transaction(force_rollback=True):
            now = begun = work.give_names_back()
            work.wanted = goal = set_aside(wanted, begun)
            for _ in range(_ROUNDS):
                if now == goal:
                    break
                before, now = now, _round(work, now)
                if now != before:
                    continue
                cleared = _cleared(work, now)
                if cleared is None:
                    break
                now = cleared
            return Mended(tuple(work.statements), begun, goal, now, work.failed)
    except psycopg.Error as error:
        raise lost(error) from error


def _differences(work: Trying, now: _Facts) -> list[Finding]:
    """The differences, each with its remedy where known."""
    around = Sides(by_object(work.wanted), by_object(now), api=work.api)
    found = [f for f in drift(work.wanted, now, api=work.api) if not _comes_along(f, around)]
    made = [
        f if (sql := making(f, around, work.files.stated)) is None else replace(f, remedy=sql)
        for f in found
    ]
    return [
        _without_owner(f) if f.missing and around.is_missing(f.missing[0][:2]) else f for f in made
    ]


def _comes_along(finding: Finding, around: Sides) -> bool:
    """Whether it is a member of an extension that must be created, dropped or moved."""
    item = (finding.missing or finding.extra)[0][:2]
    extensions = {
        key.removeprefix(_MEMBER)
        for side in (around.wanted, around.actual)
        for key in side.get(item, {})
        if key.startswith(_MEMBER)
    }
    return any(
        around.wanted.get(("extension", name)) != around.actual.get(("extension", name))
        for name in extensions
    )


def _without_owner(finding: Finding) -> Finding:
    return replace(finding, remedy=finding.remedy and _OWN.sub("", finding.remedy))


def _round(work: Trying, now: _Facts) -> _Facts:
    """Run remedies: first those of objects that others depend on; if nothing changes, all."""
    found = in_order(_differences(work, now))
    first = [finding for finding in found if _is_ground(finding)]
    after = _attempt(work, now, first) if first else now
    return _attempt(work, now, found) if after == now else after


def _is_ground(finding: Finding) -> bool:
    """Whether others depend on its object, or it only drops something."""
    facts = finding.missing or finding.extra
    return facts[0].kind in _GROUND or not finding.missing


def _attempt(work: Trying, now: _Facts, waiting: Sequence[Finding]) -> _Facts:
    """Run remedies, and retry those that fail after the others; none if nothing changes."""
    before = len(work.statements)
    with work.connection.transaction() as attempt:
        while waiting:
            failed = [f for f in waiting if not work.runs(f.message, _of(f), f.remedy or "")]
            if len(failed) == len(waiting):
                break
            waiting = failed
        after = work.ask() if work.statements[before:] else now
        if after == now:
            del work.statements[before:]
            raise psycopg.Rollback(attempt)
    return after


def _of(finding: Finding) -> Object:
    return (finding.missing or finding.extra)[0][:2]


def _cleared(work: Trying, now: _Facts) -> _Facts | None:
    """Drop what blocks one difference; None where nothing more can be dropped."""
    around = Sides(by_object(work.wanted), by_object(now), api=work.api)
    found = _differences(work, now)
    for finding, spare in [(f, True) for f in found] + [(f, False) for f in found]:
        facts = finding.missing or finding.extra
        if not facts or (stage := (finding.message, spare)) in work.cleared:
            continue
        work.cleared.add(stage)
        other = otherwise(finding, around) if spare else None
        if other and work.runs(finding.message, _of(finding), other):
            return work.ask()
        drops = clearing(work.connection, finding, around, work.ask, spare=spare)
        before = len(work.statements)
        with work.connection.transaction() as trial:
            if drops and work.all_run(drops):
                return work.ask()
            del work.statements[before:]
            raise psycopg.Rollback(trial)
    return None
