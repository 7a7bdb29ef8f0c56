"""Statements that bring facts to what they should be, found by running them.

Remedies of the differences run, round after round, in an order that works. What is in the way of
one is dropped by name first: what a CASCADE would take is seen by trying it and taking it back. A
later round makes it again, as it should be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import psycopg

from arami_db.database.connect import Connection, lost
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding
from arami_db.drift.order import in_order
from arami_db.drift.remedies.around import Object, Sides, by_object
from arami_db.facts import Fact
from arami_db.undo.making import making, otherwise
from arami_db.undo.way import clearing

_ROUNDS = 40
# Who makes an object owns it.
_OWN = re.compile(r"^alter .* owner to current_user;\n?", re.MULTILINE)
_MEMBER = "member of extension "
_GROUND = {"schema", "extension", "type", "sequence", "table", "column"}
_Facts = frozenset[Fact]


class Done(NamedTuple):
    """SQL that was run, and the object that it is about: kind and name."""

    about: Object
    sql: str


@dataclass(frozen=True)
class Mended:
    """What was run, and what it left.

    Attributes:
        statements: in the order in which they ran.
        facts: what holds after them.
        failed: what the server said against a remedy, by the message of its finding.
    """

    statements: tuple[Done, ...]
    facts: _Facts
    failed: dict[str, str]


@dataclass
class _Work:
    """The work on one database, in a transaction that is rolled back."""

    connection: Connection
    wanted: _Facts
    ask: Callable[[], _Facts]
    api: tuple[str, ...]
    stated: Callable[[str, str], str | None]
    statements: list[Done] = field(default_factory=list)
    cleared: set[tuple[str, bool]] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)


def mend(
    connection: Connection,
    wanted: _Facts,
    ask: Callable[[], _Facts],
    api: tuple[str, ...],
    stated: Callable[[str, str], str | None],
) -> Mended:
    """Find the statements, and take everything back.

    Args:
        connection: to a throw-away database.
        wanted: the facts that should hold.
        ask: states those that do, in the transaction at work.
        api: the API's roles that are there.
        stated: the statement of a file that makes an object, by kind and name.

    Returns:
        The statements, and what holds after them.

    Raises:
        ConnectionFailedError: the connection broke.
        QueryFailedError: the facts could not be asked.
    """
    work = _Work(connection, wanted, ask, api, stated)
    try:
        with connection.transaction(force_rollback=True):
            now = ask()
            for _ in range(_ROUNDS):
                if now == wanted:
                    break
                before, now = now, _round(work, now)
                if now != before:
                    continue
                cleared = _cleared(work, now)
                if cleared is None:
                    break
                now = cleared
            return Mended(tuple(work.statements), now, work.failed)
    except psycopg.Error as error:
        raise lost(error) from error


def _differences(work: _Work, now: _Facts) -> list[Finding]:
    """What differs, each with what makes it go where that is known."""
    around = Sides(by_object(work.wanted), by_object(now), api=work.api)
    found = [f for f in drift(work.wanted, now, api=work.api) if not _comes_along(f, around)]
    made = [replace(f, remedy=making(f, around, work.stated) or f.remedy) for f in found]
    return [
        _without_owner(f) if f.missing and around.is_missing(f.missing[0][:2]) else f for f in made
    ]


def _comes_along(finding: Finding, around: Sides) -> bool:
    """Whether it is of a member of an extension that is to come, to go or to move."""
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


def _round(work: _Work, now: _Facts) -> _Facts:
    """Run remedies: of what holds others together first, and of all where that changes nothing."""
    found = in_order(_differences(work, now))
    first = [finding for finding in found if _is_ground(finding)]
    after = _attempt(work, now, first) if first else now
    return _attempt(work, now, found) if after == now else after


def _is_ground(finding: Finding) -> bool:
    """Whether it is of what others are made of, or only takes something away."""
    facts = finding.missing or finding.extra
    return facts[0].kind in _GROUND or not finding.missing


def _attempt(work: _Work, now: _Facts, waiting: Sequence[Finding]) -> _Facts:
    """Run remedies, those that fail again after the others; nothing where nothing changes."""
    before = len(work.statements)
    with work.connection.transaction() as attempt:
        while waiting:
            failed = [f for f in waiting if not _runs(work, f.message, _of(f), f.remedy or "")]
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


def _runs(work: _Work, what: str, about: Object, sql: str) -> bool:
    """Run the SQL of one remedy, and keep it if it does."""
    try:
        with work.connection.transaction():
            work.connection.execute(sql.encode())
    except psycopg.Error as error:
        if work.connection.closed:
            raise
        work.failed[what] = error.diag.message_primary or str(error)
        return False
    work.failed.pop(what, None)
    work.statements.append(Done(about, sql.strip()))
    return True


def _cleared(work: _Work, now: _Facts) -> _Facts | None:
    """Drop what is in the way of one difference; None where nothing more can be."""
    around = Sides(by_object(work.wanted), by_object(now), api=work.api)
    found = _differences(work, now)
    for finding, spare in [(f, True) for f in found] + [(f, False) for f in found]:
        facts = finding.missing or finding.extra
        if not facts or (stage := (finding.message, spare)) in work.cleared:
            continue
        work.cleared.add(stage)
        other = otherwise(finding, around) if spare else None
        if other and _runs(work, finding.message, _of(finding), other):
            return work.ask()
        drops = clearing(work.connection, finding, around, work.ask, spare=spare)
        before = len(work.statements)
        with work.connection.transaction() as trial:
            if drops and _all_run(work, drops):
                return work.ask()
            del work.statements[before:]
            raise psycopg.Rollback(trial)
    return None


def _all_run(work: _Work, drops: Iterable[tuple[Object, str]]) -> bool:
    """Run statements, those that fail again after the others."""
    waiting = list(drops)
    while waiting:
        failed = [(item, sql) for item, sql in waiting if not _runs(work, sql, item, sql)]
        if len(failed) == len(waiting):
            return False
        waiting = failed
    return True
