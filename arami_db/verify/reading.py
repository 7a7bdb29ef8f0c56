"""Asking the catalog: facts and checks in one read-only transaction that leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import psycopg

from arami_db.database.connect import Connection, lost, query
from arami_db.database.execute import no_time_limit
from arami_db.errors import AramiError
from arami_db.files import SqlFile
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.premise import (
    FACTS_DIFFER,
    ROLES_DIFFER,
    arms_of,
    premise_of,
    without_idle,
)
from arami_db.verify.snapshot import SEPARATOR, Snapshot

# What the session could bend: how names, numbers, times and strings are written.
_SETTINGS = {
    # Nothing is visible but pg_catalog: '' would still look into pg_temp first.
    "search_path": "pg_catalog, pg_temp",
    "quote_all_identifiers": "off",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "lc_monetary": "C",
    # Limits are meant for requests, and this may be slow on a server in need.
    "statement_timeout": "0",
    # Writing a definition out waits for whoever is changing its table.
    "lock_timeout": "5s",
    # The queries are many and their tables small: planning is half of what they cost.
    "jit": "off",
    "enable_mergejoin": "off",
    "enable_nestloop": "off",
    "enable_hashagg": "off",
    "join_collapse_limit": "1",
}
_BEGIN = "begin isolation level repeatable read read only; select " + ", ".join(
    f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items()
)

_FACTS = (
    f"select concat_ws('{SEPARATOR}', kind, object, property, value)"  # noqa: S608 - ours alone
    " from (\n{}\n) as stated (kind, object, property, value)"
)
_OWN = "verification"  # the label of what is no file's
_PREMISES = "a line 'Only if'"
_Rows = list[Any]
_Query = tuple[str, str]  # a label and its SQL


class CheckError(AramiError):
    """A query of the verification itself could not be run."""


def ask(
    connection: Connection,
    catalog: SqlFile | None,
    checks: Sequence[SqlFile],
    expected: Snapshot | None = None,
) -> tuple[frozenset[str], list[Finding]]:
    """Run the catalog query and every check that can find something, in one transaction.

    What can find nothing is told by premises, which cost a round trip and spare the planning of
    queries; see premise.py. A check of the facts alone is spared where the facts are the expected
    ones, which say of the check that it finds nothing in them.

    Args:
        connection: any role that may connect will do; a standby or a pooler too.
        catalog: the query that states the facts, or None to leave them out.
        checks: queries that return findings.
        expected: what the database should state.

    Returns:
        The facts, as a snapshot has them, and the findings of the checks.

    Raises:
        CheckError: a query failed, or a check does not return findings.
        ConnectionFailedError: the connection broke.
    """
    premises = {check: premise_of(check) for check in checks}
    arms = arms_of(catalog) if catalog else []
    conditions = filter(None, (*premises.values(), *(premise for premise, _ in arms)))
    holds = _weigh(connection, {*conditions} - {FACTS_DIFFER})
    text = without_idle(arms, holds).rstrip("; \n")
    stated = [(catalog.label, _FACTS.format(text))] if catalog else []
    facts = frozenset(fact for rows in _run(connection, stated) for (fact,) in rows)
    known = expected if expected and not holds[ROLES_DIFFER] and facts == expected.facts else None

    def is_due(check: SqlFile, premise: str | None) -> bool:
        if premise == FACTS_DIFFER:
            return known is None or not known.silences(check)
        return premise is None or holds[premise]

    due = [check for check, premise in premises.items() if is_due(check, premise)]
    queries = [*((check.label, check.text) for check in due), (_OWN, "rollback")]
    answers = zip(due, _run(connection, queries), strict=False)
    return facts, [_finding(check, row) for check, rows in answers for row in rows]


def _weigh(connection: Connection, premises: set[str]) -> dict[str, bool]:
    """Begin, and tell which premises hold."""
    asked = list(premises | {ROLES_DIFFER})
    truths = ",\n".join(f"coalesce(({sql}), true)" for sql in asked)
    # Materialized, lest it be planned once for each premise that names it.
    given = query("given")
    weighing = f"with given as materialized (\n{given})\nselect array[\n{truths}]\nfrom given"
    beginning = "; ".join((_BEGIN, *no_time_limit(connection)))
    if connection.info.parameter_status("standard_conforming_strings") == "on":
        weighing = f"{beginning}; {weighing}"
    else:  # a message is read as a whole before any of it is done
        _run(connection, [(_PREMISES, beginning)])
    [[(told,)]] = _run(connection, [(_PREMISES, weighing)])
    return dict(zip(asked, told, strict=True))


def _run(connection: Connection, queries: Sequence[_Query]) -> list[_Rows]:
    """The rows of each query, all asked in one round trip.

    A single one is asked without a pipeline: the simple protocol copies its parse tree less often,
    but would take several statements for one.
    """
    cursors: list[psycopg.Cursor[tuple[Any, ...]]] = []
    try:
        with connection.pipeline() if len(queries) > 1 else nullcontext():
            for _, text in queries:
                cursors.append(connection.cursor())
                cursors[-1].execute(text)
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        connection.rollback()
        failed = [q for q, c in zip(queries, cursors, strict=False) if c.pgresult is None]
        label = failed[0][0] if failed else _OWN
        waited = isinstance(error, psycopg.errors.LockNotAvailable)
        raise CheckError(
            f"{label}: {error.diag.message_primary or error}",
            hint="Somebody is changing the schema: verify when they are done." if waited else None,
        ) from error
    return [_last_rows(label, cursor) for (label, _), cursor in zip(queries, cursors, strict=True)]


def _last_rows(label: str, cursor: psycopg.Cursor[tuple[Any, ...]]) -> _Rows:
    while cursor.nextset():
        if label != _PREMISES:
            raise CheckError(f"{label}: holds more than one statement")
    return cursor.fetchall() if cursor.description else []


def _finding(check: SqlFile, row: tuple[Any, ...]) -> Finding:
    try:
        severity, name, message, remedy, *texts = row
        expected, actual = texts or (None, None)
        return Finding(Severity(severity), check.path.stem, name, message, expected, actual, remedy)
    except ValueError as error:
        raise CheckError(
            f"{check.label}: a check returns severity, object, finding and remedy, and may return"
            f" expected and actual as well; got {row}",
            hint=f"severity is one of: {', '.join(Severity)}.",
        ) from error
