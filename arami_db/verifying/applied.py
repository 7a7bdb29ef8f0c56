"""The ledger against the files: which were applied, and whether they are still the same."""

from __future__ import annotations

import psycopg

from arami_db import ledger
from arami_db.database.connect import Connection
from arami_db.drift.findings import Finding, Severity
from arami_db.errors import AramiError, PlatformError
from arami_db.facts import QueryFailedError, locked
from arami_db.facts.session import SETTINGS
from arami_db.files import SqlTree
from arami_db.ledger.plan import Entry, EntryState, make_plan

_LEDGER = {
    EntryState.PENDING: "has not been applied",
    EntryState.OUT_OF_ORDER: "has not been applied, and later ones have",
    EntryState.CHANGED: "was edited after it was applied",
    EntryState.SWAPPED: "holds what was applied as number {twin}",
    EntryState.RENUMBERED: "and number {twin} are one migration",
    EntryState.RENAMED: "was applied under the name {name}",
    EntryState.MISSING: "was applied, and its file is gone",
    EntryState.AHEAD: "came with a newer release: verify with the files of that one",
}


def check_ledger(connection: Connection, tree: SqlTree) -> tuple[int, list[Finding]]:
    """Compare the ledger with the files.

    Args:
        connection: an idle connection.
        tree: the SQL files.

    Returns:
        How many files were compared, and what was found.

    Raises:
        QueryFailedError: somebody holds a lock on the ledger.
        RefusedFileError: a file cannot be read.
        ConnectionFailedError: the connection broke.
    """
    _ = (
        tree.migrations,
        tree.views,
    )  # read now: a file that cannot be read is not an error of the ledger
    try:
        plan = make_plan(tree, _read(connection))
    except (AramiError, psycopg.Error, TypeError) as error:
        if connection.closed or isinstance(error, QueryFailedError):
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
    return len(plan.entries), [_finding(entry) for entry in plan.of(*_LEDGER)]


def _read(connection: Connection) -> ledger.Ledger:
    """Read the ledger, and wait for nobody who changes it longer than for any other table."""
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout = '{SETTINGS['lock_timeout']}'".encode())
            return ledger.read(connection)
    except AramiError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise locked(connection) from error
        raise


def _finding(entry: Entry) -> Finding:
    what = _LEDGER[entry.state].format(twin=entry.twin, name=entry.row.name if entry.row else "")
    place = f"{entry.file.label}:1" if entry.file else None
    message = f"{entry.label} {what}"
    return Finding(Severity.INTEGRITY, "ledger", entry.label, message, place=place)


def _reader(connection: Connection) -> str | None:
    """What lets the role of a session read the ledger, unless it was made to play another's."""
    [(role, plays)] = connection.execute(
        "select quote_ident(current_user), current_user <> session_user"
    ).fetchall()
    if plays:
        return None
    grants = ("usage on schema arami_db", "select on arami_db.migration")
    return " ".join(f"grant {grant} to {role};" for grant in grants)
