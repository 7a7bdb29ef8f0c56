"""Verifying: ledger, facts, checks and, on request, the proof of row level security."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from arami_db.database.connect import Connection
from arami_db.drift.beside import apart
from arami_db.drift.causes import fold
from arami_db.drift.findings import Finding, gravity
from arami_db.drift.neighbours import neighbours_of
from arami_db.drift.places import placed
from arami_db.facts import Fact, FactsReading, dump, read, read_for
from arami_db.files import SqlTree
from arami_db.verifying.applied import check_ledger
from arami_db.verifying.aside import Wishes, set_aside
from arami_db.verifying.asking import (
    differences,
    differences_within,
    expected_facts,
    not_looked_at,
)
from arami_db.verifying.proof import of_proof, with_own
from arami_db.verifying.report import Occasion, VerifyReport
from arami_db.verifying.rules import rules_of
from arami_db.verifying.trial import Trial, attempt

if TYPE_CHECKING:
    from arami_db.prove import Proof

_TELL_ALL = Wishes()
_NO_FACTS = "facts: this directory has no catalog/ and schema.snapshot"


def verify(
    connection: Connection,
    tree: SqlTree,
    *,
    wishes: Wishes = _TELL_ALL,
    prove_rls: bool = False,
    begin: Callable[[str], None] = lambda _: None,
) -> VerifyReport:
    """Compare a database with its files, and run the checks.

    Args:
        connection: an idle connection of any role; it may lead to a standby or through a pooler.
            Without prove_rls, nothing is written through it.
        tree: the SQL files, with catalog/, checks/ and the snapshot.
        wishes: what the caller ignores, and declared exceptions; the report lists both.
        prove_rls: also attack row level security, in a transaction that is rolled back.
        begin: called with each step as it begins, for progress.

    Returns:
        What was examined and the findings, most severe first.

    Raises:
        QueryFailedError: a query of the verification failed.
        RefusedFileError: a file cannot be read.
        UsageError: a declaration names an object of the schema itself.
        ConnectionFailedError: the connection broke.
    """
    begin("reading the ledger")
    files, findings = check_ledger(connection, tree)
    tree = read_for(connection, tree)
    expected = expected_facts(tree)
    begin(f"reading the facts, running {len(tree.checks)} checks")
    answer = _settled(connection, tree, expected)
    skipped = not_looked_at(answer) if expected is not None else [_NO_FACTS, *not_looked_at(answer)]
    findings += differences(connection, tree, expected, answer)
    checked = {"files": files, "facts": len(answer.facts), "checks": len(tree.checks)}
    beside = neighbours_of(findings, expected or ())
    proof = _prove(connection, tree, begin) if prove_rls else None
    if proof:
        checked["attempts"] = len(proof.attempts)
        findings += of_proof(connection, tree, proof)
    wishes = with_own(wishes, tree, findings, proved=proof is not None)
    left, aside = set_aside(findings, wishes, beside)
    ours, theirs = apart(left, beside, tree)
    causes = sorted([*fold(ours), *([theirs] if theirs else [])], key=gravity)
    return VerifyReport(
        checked,
        tuple(skipped),
        placed(causes, tree),
        aside,
        rules_of(tree.checks),
        tree.root,
        proof,
        _occasion(connection),
    )


def _prove(connection: Connection, tree: SqlTree, begin: Callable[[str], None]) -> Proof:
    """Attack row level security; imported here, since it loads the parser."""
    from arami_db.prove import prove

    begin("attacking row level security")
    return prove(connection, on_citus=tree.is_distributed, begin=begin)


def try_remedies(
    connection: Connection, tree: SqlTree, wishes: Wishes, report: VerifyReport
) -> Trial:
    """Run the remedies of a report in a transaction that is rolled back, and report what is left.

    Args:
        connection: an idle connection; if its role may not run them, they are written untried.
        tree: the SQL files, as for verify().
        wishes: as for verify().
        report: the result of verify().

    Returns:
        The script, and which findings it fixes, leaves and adds.

    Raises:
        QueryFailedError: a query of the verification failed.
        ConnectionFailedError: the connection broke.
    """
    tree = read_for(connection, tree)
    expected = expected_facts(tree)

    wishes = with_own(wishes, tree, report.findings, proved=report.proof is not None)

    def ask() -> list[Finding]:
        found = differences_within(connection, tree, expected)
        return set_aside(found, wishes, neighbours_of(found, expected or ()))[0]

    return attempt(connection, report.findings, ask)


def snapshot(connection: Connection, tree: SqlTree) -> tuple[Path, str] | None:
    """Write the facts of a database as the text of a snapshot.

    Args:
        connection: an idle connection.
        tree: the SQL files.

    Returns:
        The path of the snapshot, and the text; None where the files have no catalog/.

    Raises:
        QueryFailedError: a query of catalog/ failed.
        RefusedFileError: a file cannot be read.
        ConnectionFailedError: the connection broke.
    """
    tree = read_for(connection, tree)
    if not tree.catalog:
        return None
    return tree.snapshot, dump(read(connection, tree, tree.catalog).facts)


def _occasion(connection: Connection) -> Occasion:
    [row] = connection.execute(
        "select pg_catalog.current_setting('server_version'), current_database()::text,"
        " current_user::text, pg_catalog.to_char(statement_timestamp() at time zone 'UTC',"
        " 'YYYY-MM-DD HH24:MI \"UTC\"')"
    ).fetchall()
    return Occasion(*row)


def _settled(
    connection: Connection, tree: SqlTree, expected: frozenset[Fact] | None
) -> FactsReading:
    """The facts and rows of the database, read again if they differ.

    Postgres writes definitions in their present form, not as the transaction's snapshot sees them:
    an object that another session is changing looks broken until it is read again.
    """
    answer = read(connection, tree, made=expected or ())
    again = expected and answer.facts != expected
    return read(connection, tree, made=expected or ()) if again else answer
