"""What the facts and the checks say: of a database as it is, or as a transaction has changed it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import psycopg

from arami_db.database.connect import Connection, query
from arami_db.drift.comparing import drift
from arami_db.drift.findings import Finding, Severity
from arami_db.drift.remedies.names import mentions, mentions_column
from arami_db.errors import RefusedFileError
from arami_db.facts import Fact, FactsReading, QueryFailedError, ask_within, load
from arami_db.facts.names import split
from arami_db.files import SqlTree

_FOLLOWS = "Mend what the facts say of it first."
_DOUBLED = "Drop the other one of the two: this one is part of the schema."


def expected_facts(tree: SqlTree) -> frozenset[Fact] | None:
    """The facts that should hold.

    Args:
        tree: the SQL files.

    Returns:
        The facts of the snapshot; None where the project has neither catalog/ nor a snapshot.

    Raises:
        RefusedFileError: the snapshot cannot be read, or catalog/ or the snapshot is missing.
    """
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


def differences(
    connection: Connection, tree: SqlTree, expected: frozenset[Fact] | None, answer: FactsReading
) -> list[Finding]:
    """What facts and checks find.

    Args:
        connection: is asked who owns the schema, for remedies.
        tree: the SQL files.
        expected: as expected_facts() has them.
        answer: what the database says of itself.

    Returns:
        Each difference and each row of a check for itself, in no order.

    Raises:
        QueryFailedError: a check returns what it must not.
    """
    found = list(_found(answer))
    if expected is None:
        return found
    documented = {fact.object for fact in expected}
    found = [_keeping(finding, documented) for finding in found]
    if answer.facts == expected:
        return found
    drifted = drift(expected, answer.facts, *_roles(connection, tree))
    lost = [split(f.object) for f in drifted if f.missing and f.remedy is None]
    return [*drifted, *(_following(finding, lost) for finding in found)]


def not_looked_at(answer: FactsReading) -> list[str]:
    """What a check could not look at: it says so in a row without severity.

    Args:
        answer: what the database says of itself.

    Returns:
        The check, and why not.
    """
    return [
        f"{check.path.stem}: {row['finding']}"
        for check, row in answer.found
        if row["severity"] is None
    ]


def differences_within(
    connection: Connection, tree: SqlTree, expected: frozenset[Fact] | None
) -> list[Finding]:
    """The same, as the transaction at work has changed the database.

    Args:
        connection: in a transaction; its settings are what they were afterwards.
        tree: the SQL files.
        expected: as expected_facts() has them.

    Returns:
        As differences().

    Raises:
        QueryFailedError: a query failed.
        psycopg.Error: the connection broke.
    """
    try:
        answer = ask_within(connection, tree, expected or ())
        return differences(connection, tree, expected, answer)
    except psycopg.Error as error:
        if connection.closed:
            raise
        raise QueryFailedError(f"the verification: {error.diag.message_primary}") from error


def _roles(connection: Connection, tree: SqlTree) -> tuple[str, tuple[str, ...]]:
    """Whom facts call "owner", and the roles of the API, as remedies name them."""
    if tree.prelude is None:
        return "current_user", ()
    asked = tree.prelude.text + "\n" + query("remedy_roles")
    found = connection.execute(asked.encode()).fetchone()
    return (str(found[0]), tuple(found[1])) if found else ("current_user", ())


def _found(answer: FactsReading) -> Iterator[Finding]:
    for check, row in answer.found:
        if row["severity"] is None:
            continue
        columns = {"message": row["finding"], **{k: v for k, v in row.items() if k != "finding"}}
        if not columns.get("remedy"):
            columns.setdefault("advice", f"Mend it as {check.label} says, in a migration.")
        try:
            severity = Severity(columns.pop("severity"))
            yield Finding(severity, check.path.stem, **columns)
        except (TypeError, ValueError) as error:
            raise QueryFailedError(
                f"{check.label}: a check returns severity, object, finding and remedy, and may"
                f" return expected and actual; got {row}",
                hint=f"severity is one of: {', '.join(Severity)}.",
            ) from error


def _following(finding: Finding, lost: list[tuple[str, str]]) -> Finding:
    """Without a remedy that makes what the facts say cannot be made: a part of a table."""
    remedy = finding.remedy or ""
    if not any(mentions(remedy, table) and mentions_column(remedy, part) for table, part in lost):
        return finding
    return replace(finding, remedy=None, advice=_FOLLOWS)


def _keeping(finding: Finding, documented: set[str]) -> Finding:
    """Without a remedy that drops what the snapshot has: the intruder is the other one."""
    if finding.object not in documented or finding.remedy is None:
        return finding
    if re.search(r"\bdrop (index|constraint)\b", finding.remedy):
        return replace(finding, remedy=None, advice=_DOUBLED)
    return finding
