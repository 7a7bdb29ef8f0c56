"""Verifying: ledger, facts, checks and, when asked for, the proof of row level security."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from arami_db.database.connect import Connection
from arami_db.errors import RefusedFileError
from arami_db.facts import Answer, Fact, QueryFailedError, dump, load, read
from arami_db.files import SqlTree
from arami_db.files.sqlfile import label
from arami_db.verify.applied import check_ledger
from arami_db.verify.aside import Wishes, set_aside
from arami_db.verify.claims import check_claims
from arami_db.verify.drift import drift
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.report import Report, placed
from arami_db.verify.rules import rules_of

_TELL_ALL = Wishes()


def verify(
    connection: Connection,
    tree: SqlTree,
    *,
    wishes: Wishes = _TELL_ALL,
    prove_rls: bool = False,
    begin: Callable[[str], None] = lambda _: None,
) -> Report:
    """Compare a database with its files and with what must hold of any database.

    Args:
        connection: an idle connection of any role, to a standby or through a pooler if need be;
            without prove_rls, nothing is written through it.
        tree: the SQL files, with the catalog query, snapshot and checks.
        wishes: what the caller ignores and the deployment has declared; it is reported so.
        prove_rls: also attempt, in a transaction that is rolled back, what nobody must manage.
        begin: told what is done next, for progress.

    Raises:
        QueryFailedError: a query of the verification failed.
        RefusedFileError: a file cannot be read.
        UsageError: a declaration names an object of the schema itself.
        ConnectionFailedError: the connection broke.
    """
    begin("reading the ledger")
    files, findings = check_ledger(connection, tree)
    expected = _expected(tree)
    begin(f"stating the facts, asking {len(tree.checks)} checks")
    answer = _settled(connection, tree, expected)
    skipped = [] if expected else ["facts: this directory has no catalog/ and schema.snapshot"]
    findings += _compared(expected, answer)
    checked = {"files": files, "facts": len(answer.facts), "checks": len(tree.checks)}
    if tree.auth_stub:
        begin("asking auth.uid()")
        claims = check_claims(connection)
        findings += claims or []
        skipped += [] if claims is not None else ["auth.uid(): this role may not call it"]
    if prove_rls:
        begin("attempting what nobody must manage")
        checked["attempts"], leaks = _prove(connection)
        findings += leaks
    told, aside = set_aside(findings, wishes, expected or ())
    told_where = placed(told, tree)
    return Report(
        checked, tuple(skipped), told_where, aside, rules_of(tree.checks), label(tree.snapshot)
    )


def snapshot(connection: Connection, tree: SqlTree) -> str | None:
    """The facts of a database as the text of a snapshot; None where no catalog/ states any."""
    return dump(read(connection, tree, checks=False).facts) if tree.catalog else None


def _expected(tree: SqlTree) -> frozenset[Fact] | None:
    """The facts that should hold; None where the project states none."""
    if tree.snapshot.is_file() and tree.catalog:
        return load(tree.snapshot)
    if tree.snapshot.is_file() or tree.catalog:
        there, missing = tree.root / "catalog", tree.snapshot
        if not tree.catalog:
            there, missing = missing, there
        raise RefusedFileError(
            f"{missing}: is missing, and {there} is there",
            hint="Restore it; `arami-db snapshot` writes schema.snapshot from a migrated database.",
        )
    return None


def _settled(connection: Connection, tree: SqlTree, expected: frozenset[Fact] | None) -> Answer:
    """What the database says, asked again where it differs.

    Definitions are written out as they are now, not as the snapshot of a transaction sees them:
    what somebody is changing at this moment looks broken until it is asked again.
    """
    answer = read(connection, tree)
    return read(connection, tree) if expected and answer.facts != expected else answer


def _compared(expected: frozenset[Fact] | None, answer: Answer) -> list[Finding]:
    """What differs from the snapshot, and what the checks found."""
    found = list(_found(answer))
    if not expected:
        return found
    documented = {fact.object for fact in expected}
    return drift(expected, answer.facts) + [_keeping(finding, documented) for finding in found]


def _found(answer: Answer) -> Iterator[Finding]:
    for check, row in answer.found:
        told = {"message": row["finding"], **{k: v for k, v in row.items() if k != "finding"}}
        try:
            severity = Severity(told.pop("severity"))
            yield Finding(severity, check.path.stem, **told)
        except (TypeError, ValueError) as error:
            raise QueryFailedError(
                f"{check.label}: a check returns severity, object, finding and remedy, and may"
                f" return expected and actual; got {row}",
                hint=f"severity is one of: {', '.join(Severity)}.",
            ) from error


def _keeping(finding: Finding, documented: set[str]) -> Finding:
    """Without a remedy that drops what the snapshot has: the intruder is the other one."""
    drops = re.search(r"\bdrop (index|constraint)\b", finding.remedy or "")
    return replace(finding, remedy=None) if drops and finding.object in documented else finding


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
