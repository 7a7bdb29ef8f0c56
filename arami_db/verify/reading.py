"""Asking the catalog: facts and checks in one read-only transaction that leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from arami_db.database.connect import Connection, lost
from arami_db.database.execute import no_time_limit
from arami_db.errors import AramiError
from arami_db.files import SqlFile
from arami_db.verify.findings import Finding, Severity
from arami_db.verify.snapshot import Fact

# What the session could bend: how names, numbers, times and strings are written.
_BEGIN = (
    "begin isolation level repeatable read read only",
    # Nothing is visible but pg_catalog: '' would still look into pg_temp first.
    "set local search_path = pg_catalog, pg_temp",
    "set local quote_all_identifiers = off",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'postgres'",
    "set local timezone = 'UTC'",
    "set local extra_float_digits = 1",
    "set local bytea_output = 'hex'",
    "set local standard_conforming_strings = on",
    "set local lc_monetary = 'C'",
    # Limits are meant for requests, and this may be slow on a server in need.
    "set local statement_timeout = 0",
    # The queries are many and their tables small: planning is half of what they cost.
    "set local jit = off",
    "set local enable_mergejoin = off",
    "set local enable_hashagg = off",
    "set local join_collapse_limit = 1",
)


class CheckError(AramiError):
    """A query of the verification itself could not be run."""


def ask(
    connection: Connection, catalog: SqlFile | None, checks: Sequence[SqlFile]
) -> tuple[frozenset[Fact], list[Finding]]:
    """Run the catalog query and every check, all in one round trip.

    Args:
        connection: any role that may connect will do; a standby or a pooler too.
        catalog: the query that states the facts, or None to leave them out.
        checks: queries that return findings.

    Raises:
        CheckError: a query failed, or a check does not return findings.
        ConnectionFailedError: the connection broke.
    """
    files = [*([catalog] if catalog else []), *checks]
    cursors: list[psycopg.Cursor[tuple[str, ...]]] = []
    try:
        with connection.pipeline():
            for statement in (*_BEGIN, *no_time_limit(connection)):
                connection.execute(statement)
            for file in files:
                cursors.append(connection.cursor())
                cursors[-1].execute(file.text)
            connection.execute("rollback")
    except psycopg.Error as error:
        if connection.closed:
            raise lost(error) from error
        connection.rollback()
        failed = [f for f, c in zip(files, cursors, strict=False) if c.pgresult is None]
        label = failed[0].label if failed else "verification"
        raise CheckError(f"{label}: {error.diag.message_primary or error}") from error
    answers = [(file, cursor.fetchall()) for file, cursor in zip(files, cursors, strict=True)]
    facts = frozenset(Fact._make(row) for file, rows in answers if file is catalog for row in rows)
    found = [_finding(file, row) for file, rows in answers if file is not catalog for row in rows]
    return facts, found


def _finding(check: SqlFile, row: tuple[str, ...]) -> Finding:
    try:
        severity, name, message, remedy = row
        return Finding(Severity(severity), check.path.stem, name, message, remedy=remedy)
    except ValueError as error:
        raise CheckError(
            f"{check.label}: a check returns severity, object, finding and remedy; got {row}",
            hint=f"severity is one of: {', '.join(Severity)}.",
        ) from error
