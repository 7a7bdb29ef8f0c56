"""How the ledger stands to the files."""

from __future__ import annotations

from dataclasses import dataclass

from arami_db import ledger
from arami_db.database.connect import Connection
from arami_db.errors import AramiError, PlatformError
from arami_db.files import SqlTree
from arami_db.ledger.plan import IN_PLACE, make_plan
from arami_db.runner.disagreement import require_agreement
from arami_db.runner.existing import refuse_foreign_tables
from arami_db.runner.session import MigrateOptions


@dataclass(frozen=True)
class LedgerStanding:
    """The ledger beside the files.

    Attributes:
        state: "none", "unreadable" or "readable".
        applied: how many of the files are in.
        pending: how many are to come.
        ahead: that the database is ahead of the files, and by what.
        unreadable: why the ledger cannot be read.
        refused: why `migrate` would not begin.
    """

    state: str
    applied: int = 0
    pending: int = 0
    ahead: str | None = None
    unreadable: AramiError | None = None
    refused: AramiError | None = None


def read_standing(connection: Connection, tree: SqlTree) -> LedgerStanding:
    """Compare the ledger with the files.

    Raises:
        RefusedFileError: a file cannot be read.
        ConnectionFailedError: the connection broke.
    """
    try:
        state = ledger.read(connection)
    except PlatformError as error:
        return LedgerStanding("unreadable", unreadable=error)
    plan = make_plan(tree, state)
    refused = None
    try:
        require_agreement(plan, MigrateOptions())
        if not state.rows:
            refuse_foreign_tables(connection, tree)
    except AramiError as error:
        refused = error
    return LedgerStanding(
        "readable" if state.exists else "none",
        len(plan.of(*IN_PLACE)),
        len(plan.pending),
        plan.ahead,
        refused=refused,
    )
