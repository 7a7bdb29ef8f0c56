"""Verifying: ledger, facts, checks and, when asked for, the proof of row level security."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import psycopg

from arami_db import ledger
from arami_db.database.connect import Connection
from arami_db.errors import AramiError, PlatformError
from arami_db.facts import dump, read
from arami_db.files import SqlTree
from arami_db.migrate.plan import State, make_plan
from arami_db.verify.asking import differences, differences_within, expected_facts
from arami_db.verify.claims import check_claims
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.trial import Trial, attempt

__all__ = ["Finding", "Report", "Severity", "Trial", "snapshot", "try_remedies", "verify"]

_LEDGER = {
    State.PENDING: "has not been applied",
    State.OUT_OF_ORDER: "has not been applied, and later ones have",
    State.CHANGED: "was edited after it was applied",
    State.MISSING: "was applied, and its file is gone",
}


@dataclass(frozen=True)
class Report:
    """What was verified and what was found.

    Attributes:
        checked: what was looked at, with how many: files, facts, checks, attempts.
        skipped: what was not looked at, and why.
        findings: gravest first.
        ignored: findings that a pattern of the caller set aside.
        patterns: those patterns.
    """

    checked: dict[str, int]
    skipped: tuple[str, ...]
    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    patterns: tuple[str, ...]

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of a severity or graver."""
        return tuple(f for f in self.findings if f.severity.rank <= severity.rank)


def verify(
    connection: Connection, tree: SqlTree, *, ignore: tuple[str, ...] = (), prove_rls: bool = False
) -> Report:
    """Compare a database with its files and with what must hold of any database.

    Args:
        connection: an idle connection of any role, to a standby or through a pooler if need be;
            without prove_rls, nothing is written through it.
        tree: the SQL files, with the catalog query, snapshot and checks.
        ignore: shell patterns of source/object or source/message; what they match is set aside,
            and reported so.
        prove_rls: also attempt, in a transaction that is rolled back, what nobody must manage.

    Raises:
        QueryFailedError: a query of the verification failed.
        RefusedFileError: a file cannot be read.
        ConnectionFailedError: the connection broke.
    """
    files, findings = _ledger(connection, tree)
    expected = expected_facts(tree)
    answer = read(connection, tree)
    if expected and answer.facts != expected:
        # Definitions are written out as they are now, not as the snapshot of a transaction sees
        # them: what somebody is changing at this moment looks broken until it is asked again.
        answer = read(connection, tree)
    skipped = [] if expected else ["facts: this directory has no catalog/ and schema.snapshot"]
    findings += differences(connection, tree, expected, answer)
    claims = check_claims(connection) if tree.auth_stub else []
    findings += claims or []
    if claims is None:
        skipped.append("auth.uid(): this role may not call it")
    checked = {"files": files, "facts": len(answer.facts), "checks": len(tree.checks)}
    if prove_rls:
        attempts, leaks = _prove(connection)
        checked["attempts"] = attempts
        findings += leaks
    return _report(checked, skipped, findings, ignore)


def try_remedies(connection: Connection, tree: SqlTree, report: Report) -> Trial:
    """Run the remedies of a report in a transaction that is rolled back, and see what is left.

    Args:
        connection: an idle connection; of a role that may not run them, they are written untried.
        tree: the SQL files, as verify() was given them.
        report: what verify() returned.

    Raises:
        QueryFailedError: a query of the verification failed.
        ConnectionFailedError: the connection broke.
    """
    expected = expected_facts(tree)

    def ask() -> list[Finding]:
        found = differences_within(connection, tree, expected)
        return [finding for finding in found if not _is_ignored(finding, report.patterns)]

    return attempt(connection, report.findings, ask)


def snapshot(connection: Connection, tree: SqlTree) -> str | None:
    """The facts of a database as the text of a snapshot; None where no catalog/ states any."""
    return dump(read(connection, tree, checks=False).facts) if tree.catalog else None


def _ledger(connection: Connection, tree: SqlTree) -> tuple[int, list[Finding]]:
    """How many files were compared with the ledger, and what was found."""
    _ = tree.migrations, tree.views  # a file that cannot be read is no matter of the ledger
    try:
        plan = make_plan(tree, ledger.read(connection))
    except (AramiError, psycopg.Error, TypeError) as error:
        if connection.closed:
            raise
        # All the rest can be verified without it; that this could not must not look like success.
        finding = Finding(
            Severity.INTEGRITY,
            "ledger",
            "arami_db.migration",
            f"{str(error).strip()}: which files were applied is unknown",
            remedy=_reader(connection) if isinstance(error, PlatformError) else None,
        )
        return 0, [finding]
    said = [(entry, _LEDGER[entry.state]) for entry in plan.of(*_LEDGER)]
    said += [
        (entry, f"was applied under the name {entry.row.name}")
        for entry in plan.of(State.APPLIED)
        if entry.row and entry.row.name != entry.name
    ]
    return len(plan.entries), [
        Finding(Severity.INTEGRITY, "ledger", entry.label, f"{entry.label} {what}")
        for entry, what in said
    ]


def _reader(connection: Connection) -> str | None:
    """What lets the role of a session read the ledger, unless it was made to play another's."""
    [(role, plays)] = connection.execute(
        "select quote_ident(current_user), current_user <> session_user"
    ).fetchall()
    return None if plays else f"grant pg_read_all_data to {role};"


def _prove(connection: Connection) -> tuple[int, list[Finding]]:
    from arami_db.prove import prove

    proof = prove(connection)
    wrong = [(a, "could reach what is not theirs") for a in proof.leaks]
    wrong += [(a, "could not do what the schema promises them") for a in proof.failures]
    found = [
        Finding(
            Severity.SECURITY, "rls", a.object, f"{a.actor}: {a.action}: {why}", actual=a.detail
        )
        for a, why in wrong
    ]
    found += [
        Finding(Severity.SECURITY, "rls", name, f"could not be attempted: {name}")
        for name in proof.unattempted
    ]
    return len(proof.attempts), found


def _report(
    checked: dict[str, int], skipped: list[str], findings: list[Finding], ignore: tuple[str, ...]
) -> Report:
    ordered = sorted(findings, key=lambda f: (f.severity.rank, f.source, f.object, f.message))
    return Report(
        checked,
        tuple(skipped),
        tuple(finding for finding in ordered if not _is_ignored(finding, ignore)),
        tuple(finding for finding in ordered if _is_ignored(finding, ignore)),
        ignore,
    )


def _is_ignored(finding: Finding, patterns: tuple[str, ...]) -> bool:
    names = (f"{finding.source}/{finding.object}", f"{finding.source}/{finding.message}")
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
