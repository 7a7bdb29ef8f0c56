"""Trying remedies: all of them in one transaction, asking again, and rolling back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import psycopg

from arami_db.database.connect import Connection, lost
from arami_db.database.execute import no_time_limit
from arami_db.drift.findings import Finding
from arami_db.drift.order import in_order, is_first, runs_alone, unfolded
from arami_db.escape import visible
from arami_db.verifying.script import write

# What says something of this session or of others, and nothing of the remedy.
_NOT_TRIED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.QueryCanceled,
)
LATER = "verify again after what is above: it may be in order by then"
_ELSEWHERE = {"ledger", "rls"}  # sources that are not asked again
_LIMITS = "set local lock_timeout = '3s'; set local statement_timeout = 0"


@dataclass(frozen=True)
class Trial:
    """What became of the findings when their remedies were run.

    Attributes:
        script: the remedies, in the order in which they ran.
        remedies: how many the script has.
        findings: how many there were findings.
        untried: why nothing was tried; None where it was.
        failed: the findings whose remedies did not run, with what the server said.
        stay: the findings that are there afterwards, too; all that were where nothing was tried.
        new: findings that were not there before.
    """

    script: str
    remedies: int
    findings: int
    untried: str | None
    failed: tuple[tuple[Finding, str], ...]
    stay: tuple[Finding, ...]
    new: tuple[Finding, ...]


class _UntriedError(Exception):
    """The remedies cannot be tried here."""


def attempt(
    connection: Connection,
    findings: Sequence[Finding],
    ask: Callable[[], Sequence[Finding]],
) -> Trial:
    """Run all remedies in a transaction, ask what is still found there, and roll back.

    Args:
        connection: of a role that may run them; where it may not, they are written untried.
        findings: what was found.
        ask: asks facts and checks again, in the transaction at work; findings of the ledger and of
            the proof are taken to stay.

    Returns:
        The script, and what became of each finding.

    Raises:
        ConnectionFailedError: the connection broke.
        QueryFailedError: what is asked again could not be.
    """
    ordered = in_order(findings)
    if not ordered:
        script = write([], ["There is nothing to run."], {})
        return Trial(script, 0, len(findings), None, (), tuple(findings), ())
    try:
        with connection.transaction(force_rollback=True):
            _prepare(connection)
            done, failed = _run(connection, [f for f in ordered if is_first(f)])
            after = ask()
            left = _marks(after)
            due = [f for f in ordered if _stays(f, left)]
            due = [f for f in due if not is_first(f) and not runs_alone(f.remedy or "")]
            if due:
                also_done, also_failed = _run(connection, due)
                done, failed = done + also_done, failed + also_failed
                after = ask()
    except (_UntriedError, *_NOT_TRIED) as reason:
        return _untried(ordered, findings, str(reason).strip().split("\n")[0])
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        raise
    return _tried(findings, ordered, (done, failed), after)


def _tried(
    findings: Sequence[Finding],
    ordered: list[Finding],
    outcome: tuple[list[Finding], list[tuple[Finding, str]]],
    after: Sequence[Finding],
) -> Trial:
    done, failed = outcome
    left, before = _marks(after), _marks(findings)
    stay = tuple(f for f in findings if _stays(f, left))
    new = tuple(f for f in unfolded(after) if not _marks([f]) & before)
    # What another remedy has done before cannot be done again, and need not.
    failed = [(finding, error) for finding, error in failed if _marks([finding]) & left]
    written = [*done, *(f for f in ordered if _stays(f, left) and f not in done)]
    script = write(
        written,
        [f"Tried and rolled back: {len(findings) - len(stay)} of {len(findings)} findings go."],
        {finding.remedy or "": f"did not run: {error}" for finding, error in failed},
    )
    return Trial(script, len(written), len(findings), None, tuple(failed), stay, new)


def _stays(finding: Finding, left: set[object]) -> bool:
    return finding.source in _ELSEWHERE or bool(_marks([finding]) & left)


def _untried(ordered: list[Finding], findings: Sequence[Finding], reason: str) -> Trial:
    has_first = any(is_first(finding) for finding in ordered)
    without = {f.remedy or "": LATER for f in ordered if has_first and not is_first(f)}
    script = write(ordered, [f"Not tried: {reason}."], without)
    return Trial(script, len(ordered), len(findings), reason, (), tuple(findings), ())


def _prepare(connection: Connection) -> None:
    [(is_read_only,)] = connection.execute("show transaction_read_only").fetchall()
    if is_read_only == "on":
        raise _UntriedError("the connection is read-only")
    connection.execute("; ".join((_LIMITS, *no_time_limit(connection))).encode())


def _marks(findings: Iterable[Finding]) -> set[object]:
    """What findings are known by, however they are put together: their facts, or their words."""
    marks = set[object]()
    for finding in unfolded(findings):
        facts = (*finding.missing, *finding.extra)
        marks |= {*facts} or {(finding.source, finding.object, finding.message)}
    return marks


def _run(
    connection: Connection, findings: list[Finding]
) -> tuple[list[Finding], list[tuple[Finding, str]]]:
    """Run remedies; what fails is tried again after the others, which it may have waited for."""
    done: list[Finding] = []
    while findings:
        failed = []
        for finding in findings:
            if error := _try(connection, finding):
                failed.append((finding, error))
            else:
                done.append(finding)
        if len(failed) == len(findings):
            return done, failed
        findings = [finding for finding, _ in failed]
    return done, []


def _try(connection: Connection, finding: Finding) -> str | None:
    """Run one remedy; what the server says against it."""
    try:
        with connection.transaction():
            connection.execute((finding.remedy or "").encode())
    except _NOT_TRIED as error:
        said = error.diag.message_primary or str(error)
        raise _UntriedError(f"{visible(said)} ({visible(finding.message)})") from error
    except psycopg.Error as error:
        if connection.closed:
            raise
        return error.diag.message_primary or str(error)
    return None
